/* Suspects: chunks whose process was ended by a fatal signal. They are run one job at a time, alone in a process. */
#ifndef REPRISE_WORKER_SUSPECT_H
#define REPRISE_WORKER_SUSPECT_H

#include <stdbool.h>

#include "worker/executor.h"

/* A suspect of many jobs is split into single ones, which `work` then carries as its pieces (WORK_SPLIT; WORK_GIVE_BACK
 * where PostgreSQL does not answer). False: it is alone already, and is to be run. */
bool suspect_split(struct executor *executor, struct work *work);

#endif
