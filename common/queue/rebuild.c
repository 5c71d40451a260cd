/*
 * Makes Redis again from PostgreSQL: under one lock, all lists of chunks go, a nonce takes the place of the epoch, each
 * live operation is opened with a new generation, and the epoch is written last, only in place of that nonce. The inbox
 * is never touched. A rebuild that dies in the middle leaves no epoch, and the next look begins again. Called by the
 * maintenance thread of each worker process.
 */
#include "common/queue/rebuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/fault.h"
#include "common/base/ids.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/queue/names.h"
#include "common/queue/redis_identity.h"
#include "common/queue/redis_owner.h"
#include "embedded/lua.h"
#include "embedded/sql_queue.h"
#include "embedded/sql_session.h"

/* The counter, queues, active lists, delayed sets and suspects go; the inbox and its lists never do. */
static enum err wipe(const struct dispatch *d, const char *found, const char *nonce, bool *wiped,
                     struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redisReply *workers = NULL, *reply = NULL;
    char era[ID_MAX];
    id_operation(era);
    redis_arg(args, "ZRANGE");
    name_plain(args, d->prefix, "workers");
    redis_arg(args, "0");
    redis_arg(args, "-1");
    enum err err = redis_run(d->redis, args, &workers, error);
    redis_args_reset(args);
    name_plain(args, d->prefix, "epoch");
    name_plain(args, d->prefix, "ops");
    name_plain(args, d->prefix, "inbox");
    name_plain(args, d->prefix, "inbox:count");
    name_plain(args, d->prefix, "beats");
    for (int q = 0; q < QUEUE_COUNT; q++) {
        name_queue(args, d->prefix, q);
        name_delayed(args, d->prefix, q);
        name_suspects(args, d->prefix, q);
        for (size_t i = 0; i < redis_count(workers); i++)
            name_active(args, d->prefix, q, redis_text(redis_item(workers, i)));
    }
    int keys = redis_args_count(args);
    redis_arg(args, found);
    redis_arg(args, nonce);
    redis_arg(args, strchr(era, '_') + 1);
    if (err == ERR_OK)
        err = redis_run_script(d->redis, &lua_wipe, keys, args, &reply, error);
    *wiped = err == ERR_OK && redis_int(reply) == 1;
    if (workers != NULL)
        freeReplyObject(workers);
    if (reply != NULL)
        freeReplyObject(reply);
    redis_args_drop(args);
    return err;
}

/* A new generation is committed before it is opened: Redis never knows a generation that PostgreSQL does not. */
static enum err reopen(const struct dispatch *d, struct pg *pg, const struct tally *tally, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, tally->operation_id);
    pg_arg_int8(args, tally->generation);
    enum err err = pg_exec(pg, &sql_queue_operation_raise_generation, args, NULL, error);
    pg_args_drop(args);
    FAULT_POINT("rebuild.raised");
    return err == ERR_OK ? dispatch_open(d, pg, tally->operation_id, error) : err;
}

static enum err reopen_all(const struct dispatch *d, struct pg *pg, int *count, struct err_info *error)
{
    PGresult *live = NULL;
    enum err err = pg_exec(pg, &sql_queue_sweep_live, NULL, &live, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(live); row++) {
        struct tally tally;
        tally_read(live, row, &tally);
        err = reopen(d, pg, &tally, error);
        ++*count;
    }
    PQclear(live);
    return err;
}

static enum err seal(const struct dispatch *d, const struct redis_identity *v, const char *nonce,
                     struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    name_plain(args, d->prefix, "epoch");
    name_plain(args, d->prefix, "beats");
    redis_arg(args, nonce);
    redis_arg(args, v->epoch);
    redis_arg_int(args, redis_identity_beats_to_seal(v));
    enum err err = redis_run_script(d->redis, &lua_seal, 2, args, NULL, error);
    redis_args_drop(args);
    return err;
}

static enum err rebuild(const struct dispatch *d, struct pg *pg, const struct redis_identity *v, bool *rebuilt,
                        struct err_info *error)
{
    char nonce[ID_MAX + 8], unique[ID_MAX];
    id_worker(unique);
    snprintf(nonce, sizeof nonce, "nonce:%s", unique);
    int count = 0;
    bool wiped = false;
    enum err err = wipe(d, v->found_epoch, nonce, &wiped, error);
    FAULT_POINT("rebuild.wiped");
    if (err != ERR_OK || !wiped)
        return err;
    err = reopen_all(d, pg, &count, error);
    FAULT_POINT("rebuild.opened");
    if (err == ERR_OK)
        err = seal(d, v, nonce, error);
    FAULT_POINT("rebuild.sealed");
    if (err == ERR_OK)
        err = redis_identity_begin_again(pg, v, error);
    if (err == ERR_OK) {
        *rebuilt = true;
        log_warn("Redis %s; it was rebuilt from PostgreSQL, with %d live operations", redis_identity_doubt(v), count);
    }
    return err;
}

static enum err take_lock(struct pg *lock, struct err_info *error)
{
    enum err err = pg_ready(lock, error);
    if (err != ERR_OK)
        return err;
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &sql_session_begin);
    pg_batch_add(batch, &sql_queue_rebuild_lock);
    err = pg_batch_run(lock, batch, error);
    pg_batch_drop(batch);
    return err;
}

/* After a wait for the lock it looks again: the holder before may have done it. */
static enum err rebuild_locked(const struct dispatch *d, struct pg *pg, struct pg *lock, bool *rebuilt,
                               struct err_info *error)
{
    struct redis_identity v = {0};
    enum err err = take_lock(lock, error);
    if (err == ERR_OK)
        err = redis_identity_read(d, pg, &v, error);
    if (err == ERR_OK && redis_identity_doubt(&v) != NULL)
        err = rebuild(d, pg, &v, rebuilt, error);
    redis_identity_fini(&v);
    pg_close(lock);
    return err;
}

enum err rebuild_if_needed(const struct dispatch *dispatch, struct pg *pg, struct pg *lock, bool *rebuilt,
                           struct err_info *error)
{
    struct redis_identity v = {0};
    *rebuilt = false;
    enum err err = redis_owner_check(dispatch, pg, error);
    if (err != ERR_OK)
        return err;
    err = redis_identity_read(dispatch, pg, &v, error);
    bool trusted = err == ERR_OK && redis_identity_doubt(&v) == NULL;
    if (trusted)
        err = redis_identity_remember(pg, &v, error);
    redis_identity_fini(&v);
    return err != ERR_OK || trusted ? err : rebuild_locked(dispatch, pg, lock, rebuilt, error);
}
