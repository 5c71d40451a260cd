/*
 * The two ends of a comparison: changes are sent to the app, or, in a dry run, only counted.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_SEND_H
#define REPRISE_WORKER_RUN_DELIVER_SEND_H

#include "worker/run/deliver.h"

/* Sends all that differs, group by group, and records it. After a failure what is in flight has been waited for. */
MUST_CHECK enum err deliver_send(struct deliver *deliver, struct err_info *error);
/* Counts what would be sent. */
MUST_CHECK enum err deliver_count(struct deliver *deliver, struct err_info *error);

#endif
