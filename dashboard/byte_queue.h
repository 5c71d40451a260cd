/*
 * Bytes for a reader that may be slow: added at one end, taken at the other. What has been taken leaves memory, also
 * where the reader never takes the last byte. No I/O.
 */
#ifndef REPRISE_DASHBOARD_BYTE_QUEUE_H
#define REPRISE_DASHBOARD_BYTE_QUEUE_H

#include "common/base/buf.h"

/* All zero: empty. To be embedded; its fields are private. */
struct byte_queue {
    struct buf bytes;
    size_t taken; /* of `bytes` */
};

void byte_queue_fini(struct byte_queue *queue);
void byte_queue_add(struct byte_queue *queue, const void *bytes, size_t len);
/* Copies at most `room` bytes, the oldest, and removes them; returns how many. */
size_t byte_queue_take(struct byte_queue *queue, char *out, size_t room);
/* Bytes that have not been taken yet. */
size_t byte_queue_left(const struct byte_queue *queue);

#endif
