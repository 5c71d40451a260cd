/*
 * The alarm: every app that watches a repository is told that its circuit has opened. Best effort, 10 s each, several
 * at a time; an app that does not answer is told nothing again.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_ALARM_H
#define REPRISE_WORKER_RUN_DELIVER_ALARM_H

#include "worker/run/deliver.h"

/* `message`: why the fetch failed. Stops where the job has to; what goes wrong beyond that is logged. */
void deliver_alarm(struct deliver *deliver, const struct circuit *circuit, const char *message);

#endif
