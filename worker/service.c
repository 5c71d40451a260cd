/*
 * The maintenance thread: when which task has its turn. What the tasks do stands in maintenance_tasks.c. Made by
 * process.c, asked by the pool.
 *
 * In each round each task has one turn and keeps it short, so that none of them, however much of it there is, holds up
 * the others. While a store is away everything waits for the tick of the second; a wish that comes meanwhile is kept. A
 * drain does not wait for the rest of a round: other workers do it.
 */
#include "worker/maintenance.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "worker/message.h"

#define TICK_MS 1000

struct maintenance {
    struct process_state *process;
    pthread_t thread;
    struct mailbox *wishes; /* of enum maintenance_wish * */
    struct mailbox *loop;   /* borrowed; for the messages to the loop thread */
    struct maintenance_tasks *tasks;
    int64_t tick_ms; /* when the tasks of each second are due next */
    bool waiting;    /* a store was away in the last round */
    bool told_empty; /* the loop watches the inbox */
};

/* The begin and the end of a wait are logged, each once. */
static void note_round(struct maintenance *maintenance, enum err err, const struct err_info *error)
{
    if (err != ERR_OK && !maintenance->waiting)
        log_warn("maintenance waits: %s", error->text);
    else if (err == ERR_OK && maintenance->waiting)
        log_info("maintenance goes on");
    maintenance->waiting = err != ERR_OK;
    if (err != ERR_OK)
        health_note_add(&maintenance->process->health, error->text);
}

/* Only notes what is wanted; the next round, which comes at once, does it. False: stop. */
static bool take_wish(struct maintenance *maintenance, enum maintenance_wish wish)
{
    if (wish == MAINTENANCE_INBOX)
        maintenance->told_empty = false;
    if (wish == MAINTENANCE_PLANS && maintenance->waiting)
        return true;
    maintenance_tasks_want(maintenance->tasks, wish);
    return wish != MAINTENANCE_STOP;
}

/* After a failed round everything waits for the tick. */
static int64_t wait_ms(const struct maintenance *maintenance)
{
    int64_t until_tick = maintenance->tick_ms - clock_mono_ms();
    int64_t wait = !maintenance->waiting && maintenance_tasks_hurry(maintenance->tasks) ? 0 : until_tick;
    return wait < 0 ? 0 : wait;
}

/* Waits for a wish or for the next round, and takes all wishes that were sent; false: stop. */
static bool take_wishes(struct maintenance *maintenance)
{
    enum maintenance_wish *wish = mailbox_take(maintenance->wishes, wait_ms(maintenance));
    while (wish != NULL) {
        bool goes_on = take_wish(maintenance, *wish);
        free(wish);
        if (!goes_on)
            return false;
        wish = mailbox_take(maintenance->wishes, 0);
    }
    return true;
}

/* The loop watches the inbox once it is empty, until a request comes. */
static void tell_if_empty(struct maintenance *maintenance)
{
    if (maintenance->told_empty || !maintenance_tasks_inbox_is_empty(maintenance->tasks))
        return;
    maintenance->told_empty = true;
    mailbox_put(maintenance->loop, message_new(MESSAGE_INBOX_EMPTY, NULL, NULL));
}

static void *maintenance_main(void *context)
{
    struct maintenance *maintenance = context;
    while (take_wishes(maintenance)) {
        struct err_info error = {0};
        bool ticks = clock_mono_ms() >= maintenance->tick_ms;
        if (maintenance->waiting && !ticks)
            continue;
        if (ticks)
            maintenance->tick_ms = clock_mono_ms() + TICK_MS;
        enum err err = maintenance_tasks_round(maintenance->tasks, ticks, &error);
        note_round(maintenance, err, &error);
        tell_if_empty(maintenance);
    }
    mailbox_put(maintenance->loop, message_new(MESSAGE_MAINTENANCE_ENDED, NULL, NULL));
    return NULL;
}

struct maintenance *maintenance_new(struct process_state *process)
{
    struct maintenance *maintenance = mem_zalloc(sizeof *maintenance);
    maintenance->process = process;
    maintenance->wishes = mailbox_new(NULL, NULL);
    maintenance->tasks = maintenance_tasks_new(process);
    return maintenance;
}

void maintenance_start(struct maintenance *maintenance, struct mailbox *loop)
{
    maintenance->loop = loop;
    int failed = pthread_create(&maintenance->thread, NULL, maintenance_main, maintenance);
    if (failed != 0) {
        log_error("cannot start the maintenance thread: %s", strerror(failed));
        abort();
    }
}

void maintenance_ask(struct maintenance *maintenance, enum maintenance_wish wish)
{
    enum maintenance_wish *sent = mem_zalloc(sizeof *sent);
    *sent = wish;
    mailbox_put(maintenance->wishes, sent);
}

void maintenance_stop(struct maintenance *maintenance)
{
    maintenance_ask(maintenance, MAINTENANCE_STOP);
}

void maintenance_drop(struct maintenance *maintenance)
{
    if (maintenance == NULL)
        return;
    pthread_join(maintenance->thread, NULL);
    for (enum maintenance_wish *wish; (wish = mailbox_take(maintenance->wishes, 0)) != NULL;)
        free(wish);
    mailbox_drop(maintenance->wishes);
    maintenance_tasks_drop(maintenance->tasks);
    free(maintenance);
}
