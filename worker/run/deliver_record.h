/*
 * What a checkpoint of the delivery writes: it records what was answered, and announces what comes next, so that
 * whatever dies between send and record is known to the next attempt.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_RECORD_H
#define REPRISE_WORKER_RUN_DELIVER_RECORD_H

#include "worker/run/deliver_parcel.h"

/* Repeating it is harmless. */
void deliver_record(struct pg_batch *batch, const struct deliver *deliver, const struct parcels *answered,
                    const struct parcels *announced);

#endif
