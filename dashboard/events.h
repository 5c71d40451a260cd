/*
 * Server-sent events: what Redis says on {reprise}:events, told to everybody who listens. One subscription for all of
 * them; of an operation only its latest progress is kept between two rounds, so a busy pool costs no more than a calm
 * one. A listener that does not read is dropped. The loop's alone.
 */
#ifndef REPRISE_DASHBOARD_EVENTS_H
#define REPRISE_DASHBOARD_EVENTS_H

#include <json-c/json_object.h>
#include <microhttpd.h>
#include <stddef.h>

#include "dashboard/call.h"
#include "dashboard/peers.h"

struct server;
struct events;

struct events *events_new(struct server *server);
/* All streams must have ended. */
void events_drop(struct events *events);
/* A stream for this connection; the caller's (MHD_destroy_response). It ends by itself after dashboard.stream_life: who
 * listens on is asked again who he is. */
struct MHD_Response *events_response(struct events *events, struct MHD_Connection *connection, struct peer *peer,
                                     const struct caller *caller);
/* Ends the streams of a session. */
void events_end_session(struct events *events, const struct caller *caller);
/* Ends all streams. */
void events_end_all(struct events *events);
/* Tells everybody; `type` is one of the stream's words. `message` is borrowed. */
void events_tell(struct events *events, const char *type, struct json_object *message);
size_t events_listeners(const struct events *events);
/* How many listeners ever came: a change says that somebody is new, even if another left at the same time. */
uint64_t events_arrivals(const struct events *events);

#endif
