/*
 * Bytes on their way to somebody who may read slowly: added at one end, taken at the other. What has been taken does
 * not stay in memory, also where the reader never quite catches up. No I/O.
 */
#ifndef REPRISE_DASHBOARD_BYTE_QUEUE_H
#define REPRISE_DASHBOARD_BYTE_QUEUE_H

#include "common/base/buf.h"

/* All zero: empty. To be embedded; its fields are its own. */
struct outflow {
    struct buf bytes;
    size_t taken; /* of `bytes` */
};

void outflow_fini(struct outflow *outflow);
void outflow_add(struct outflow *outflow, const void *bytes, size_t len);
/* Copies at most `room` bytes, the oldest, and gives them up; returns how many. */
size_t outflow_take(struct outflow *outflow, char *out, size_t room);
/* Bytes that have not been taken yet. */
size_t outflow_left(const struct outflow *outflow);

#endif
