/*
 * The inbox watch: waits for requests on a blocking connection of its own, so that one is taken up at once and an idle
 * worker asks Redis for nothing meanwhile. It only wakes the inbox service, which takes the requests.
 */
#ifndef REPRISE_WORKER_INBOX_WATCH_H
#define REPRISE_WORKER_INBOX_WATCH_H

#include "worker/pool_state.h"

struct inbox_watch {
    struct pool_state *pool; /* borrowed */
    struct redis_async *blocking;
    bool wanted;  /* the inbox service has found the inbox empty, and has not been woken since */
    bool waiting; /* a BLMOVE is under way */
};

/* `pool` is borrowed; with an inbox service. */
void inbox_watch_init(struct inbox_watch *watch, struct pool_state *pool);
void inbox_watch_fini(struct inbox_watch *watch);
/* Waits for the next request, and then wakes the inbox service, once. */
void inbox_watch_begin(struct inbox_watch *watch);
/* To be called every second: begins again what an error of Redis ended. */
void inbox_watch_go_on(struct inbox_watch *watch);

#endif
