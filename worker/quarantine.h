/*
 * The quarantine: chunks whose process was ended by a fatal signal ("suspects", in lists of their own) are run one job
 * at a time, alone in a process of their own, until it is known which job ends its process.
 */
#ifndef REPRISE_WORKER_QUARANTINE_H
#define REPRISE_WORKER_QUARANTINE_H

#include <stdbool.h>

#include "common/store/pg.h"
#include "worker/process_state.h"

/* Makes `process` the one that runs suspects: one executor for each queue, so that a job is alone in it. */
void quarantine_enter(struct process_state *process);
/* True if a suspect list is not empty; false as well where Redis does not answer. */
bool quarantine_is_needed(struct redis *redis, const char *prefix);
/* For an executor: a suspect of many jobs is split into chunks of one, which `message` then carries as its pieces
 * (MESSAGE_SPLIT; MESSAGE_GIVE_BACK where PostgreSQL does not answer). False: it has one job already, and is to be run.
 */
bool quarantine_split(struct pg *pg, struct message *message);
/* For the supervisor, once the quarantine process has died of a fatal signal: counts the crash of the job that was
 * alone in it. `text` is the chunk; of another than one job nothing is counted. */
MUST_CHECK enum err quarantine_count_crash(struct pg *pg, const char *text, struct err_info *error);

#endif
