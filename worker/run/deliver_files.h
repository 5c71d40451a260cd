/*
 * What becomes of a batch of changes: each file is read and handed to the outbox, or, in a dry run, only counted.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_FILES_H
#define REPRISE_WORKER_RUN_DELIVER_FILES_H

#include "worker/run/deliver_changes.h"
#include "worker/run/deliver_outbox.h"

/* Reads the files and puts them into the outbox. May send and wait. Before the first batch of another verb it waits
 * until all that went before is answered. */
MUST_CHECK enum err deliver_files_send(struct deliver_attempt *attempt, const struct change_batch *batch,
                                       struct outbox *outbox, struct err_info *error);
/* Counts what would be sent. */
MUST_CHECK enum err deliver_files_count(struct deliver_attempt *attempt, const struct change_batch *batch,
                                        struct err_info *error);

#endif
