/*
 * A service thread of a worker process: does in rounds what every process does beside its jobs and what may block, on
 * connections of its own. There are two: maintenance (maintenance.c) and the inbox (inbox_service.c).
 */
#ifndef REPRISE_WORKER_SERVICE_H
#define REPRISE_WORKER_SERVICE_H

#include "common/base/err.h"
#include "common/loop/mailbox.h"
#include "worker/process_state.h"

/* What a service does, on its thread. */
struct service_work {
    const char *name; /* in the log */
    /* Notes a wish; the round that follows at once does it. */
    void (*want)(void *context, int wish);
    /* Whether there is work left that should not wait for the next second. */
    bool (*hurry)(const void *context);
    /* One round; `ticks`: with what is done each second. An error (a store does not answer) ends the round. */
    enum err (*round)(void *context, bool ticks, struct err_info *error);
    /* After each round: what the loop is to learn. May be NULL. */
    void (*tell)(void *context, struct mailbox *loop);
};

struct service;
/* All are borrowed. */
struct service *service_new(struct process_state *process, const struct service_work *work, void *context);
/* Starts the thread, which sends its messages to `loop` (borrowed), a MESSAGE_SERVICE_ENDED at last. */
void service_start(struct service *service, struct mailbox *loop);

/* Has the thread do at once what it would do later. `wish` is one of the service's own, from 1 on. From any thread. */
void service_ask(struct service *service, int wish);
/* Begins nothing more. Once what is under way is over, which may take as long as PostgreSQL takes, comes the
 * MESSAGE_SERVICE_ENDED. From any thread; once. */
void service_stop(struct service *service);
/* Joins the thread, if it was started; only after service_stop. */
void service_drop(struct service *service);

#endif
