/*
 * Server-sent events: each message that Redis publishes on {reprise}:events goes to all pages that listen. There is one
 * subscription for all of them; of an operation only its latest progress is kept between two rounds, so a busy pool
 * costs no more than a calm one. A listener that does not read is cut off. Runs on the loop's thread only.
 */
#ifndef REPRISE_DASHBOARD_EVENTS_H
#define REPRISE_DASHBOARD_EVENTS_H

#include <ev.h>
#include <json-c/json_object.h>
#include <microhttpd.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/loop/http_drive.h"
#include "dashboard/call.h"
#include "dashboard/peers.h"

struct events;

/* All is borrowed; `drive` is the one of the connections that listen. */
struct events *events_new(struct ev_loop *loop, struct http_drive *drive, const struct call_pool *pool);
/* All streams must have ended. */
void events_drop(struct events *events);
/* A stream for this connection; the response is the caller's (MHD_destroy_response). It ends by itself after
 * dashboard.stream_life: the browser connects again, and is checked again. */
struct MHD_Response *events_response(struct events *events, struct MHD_Connection *connection, struct peer *peer,
                                     const struct caller *caller);
/* Who listens: an array of `*count`, with each of them as often as it has streams; the caller's. */
struct caller *events_callers(const struct events *events, size_t *count);
/* Ends the streams of this session or token. */
void events_end_caller(struct events *events, const struct caller *caller);
/* Ends all streams. */
void events_end_all(struct events *events);
/* Sends a message of this program's own to all listeners; `type` is one of the stream's words. `message` is borrowed.
 */
void events_publish(struct events *events, const char *type, struct json_object *message);
size_t events_listeners(const struct events *events);
/* How many listeners ever came: a change says that there is a new one, even if another left at the same time. */
uint64_t events_arrivals(const struct events *events);

/* ---- byte queue -------------------------------------------------------------------------------------------------- */

/*
 * Bytes for a reader that may be slow: added at one end, taken at the other. What has been taken leaves memory, also
 * where the reader never takes the last byte. No I/O.
 */

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
