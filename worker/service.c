/*
 * A service thread: when its work has its rounds. Used by maintenance.c and inbox_service.c, started by the pool.
 *
 * While a store is away everything waits for the tick of the second; a wish that comes meanwhile is kept. A drain does
 * not wait for the rest of a round: other workers do it.
 */
#include "worker/service.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"

#define TICK_MS 1000
#define WISH_STOP 0

struct service {
    struct process_state *process;
    const struct service_work *work;
    void *context;
    pthread_t thread;
    bool started;
    struct mailbox *wishes; /* of int * */
    struct mailbox *loop;   /* borrowed; for the messages to the loop thread */
    int64_t tick_ms;        /* when what is done each second is due next */
    bool waiting;           /* a store was away in the last round */
};

/* The begin and the end of a wait are logged, each once. */
static void note_round(struct service *service, enum err err, const struct err_info *error)
{
    if (err != ERR_OK && !service->waiting)
        log_warn("%s waits: %s", service->work->name, error->text);
    else if (err == ERR_OK && service->waiting)
        log_info("%s goes on", service->work->name);
    service->waiting = err != ERR_OK;
    if (err != ERR_OK)
        health_note_add(&service->process->health, error->text);
}

/* After a failed round everything waits for the tick. */
static int64_t wait_ms(const struct service *service)
{
    int64_t until_tick = service->tick_ms - clock_mono_ms();
    int64_t wait = !service->waiting && service->work->hurry(service->context) ? 0 : until_tick;
    return wait < 0 ? 0 : wait;
}

/* Waits for a wish or for the next round, and notes all wishes that were sent; false: stop. */
static bool take_wishes(struct service *service)
{
    int *wish = mailbox_take(service->wishes, wait_ms(service));
    while (wish != NULL) {
        bool stop = *wish == WISH_STOP;
        if (!stop)
            service->work->want(service->context, *wish);
        free(wish);
        if (stop)
            return false;
        wish = mailbox_take(service->wishes, 0);
    }
    return true;
}

static void *service_main(void *context)
{
    struct service *service = context;
    while (take_wishes(service)) {
        struct err_info error = {0};
        bool ticks = clock_mono_ms() >= service->tick_ms;
        if (service->waiting && !ticks)
            continue;
        if (ticks)
            service->tick_ms = clock_mono_ms() + TICK_MS;
        enum err err = service->work->round(service->context, ticks, &error);
        note_round(service, err, &error);
        if (service->work->tell != NULL)
            service->work->tell(service->context, service->loop);
    }
    mailbox_put(service->loop, message_new(MESSAGE_SERVICE_ENDED, NULL, NULL));
    return NULL;
}

struct service *service_new(struct process_state *process, const struct service_work *work, void *context)
{
    struct service *service = mem_zalloc(sizeof *service);
    service->process = process;
    service->work = work;
    service->context = context;
    service->wishes = mailbox_new(NULL, NULL);
    return service;
}

void service_start(struct service *service, struct mailbox *loop)
{
    service->loop = loop;
    int failed = pthread_create(&service->thread, NULL, service_main, service);
    if (failed != 0) {
        log_error("cannot start the thread of %s: %s", service->work->name, strerror(failed));
        abort();
    }
    service->started = true;
}

void service_ask(struct service *service, int wish)
{
    int *sent = mem_alloc(sizeof *sent);
    *sent = wish;
    mailbox_put(service->wishes, sent);
}

void service_stop(struct service *service)
{
    service_ask(service, WISH_STOP);
}

void service_drop(struct service *service)
{
    if (service->started)
        pthread_join(service->thread, NULL);
    for (int *wish; (wish = mailbox_take(service->wishes, 0)) != NULL;)
        free(wish);
    mailbox_drop(service->wishes);
    free(service);
}
