/*
 * For tests that want a client app: starts the program `receiver` as a child on a free loopback port, sends it
 * requests, asks it what it found, ends it. Trouble fails the running test.
 */
#ifndef REPRISE_RECEIVER_CLIENT_H
#define REPRISE_RECEIVER_CLIENT_H

#include <json-c/json_object.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

struct receiver;

/* `arguments` ends with NULL; --port 0 and --die-with-parent are added. Returns once it listens. The program is the one
 * of this build, or $REPRISE_RECEIVER. */
struct receiver *receiver_start(const char *const *arguments);
/* Ends it by SIGTERM and returns its exit code; -1 if a signal ended it. Takes NULL (0). */
int receiver_stop(struct receiver *receiver);
uint16_t receiver_port(const struct receiver *receiver);

struct receiver_reply {
    int status;        /* 0 = no answer */
    int retry_after_s; /* -1 = not said */
    int trouble;       /* a CURLcode; 0 = none */
};
/* POSTs `body` to http://127.0.0.1:<port><path>; `headers` ("Name: value") ends with NULL. */
struct receiver_reply receiver_post(struct receiver *receiver, const char *path, const char *const *headers,
                                    const struct buf *body);
/* From now on each request may take so long; 10 s at first. */
void receiver_set_timeout_ms(struct receiver *receiver, long timeout_ms);

/* GETs and parses; the caller drops it with json_object_put. */
struct json_object *receiver_get(struct receiver *receiver, const char *path);
/* One number of /_/stats. */
int64_t receiver_stat(struct receiver *receiver, const char *name);
/* POSTs JSON to an admin endpoint and returns the status. */
int receiver_tell(struct receiver *receiver, const char *path, const char *json);

#endif
