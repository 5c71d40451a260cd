/*
 * From PostgreSQL to Redis, after a commit: opening an operation, mirroring its tally, moving it to the head. All of it
 * is a hint that the sweep would give too, so a caller may die before or within it. It must never tell Redis what
 * PostgreSQL has not committed (I7). Called by whatever has just accepted, cancelled or planned something, by the sweep
 * and by the doctor's repair.
 */
#include "common/queue/dispatch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/mem.h"
#include "common/queue/names.h"
#include "embedded/lua.h"
#include "embedded/sql_queue.h"

static void add_fixed_fields(struct redis_args *args, const struct operation *o)
{
    const char *pairs[][2] = {
        {"operation_id", o->tally.operation_id}, {"definition", o->definition}, {"subject", o->subject},
        {"created_at", o->created_at},           {"queue", o->queue},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        redis_arg(args, pairs[i][0]);
        redis_arg(args, pairs[i][1]);
    }
    redis_arg(args, "phases");
    redis_arg(args, o->phases);
}

static void open_args(struct redis_args *args, const char *prefix, const struct operation *o, int64_t next_seq,
                      int64_t due_ms)
{
    int queue = queue_index(o->queue);
    name_operation(args, prefix, o->tally.operation_id);
    name_queue(args, prefix, queue);
    name_plain(args, prefix, "ops");
    name_delayed(args, prefix, queue);
    redis_arg(args, o->tally.operation_id);
    redis_arg_int(args, o->tally.generation);
    redis_arg_int(args, next_seq);
    redis_arg_int(args, o->tally.last_seq);
    redis_arg_int(args, o->chunk);
    redis_arg_int(args, o->window);
    redis_arg(args, o->single ? "1" : "0");
    redis_arg_int(args, due_ms);
    name_plain(args, prefix, "events");
    tally_block(args, &o->tally, o->finished_at);
    add_fixed_fields(args, o);
}

static enum err read_cursor(struct pg *pg, const char *operation_id, int64_t *next_seq, int64_t *due_ms,
                            struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, operation_id);
    PGresult *result = NULL;
    enum err err = pg_exec(pg, &sql_queue_operation_dispatch, args, &result, error);
    if (err == ERR_OK && pg_rows(result) == 0)
        err = err_set(error, ERR_NOT_FOUND, "no operation %s", operation_id);
    if (err == ERR_OK) {
        *next_seq = pg_int8(result, 0, 0);
        *due_ms = pg_is_null(result, 0, 1) ? -1 : pg_int8(result, 0, 1);
    }
    PQclear(result);
    pg_args_drop(args);
    return err;
}

enum err dispatch_open(const struct dispatch *dispatch, struct pg *pg, const char *operation_id, struct err_info *error)
{
    struct operation *operation = NULL;
    int64_t next_seq = 0, due_ms = -1;
    enum err err = operation_get(pg, operation_id, &operation, error);
    if (err == ERR_OK && !tally_is_live(&operation->tally)) {
        operation_drop(operation);
        return ERR_OK;
    }
    if (err == ERR_OK)
        err = read_cursor(pg, operation_id, &next_seq, &due_ms, error);
    FAULT_POINT("dispatch.open");
    if (err == ERR_OK) {
        struct redis_args *args = redis_args_new();
        open_args(args, dispatch->prefix, operation, next_seq, due_ms);
        err = redis_run_script(dispatch->redis, &lua_open, 4, args, NULL, error);
        redis_args_drop(args);
    }
    operation_drop(operation);
    return err;
}

enum err dispatch_open_new(const struct dispatch *dispatch, const struct operation *const *operations, size_t count,
                           struct err_info *error)
{
    struct redis_args **args = mem_array(count + 1, sizeof(struct redis_args *));
    FAULT_POINT("dispatch.open");
    for (size_t i = 0; i < count; i++) {
        args[i] = redis_args_new();
        open_args(args[i], dispatch->prefix, operations[i], 1, -1);
    }
    enum err err = redis_run_scripts(dispatch->redis, &lua_open, 4, args, count, error);
    for (size_t i = 0; i < count; i++)
        redis_args_drop(args[i]);
    free(args);
    return err;
}

static enum err dispatch_head(const struct dispatch *dispatch, const char *operation_id, int queue,
                              struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    name_operation(args, dispatch->prefix, operation_id);
    name_queue(args, dispatch->prefix, queue);
    redis_arg(args, operation_id);
    enum err err = redis_run_script(dispatch->redis, &lua_head, 2, args, NULL, error);
    redis_args_drop(args);
    return err;
}

enum err dispatch_mirror(const struct dispatch *dispatch, const struct tally *tally, const struct mirror *mirror,
                         struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    name_operation(args, dispatch->prefix, tally->operation_id);
    name_queue(args, dispatch->prefix, mirror->queue);
    name_plain(args, dispatch->prefix, "ops");
    name_delayed(args, dispatch->prefix, mirror->queue);
    redis_arg(args, tally->operation_id);
    redis_arg_int(args, tally->generation);
    redis_arg_int(args, tally->last_seq);
    redis_arg_int(args, mirror->window);
    redis_arg_int(args, mirror->retrying);
    redis_arg_int(args, DISPATCH_KEEP_S);
    name_plain(args, dispatch->prefix, "events");
    redis_arg_int(args, mirror->due_ms);
    tally_block(args, tally, mirror->finished_at);
    enum err err = redis_run_script(dispatch->redis, &lua_mirror, 4, args, NULL, error);
    redis_args_drop(args);
    return err;
}

enum err dispatch_refresh(const struct dispatch *dispatch, struct pg *pg, const char *operation_id,
                          struct err_info *error)
{
    struct operation *operation = NULL;
    enum err err = operation_get(pg, operation_id, &operation, error);
    if (err != ERR_OK)
        return err;
    struct mirror mirror = {queue_index(operation->queue), 0, -1, -1, operation->finished_at};
    err = dispatch_mirror(dispatch, &operation->tally, &mirror, error);
    operation_drop(operation);
    return err;
}

static int64_t redis_now_ms(const redisReply *time)
{
    return redis_int(redis_item(time, 0)) * CLOCK_MS_PER_S + redis_int(redis_item(time, 1)) / 1000;
}

enum err dispatch_live_workers(const struct dispatch *dispatch, int64_t *count, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redisReply *time = NULL, *reply = NULL;
    redis_arg(args, "TIME");
    enum err err = redis_run(dispatch->redis, args, &time, error);
    if (err == ERR_OK) {
        redis_args_reset(args);
        redis_arg(args, "ZCOUNT");
        name_plain(args, dispatch->prefix, "workers");
        redis_arg_int(args, redis_now_ms(time) - WORKER_ALIVE_MS);
        redis_arg(args, "+inf");
        err = redis_run(dispatch->redis, args, &reply, error);
    }
    if (err == ERR_OK)
        *count = redis_int(reply);
    if (time != NULL)
        freeReplyObject(time);
    if (reply != NULL)
        freeReplyObject(reply);
    redis_args_drop(args);
    return err;
}

enum err dispatch_walk(const struct dispatch *dispatch, struct key_walk *walk, redisReply **keys,
                       struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redis_arg(args, "SCAN");
    redis_argf(args, "%" PRIu64, walk->cursor);
    redis_arg(args, "MATCH");
    name_pattern(args, dispatch->prefix, walk->beginning);
    redis_arg(args, "COUNT");
    redis_arg_int(args, walk->at_once);
    enum err err = redis_run(dispatch->redis, args, keys, error);
    if (err == ERR_OK)
        walk->cursor = strtoull(redis_text(redis_item(*keys, 0)), NULL, 10);
    redis_args_drop(args);
    return err;
}

enum err dispatch_policy(const struct dispatch *dispatch, char policy[DISPATCH_POLICY_MAX], struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redisReply *reply = NULL;
    redis_arg(args, "CONFIG");
    redis_arg(args, "GET");
    redis_arg(args, "maxmemory-policy");
    enum err err = redis_run(dispatch->redis, args, &reply, error);
    if (err == ERR_OK)
        snprintf(policy, DISPATCH_POLICY_MAX, "%s", redis_text(redis_item(reply, 1)));
    if (reply != NULL)
        freeReplyObject(reply);
    redis_args_drop(args);
    return err;
}

/* ---- an operation that was accepted ------------------------------------------------------------------------------ */

enum err operation_start_plan(struct pg *pg, const struct kind_table *kinds, const char *operation_id,
                              struct tally *tally, enum plan_status *status, struct err_info *error)
{
    enum err err = plan_step(pg, kinds, operation_id, status, tally, error);
    if (err != ERR_OK || *status != PLAN_DONE || !tally_phase_is_done(tally))
        return err;
    err = operation_advance(pg, operation_id, tally->phase, tally, error);
    if (err == ERR_OK && tally->state == OP_RUNNING && !tally->planned)
        *status = PLAN_MORE;
    return err;
}

enum err operation_start_open(const struct dispatch *dispatch, struct pg *pg, const char *operation_id,
                              int64_t *live_workers, struct err_info *error)
{
    enum err err = dispatch_open(dispatch, pg, operation_id, error);
    return err == ERR_OK ? dispatch_live_workers(dispatch, live_workers, error) : err;
}

enum err operation_start_join(const struct dispatch *dispatch, struct pg *pg, const char *operation_id, bool *waits,
                              int64_t *live_workers, struct err_info *error)
{
    struct operation *operation = NULL;
    enum err err = operation_get(pg, operation_id, &operation, error);
    *waits = err == ERR_OK && operation->tally.state == OP_RUNNING && !operation->loaded;
    if (*waits)
        err = dispatch_head(dispatch, operation_id, queue_index(operation->queue), error);
    if (err == ERR_OK)
        err = dispatch_live_workers(dispatch, live_workers, error);
    operation_drop(operation);
    return err;
}
