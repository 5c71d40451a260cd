/*
 * The heartbeat: once a second it tells Redis that this process lives, what it holds, how it is and what it has done
 * (lua/beat.lua); the reply says which operations have due retries, which entries of the active lists the process does
 * not know, and which workers have been silent, whose chunks it then gives back (lua/reap.lua). Sent by pool.c.
 *
 * It must not depend on how long a job runs, so it is made on the loop thread, which never blocks; and it must not
 * declare others dead while Redis itself has just come back, for then every worker seems silent.
 */
#include "worker/pool_state.h"

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
#include "common/queue/names.h"
#include "embedded/lua.h"
#include "worker/counts.h"

/* After how long a worker counts as dead stands in common/queue/names.h, WORKER_ALIVE_MS. */
const double heartbeat_every_s = 1.0;

#define BEAT_TIMEOUT_MS 2000
#define RECLAIM_PATIENCE_MS 5000 /* no worker is reaped so soon after Redis came back: all seem dead then */
#define FORGET_MS (24 * 60 * 60 * 1000)
#define RECLAIM_AT_ONCE 100

/* ---- dead workers ------------------------------------------------------------------------------------------------ */

struct dead_worker {
    char worker[ID_MAX];
};

static void on_reclaimed(const redisReply *reply, void *context)
{
    struct dead_worker *dead = context;
    if (redis_count(reply) > 0)
        log_warn("%zu chunks of dead worker %s went back to their queues", redis_count(reply), dead->worker);
    free(dead);
}

static void worker_reclaim(struct pool_state *pool, const char *worker)
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
    redis_arg_int(pool->args, WORKER_ALIVE_MS);
    redis_arg(pool->args, "");
    redis_arg_int(pool->args, FORGET_MS);
    struct dead_worker *dead = mem_zalloc(sizeof *dead);
    snprintf(dead->worker, sizeof dead->worker, "%s", worker);
    if (!redis_async_script(pool->commands, &lua_reap, 4 + 2 * QUEUE_COUNT, pool->args, BEAT_TIMEOUT_MS, on_reclaimed,
                            dead))
        free(dead);
}

static void workers_reclaim(struct heartbeat *heartbeat, const redisReply *silent)
{
    if (clock_mono_ms() - redis_async_up_since(heartbeat->pool->commands) < RECLAIM_PATIENCE_MS)
        return;
    for (size_t i = 0; i < redis_count(silent); i++)
        worker_reclaim(heartbeat->pool, redis_text(redis_item(silent, i)));
    heartbeat->reclaim_offset = redis_count(silent) < RECLAIM_AT_ONCE ? 0 : heartbeat->reclaim_offset + RECLAIM_AT_ONCE;
}

/* ---- the beat ---------------------------------------------------------------------------------------------------- */

/* The answer: what was dropped, beats, silent workers, then for each queue the entries that we do not know, and the
 * operations due. */
static void on_beat(const redisReply *reply, void *context)
{
    struct heartbeat *heartbeat = context;
    struct pool_state *pool = heartbeat->pool;
    pool->changed(pool->pool, POOL_REPLIED);
    if (reply == NULL)
        return;
    if (reply->type == REDIS_REPLY_ERROR) {
        pool_refused(pool, "the heartbeat", reply);
        return;
    }
    if (redis_int(redis_item(reply, 0)) > 0)
        log_error("%" PRId64 " entries in Redis were none that we write (too long, no text, or more workers than "
                  "there can be); they are dropped",
                  redis_int(redis_item(reply, 0)));
    workers_reclaim(heartbeat, redis_item(reply, 2));
    for (int q = 0; q < QUEUE_COUNT; q++) {
        const redisReply *due = redis_item(reply, 4 + 2 * (size_t)q);
        strays_note(heartbeat->strays, q, redis_item(reply, 3 + 2 * (size_t)q));
        for (size_t i = 0; i < redis_count(due) && !pool->process->quarantine; i++)
            pool_ask_due(pool, q, redis_text(redis_item(due, i)), "0");
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

/* Where its host's definitions are; what was read there stands in PostgreSQL. */
static void add_definitions(const char *directory, struct buf *out)
{
    buf_add_str(out, ",\"definitions\":");
    json_add_string(out, directory, strlen(directory));
}

static void add_health(struct health_note *health, struct buf *out)
{
    char text[HEALTH_NOTE_MAX];
    health_note_read(health, text);
    if (text[0] == '\0')
        return;
    buf_add_str(out, ",\"trouble\":");
    json_add_string(out, text, strlen(text));
}

static void arg_description(struct heartbeat *heartbeat, struct redis_args *args)
{
    struct pool_state *pool = heartbeat->pool;
    char host[128] = "", started[CLOCK_ISO_MAX];
    struct buf text = BUF_INIT;
    gethostname(host, sizeof host - 1);
    clock_iso8601_ms(heartbeat->started_us, started);
    buf_add_str(&text, "{\"host\":");
    json_add_string(&text, host, strlen(host));
    buf_addf(&text, ",\"pid\":%ld,\"started\":\"%s\",\"running\":%zu,\"done\":%" PRId64 ",\"version\":\"%s\"",
             (long)getpid(), started, inflight_total(pool->inflight), heartbeat->done, REPRISE_VERSION);
    buf_add_str(&text, pool->process->quarantine ? ",\"suspects\":true,\"executors\":{" : ",\"executors\":{");
    for (int q = 0; q < QUEUE_COUNT; q++)
        buf_addf(&text, "%s\"%s\":%d", q == 0 ? "" : ",", queue_names[q],
                 pool->process->quarantine ? 0 : pool->process->executors[q]);
    buf_add_char(&text, '}');
    add_fingerprints(pool->process->keys, &text);
    add_definitions(process_config(pool->process)->definitions_dir, &text);
    add_health(&pool->process->health, &text);
    buf_add_str(&text, ",\"loads\":");
    due_loads_write(pool->process->due_loads, &text);
    buf_add_str(&text, ",\"counts\":");
    counts_write(&text);
    buf_add_char(&text, '}');
    redis_arg_len(args, text.data, text.len);
    buf_fini(&text);
}

void heartbeat_send(struct heartbeat *heartbeat)
{
    struct pool_state *pool = heartbeat->pool;
    struct redis_args *args = pool_args(pool);
    if (!redis_async_is_up(pool->commands))
        return;
    FAULT_POINT("pool.beat");
    name_plain(args, pool->prefix, "workers");
    name_worker(args, pool->prefix, pool->process->worker);
    name_plain(args, pool->prefix, "epoch");
    name_plain(args, pool->prefix, "beats");
    for (int q = 0; q < QUEUE_COUNT; q++) {
        if (pool->process->quarantine)
            name_suspects(args, pool->prefix, q);
        else
            name_queue(args, pool->prefix, q);
        name_active(args, pool->prefix, q, pool->process->worker);
        name_delayed(args, pool->prefix, q);
    }
    redis_arg(args, pool->process->worker);
    arg_description(heartbeat, args);
    redis_arg_int(args, WORKER_ALIVE_MS);
    redis_arg_int(args, heartbeat->reclaim_offset);
    redis_arg_int(args, RECLAIM_AT_ONCE);
    for (int q = 0; q < QUEUE_COUNT; q++) {
        inflight_args(pool->inflight, q, args);
        strays_args(heartbeat->strays, q, args);
    }
    redis_async_script(pool->commands, &lua_beat, 4 + 3 * QUEUE_COUNT, args, BEAT_TIMEOUT_MS, on_beat, heartbeat);
}

void heartbeat_init(struct heartbeat *heartbeat, struct pool_state *pool)
{
    *heartbeat = (struct heartbeat){.pool = pool, .strays = strays_new(), .started_us = clock_wall_us()};
}

void heartbeat_fini(struct heartbeat *heartbeat)
{
    strays_drop(heartbeat->strays);
}
