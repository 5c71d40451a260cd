/*
 * One request and its answer, from the first header to the last byte. libmicrohttpd calls exchange_receive and
 * exchange_completed; those that were put to sleep (hanging, dripping) stand in lists that exchange_tick walks.
 */
#ifndef REPRISE_RECEIVER_EXCHANGE_H
#define REPRISE_RECEIVER_EXCHANGE_H

#include <microhttpd.h>
#include <stdbool.h>

#include "common/loop/http_drive.h"
#include "tests/receiver/app.h"

struct exchange;

/* What all exchanges of a server share. */
struct exchange_room {
    struct http_drive drive;
    struct app *app;
    char *app_id_header, *timestamp_header, *signature_header;
    struct MHD_Response *done; /* the answer of nearly all */
    struct exchange *asleep;   /* doubly linked */
    struct exchange *spare;    /* singly linked, to be used again with their buffers */
};
void exchange_room_init(struct exchange_room *room, struct app *app, const char *prefix);
void exchange_room_fini(struct exchange_room *room);

/* Wakes the answers that drip, and those that have hung long enough. */
void exchange_tick(struct exchange_room *room);
/* Ends all that hang or drip. */
void exchange_release_all(struct exchange_room *room);

/* Callbacks of libmicrohttpd, whose context is the room. */
enum MHD_Result exchange_receive(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                 const char *version, const char *upload, size_t *upload_len, void **slot);
void exchange_completed(void *context, struct MHD_Connection *connection, void **slot,
                        enum MHD_RequestTerminationCode how);

#endif
