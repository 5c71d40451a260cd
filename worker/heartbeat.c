/*
 * The pool's heartbeat: once a second it tells Redis that this worker lives and what it holds, hears what is due and
 * who seems dead, and reaps. And its end: the drain.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "embedded/lua.h"
#include "worker/counts.h"
#include "worker/loads.h"
#include "worker/pool_state.h"

#define BEAT_S 1.0
#define US_PER_S 1e6
#define BEAT_TIMEOUT_MS 2000
#define ALIVE_MS 5000         /* a worker is dead after so long without a beat */
#define REAP_PATIENCE_MS 5000 /* nobody is reaped so soon after Redis came back: all seem dead then */
#define FORGET_MS (24 * 60 * 60 * 1000)
#define REAP_AT_ONCE 100

/* ---- reaping ----------------------------------------------------------------------------------------------------- */

struct reaping {
    char worker[ID_MAX];
};

static void on_reaped(const redisReply *reply, void *context)
{
    struct reaping *reaping = context;
    if (redis_count(reply) > 0)
        log_warn("%zu chunks of dead worker %s went back to their queues", redis_count(reply), reaping->worker);
    free(reaping);
}

static void reap(struct pool *pool, const char *worker)
{
    redis_args_reset(pool->args);
    name_plain(pool->args, pool->prefix, "workers");
    name_worker(pool->args, pool->prefix, worker);
    name_plain(pool->args, pool->prefix, "inbox");
    name_inbox_active(pool->args, pool->prefix, worker);
    for (int q = 0; q < QUEUE_COUNT; q++) {
        name_active(pool->args, pool->prefix, q, worker);
        name_queue(pool->args, pool->prefix, q);
    }
    redis_arg(pool->args, worker);
    redis_arg_int(pool->args, ALIVE_MS);
    redis_arg(pool->args, "");
    redis_arg_int(pool->args, FORGET_MS);
    struct reaping *reaping = mem_zalloc(sizeof *reaping);
    snprintf(reaping->worker, sizeof reaping->worker, "%s", worker);
    if (!redis_async_script(pool->wire, &lua_reap, 4 + 2 * QUEUE_COUNT, pool->args, BEAT_TIMEOUT_MS, on_reaped,
                            reaping))
        free(reaping);
}

static void reap_all(struct pool *pool, const redisReply *silent)
{
    if (clock_mono_ms() - redis_async_up_since(pool->wire) < REAP_PATIENCE_MS)
        return;
    for (size_t i = 0; i < redis_count(silent); i++)
        reap(pool, redis_text(redis_item(silent, i)));
    pool->reap_offset = redis_count(silent) < REAP_AT_ONCE ? 0 : pool->reap_offset + REAP_AT_ONCE;
}

/* ---- the beat ---------------------------------------------------------------------------------------------------- */

/* The answer: what was dropped, beats, silent workers, then for each queue the entries that we do not know, and the
 * operations due. */
static void on_beat(const redisReply *reply, void *context)
{
    struct pool *pool = context;
    pool_check_drained(pool);
    if (reply == NULL)
        return;
    if (reply->type == REDIS_REPLY_ERROR) {
        pool_refused(pool, "the heartbeat", reply);
        return;
    }
    if (redis_int(redis_item(reply, 0)) > 0)
        log_error("%" PRId64 " entries in Redis were none that we write (too long, or no text); they are dropped",
                  redis_int(redis_item(reply, 0)));
    reap_all(pool, redis_item(reply, 2));
    for (int q = 0; q < QUEUE_COUNT; q++) {
        const redisReply *due = redis_item(reply, 4 + 2 * (size_t)q);
        strangers_note(pool->strangers, q, redis_item(reply, 3 + 2 * (size_t)q));
        for (size_t i = 0; i < redis_count(due) && !pool->process->suspects; i++)
            pool_ask_due(&pool->lanes[q], redis_text(redis_item(due, i)), "0");
    }
}

/* Which keys it holds, never the keys: `producer doctor` compares them with what the stored secrets need. */
static void add_fingerprints(const struct crypto_keys *keys, struct buf *out)
{
    char print[CRYPTO_FINGERPRINT_HEX + 1];
    buf_add_str(out, ",\"encryption_keys\":[");
    if (keys->has_current) {
        crypto_fingerprint(keys->current, print);
        buf_addf(out, "\"%s\"", print);
    }
    if (keys->has_old) {
        crypto_fingerprint(keys->old, print);
        buf_addf(out, "%s\"%s\"", keys->has_current ? "," : "", print);
    }
    buf_add_char(out, ']');
}

static void add_trouble(struct trouble *trouble, struct buf *out)
{
    char text[TROUBLE_TEXT_MAX];
    trouble_tell(trouble, text);
    if (text[0] == '\0')
        return;
    buf_add_str(out, ",\"trouble\":");
    json_add_string(out, text, strlen(text));
}

static void arg_description(struct pool *pool, struct redis_args *args)
{
    char host[128] = "", started[CLOCK_ISO_MAX];
    struct buf text = BUF_INIT;
    size_t running = 0;
    gethostname(host, sizeof host - 1);
    clock_iso8601_ms(pool->started_us, started);
    for (int q = 0; q < QUEUE_COUNT; q++)
        running += held_count(pool->held, q);
    buf_add_str(&text, "{\"host\":");
    json_add_string(&text, host, strlen(host));
    buf_addf(&text, ",\"pid\":%ld,\"started\":\"%s\",\"running\":%zu,\"done\":%" PRId64 ",\"version\":\"%s\"",
             (long)getpid(), started, running, pool->done, REPRISE_VERSION);
    buf_add_str(&text, pool->process->suspects ? ",\"suspects\":true,\"executors\":{" : ",\"executors\":{");
    for (int q = 0; q < QUEUE_COUNT; q++)
        buf_addf(&text, "%s\"%s\":%d", q == 0 ? "" : ",", queue_names[q],
                 pool->process->suspects ? 0 : pool->process->executors[q]);
    buf_add_char(&text, '}');
    add_fingerprints(pool->process->keys, &text);
    add_trouble(&pool->process->trouble, &text);
    buf_add_str(&text, ",\"loads\":");
    loads_write(pool->process->loads, &text);
    buf_add_str(&text, ",\"counts\":");
    counts_write(&text);
    buf_add_char(&text, '}');
    redis_arg_len(args, text.data, text.len);
    buf_fini(&text);
}

void pool_beat(struct pool *pool)
{
    struct redis_args *args = pool->args;
    if (!redis_async_is_up(pool->wire))
        return;
    FAULT_POINT("pool.beat");
    redis_args_reset(args);
    name_plain(args, pool->prefix, "workers");
    name_worker(args, pool->prefix, pool->process->worker);
    name_plain(args, pool->prefix, "epoch");
    name_plain(args, pool->prefix, "beats");
    for (int q = 0; q < QUEUE_COUNT; q++) {
        if (pool->process->suspects)
            name_suspects(args, pool->prefix, q);
        else
            name_queue(args, pool->prefix, q);
        name_active(args, pool->prefix, q, pool->process->worker);
        name_delayed(args, pool->prefix, q);
    }
    redis_arg(args, pool->process->worker);
    arg_description(pool, args);
    redis_arg_int(args, ALIVE_MS);
    redis_arg_int(args, pool->reap_offset);
    redis_arg_int(args, REAP_AT_ONCE);
    for (int q = 0; q < QUEUE_COUNT; q++) {
        held_args(pool->held, q, args);
        strangers_args(pool->strangers, q, args);
    }
    redis_async_script(pool->wire, &lua_beat, 4 + 3 * QUEUE_COUNT, args, BEAT_TIMEOUT_MS, on_beat, pool);
}

static void on_beat_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)events;
    struct pool *pool = timer->data;
    double late_s = ev_now(loop) - pool->beat_due_s;
    counts_lag(pool->beat_due_s > 0 && late_s > 0 ? (int64_t)(late_s * US_PER_S) : 0);
    pool->beat_due_s = ev_now(loop) + BEAT_S;
    pool_beat(pool);
    pool_ask_again(pool);
}

/* ---- the drain --------------------------------------------------------------------------------------------------- */

static size_t chunks_in_hand(const struct pool *pool)
{
    size_t n = 0;
    for (int q = 0; q < QUEUE_COUNT; q++)
        n += held_count(pool->held, q) + (size_t)pool->lanes[q].looking;
    return n;
}

static bool waits_for_redis(const struct pool *pool)
{
    bool waits = redis_async_is_up(pool->wire) && redis_async_pending(pool->wire) > 0;
    for (int q = 0; q < QUEUE_COUNT; q++)
        waits = waits || pool->lanes[q].waiting || pool->lanes[q].taking;
    return waits;
}

/* All threads have. */
static bool has_ended(const struct pool *pool)
{
    return pool->ended == pool->executor_count && pool->service_ended;
}

void pool_check_drained(struct pool *pool)
{
    if (pool->draining && has_ended(pool) && chunks_in_hand(pool) == 0 && !waits_for_redis(pool))
        ev_break(pool->loop, EVBREAK_ALL);
}

static void on_grace_over(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)events;
    struct pool *pool = timer->data;
    if (!has_ended(pool)) {
        /* What still runs is fenced; its chunks are reaped, as after a crash. A server that is at work for us finds
         * the connection closed (client_connection_check_interval), and rolls back. */
        log_warn("the grace time is over with %zu chunks in hand%s; they go back to their queues", chunks_in_hand(pool),
                 pool->service_ended ? "" : " and service work under way");
        _exit(0);
    }
    ev_break(loop, EVBREAK_ALL);
}

void pool_stop(struct pool *pool, enum pool_urgency urgency)
{
    int64_t grace_ms = urgency == POOL_AT_ONCE ? 0 : process_config(pool->process)->worker_grace_ms;
    ev_timer_stop(pool->loop, &pool->grace_timer);
    ev_timer_set(&pool->grace_timer, (double)grace_ms / (double)CLOCK_MS_PER_S, 0.);
    ev_timer_start(pool->loop, &pool->grace_timer);
    if (pool->draining)
        return;
    pool->draining = true;
    atomic_store(&pool->process->stopping, true);
    for (int i = 0; i < pool->executor_count; i++)
        executor_give(pool->executors[i], work_new(WORK_STOP, pool->executors[i], NULL));
    if (pool->service != NULL)
        service_stop(pool->service, pool->mail);
    pool_check_drained(pool);
}

void pool_check_idle(struct pool *pool)
{
    bool idle = pool->process->suspects && chunks_in_hand(pool) == 0;
    for (int q = 0; q < QUEUE_COUNT && idle; q++)
        idle = pool->lanes[q].free == NULL || pool->lanes[q].idle_rounds > 1;
    if (idle)
        pool_stop(pool, POOL_DRAIN);
    pool_check_drained(pool);
}

void pool_start_timers(struct pool *pool)
{
    ev_timer_init(&pool->beat_timer, on_beat_timer, BEAT_S, BEAT_S);
    ev_timer_init(&pool->grace_timer, on_grace_over, 0., 0.);
    pool->beat_timer.data = pool;
    pool->grace_timer.data = pool;
    ev_timer_start(pool->loop, &pool->beat_timer);
}

void pool_stop_timers(struct pool *pool)
{
    ev_timer_stop(pool->loop, &pool->beat_timer);
    ev_timer_stop(pool->loop, &pool->grace_timer);
}
