/*
 * The loop thread of a worker process: it owns the consumers of the queues, the heartbeat, and the connection for
 * commands; it passes the messages of executors and services on; it drains. Made and ended by process.c.
 *
 * Nothing here may block: the loop thread carries the heartbeat. In a drain the loop ends only once all threads have
 * ended, no chunk is in hand and Redis owes no reply, or when the grace time is over: then the process ends as if it
 * had crashed, which loses nothing, since all that runs is fenced and its chunks are given back by others.
 */
#include "worker/pool.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "embedded/lua.h"
#include "worker/counts.h"
#include "worker/pool_state.h"
#include "worker/queue_consumer.h"

#define US_PER_S 1e6
#define SERVICES 2 /* maintenance, and the inbox */

struct pool {
    struct pool_state state;
    struct queue_consumer consumers[QUEUE_COUNT];
    struct heartbeat heartbeat;
    struct inbox_watch inbox; /* of a process with an inbox service */
    ev_async woken;           /* there is mail */
    ev_timer beat_timer, grace_timer;
    double beat_due_s; /* by the loop's clock; 0 = not known yet */
    int services_running;
};

static void feed_all(struct pool *pool)
{
    for (int q = 0; q < QUEUE_COUNT; q++)
        queue_consumer_feed(&pool->consumers[q]);
}

/* ---- the drain --------------------------------------------------------------------------------------------------- */

static size_t chunks_in_hand(const struct pool *pool)
{
    size_t n = inflight_total(pool->state.inflight);
    for (int q = 0; q < QUEUE_COUNT; q++)
        n += (size_t)pool->consumers[q].looking;
    return n;
}

static bool waits_for_redis(const struct pool *pool)
{
    const struct redis_async *commands = pool->state.commands;
    bool waits = redis_async_is_up(commands) && redis_async_pending(commands) > 0;
    for (int q = 0; q < QUEUE_COUNT; q++)
        waits = waits || queue_consumer_may_receive(&pool->consumers[q]);
    return waits;
}

/* All threads have. */
static bool threads_have_ended(const struct pool *pool)
{
    bool ended = pool->services_running == 0;
    for (int q = 0; q < QUEUE_COUNT; q++)
        ended = ended && pool->consumers[q].ended == pool->consumers[q].executor_count;
    return ended;
}

static void pool_check_drained(struct pool *pool)
{
    if (pool->state.draining && threads_have_ended(pool) && chunks_in_hand(pool) == 0 && !waits_for_redis(pool))
        ev_break(pool->state.loop, EVBREAK_ALL);
}

static void on_grace_over(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)events;
    struct pool *pool = timer->data;
    if (!threads_have_ended(pool)) {
        /* What still runs is fenced; its chunks are given back, as after a crash. A server that is at work for us finds
         * the connection closed (client_connection_check_interval), and rolls back. */
        log_warn("the grace time is over with %zu chunks in hand%s; they go back to their queues", chunks_in_hand(pool),
                 pool->services_running == 0 ? "" : " and maintenance or the inbox under way");
        _exit(0);
    }
    ev_break(loop, EVBREAK_ALL);
}

void pool_stop(struct pool *pool, enum pool_urgency urgency)
{
    struct process_state *process = pool->state.process;
    int64_t grace_ms = urgency == POOL_AT_ONCE ? 0 : process_config(process)->worker_grace_ms;
    ev_timer_stop(pool->state.loop, &pool->grace_timer);
    ev_timer_set(&pool->grace_timer, (double)grace_ms / (double)CLOCK_MS_PER_S, 0.);
    ev_timer_start(pool->state.loop, &pool->grace_timer);
    if (pool->state.draining)
        return;
    pool->state.draining = true;
    atomic_store(&process->stopping, true);
    for (int q = 0; q < QUEUE_COUNT; q++)
        queue_consumer_stop(&pool->consumers[q]);
    if (pool->services_running > 0) {
        maintenance_stop(pool->state.maintenance);
        inbox_service_stop(pool->state.inbox_service);
    }
    pool_check_drained(pool);
}

/* The quarantine process ends when the suspect lists are empty. */
static void pool_check_idle(struct pool *pool)
{
    bool idle = pool->state.process->quarantine && chunks_in_hand(pool) == 0;
    for (int q = 0; q < QUEUE_COUNT && idle; q++)
        idle = pool->consumers[q].executors == NULL || pool->consumers[q].idle_rounds > 1;
    if (idle)
        pool_stop(pool, POOL_DRAIN);
}

static void on_pool_change(void *context, enum pool_change change)
{
    struct pool *pool = context;
    if (change == POOL_WAIT_ENDED)
        pool_check_idle(pool);
    pool_check_drained(pool);
}

/* ---- messages ---------------------------------------------------------------------------------------------------- */

static void on_message(struct pool *pool, struct message *message)
{
    if (message->kind == MESSAGE_SERVICE_ENDED || message->kind == MESSAGE_INBOX_EMPTY) {
        if (message->kind == MESSAGE_SERVICE_ENDED)
            pool->services_running--;
        else
            inbox_watch_begin(&pool->inbox);
        message_drop(message);
        return;
    }
    if (message->kind == MESSAGE_DONE) {
        pool->heartbeat.done++;
        if (message->settled && pool->state.maintenance != NULL && message->tally.state == OP_RUNNING &&
            !message->tally.planned)
            maintenance_ask(pool->state.maintenance, MAINTENANCE_PLANS);
    }
    queue_consumer_on_message(&pool->consumers[message->queue], message);
}

static void on_mail(struct ev_loop *loop, ev_async *async, int events)
{
    (void)loop;
    (void)events;
    struct pool *pool = async->data;
    struct message *message;
    while ((message = mailbox_take(pool->state.mail, 0)) != NULL)
        on_message(pool, message);
    feed_all(pool);
    pool_check_drained(pool);
}

static void on_beat_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)events;
    struct pool *pool = timer->data;
    double late_s = ev_now(loop) - pool->beat_due_s;
    counts_lag(pool->beat_due_s > 0 && late_s > 0 ? (int64_t)(late_s * US_PER_S) : 0);
    pool->beat_due_s = ev_now(loop) + heartbeat_every_s;
    heartbeat_send(&pool->heartbeat);
    pool->state.refused = false;
    feed_all(pool);
    inbox_watch_go_on(&pool->inbox);
}

static void on_commands_change(bool up, void *context)
{
    struct pool *pool = context;
    if (up) {
        heartbeat_send(&pool->heartbeat);
        feed_all(pool);
    }
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void start_watchers(struct pool *pool)
{
    struct ev_loop *loop = pool->state.loop;
    ev_async_init(&pool->woken, on_mail);
    ev_timer_init(&pool->beat_timer, on_beat_timer, heartbeat_every_s, heartbeat_every_s);
    ev_timer_init(&pool->grace_timer, on_grace_over, 0., 0.);
    pool->woken.data = pool->beat_timer.data = pool->grace_timer.data = pool;
    ev_async_start(loop, &pool->woken);
    ev_timer_start(loop, &pool->beat_timer);
}

struct pool *pool_new(struct ev_loop *loop, struct process_state *process, struct maintenance *maintenance,
                      struct inbox_service *inbox_service)
{
    struct pool *pool = mem_zalloc(sizeof *pool);
    pool->state = (struct pool_state){
        .loop = loop,
        .process = process,
        .maintenance = maintenance,
        .inbox_service = inbox_service,
        .prefix = process_config(process)->redis_prefix,
        .args = redis_args_new(),
        .inflight = inflight_new(),
        .mail = mailbox_new(loop, &pool->woken),
        .changed = on_pool_change,
        .pool = pool,
    };
    heartbeat_init(&pool->heartbeat, &pool->state);
    start_watchers(pool);
    pool->state.commands = redis_async_new(loop, &(struct redis_async_spec){.name = "commands",
                                                                            .address = process->redis,
                                                                            .scripts = lua_all,
                                                                            .script_count = LUA_COUNT,
                                                                            .change = on_commands_change,
                                                                            .context = pool});
    for (int q = 0; q < QUEUE_COUNT; q++)
        queue_consumer_init(&pool->consumers[q], &pool->state, q);
    if (maintenance != NULL) {
        inbox_watch_init(&pool->inbox, &pool->state);
        maintenance_start(maintenance, pool->state.mail);
        inbox_service_start(inbox_service, pool->state.mail);
        pool->services_running = SERVICES;
    }
    return pool;
}

void pool_drop(struct pool *pool)
{
    if (pool == NULL)
        return;
    for (int q = 0; q < QUEUE_COUNT; q++)
        queue_consumer_join(&pool->consumers[q]);
    struct message *message;
    while ((message = mailbox_take(pool->state.mail, 0)) != NULL)
        message_drop(message);
    for (int q = 0; q < QUEUE_COUNT; q++)
        queue_consumer_fini(&pool->consumers[q]);
    inbox_watch_fini(&pool->inbox);
    redis_async_drop(pool->state.commands);
    ev_timer_stop(pool->state.loop, &pool->beat_timer);
    ev_timer_stop(pool->state.loop, &pool->grace_timer);
    ev_async_stop(pool->state.loop, &pool->woken);
    mailbox_drop(pool->state.mail);
    heartbeat_fini(&pool->heartbeat);
    inflight_drop(pool->state.inflight);
    redis_args_drop(pool->state.args);
    free(pool);
}
