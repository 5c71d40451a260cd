/*
 * Looks for retries that were set aside for a load that no worker has in hand, and makes them due again. A load counts
 * as an orphan only after it was seen so in looks that are ORPHANS_MS apart, since a Redis that was emptied knows no
 * heartbeat for a moment. Two workers that find the same orphan are harmless: the fence decides. Called each second by
 * the maintenance thread of each worker process.
 */
#include "common/queue/orphans.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/queue/names.h"
#include "common/queue/redis_snapshot.h"
#include "embedded/lua.h"
#include "embedded/sql_queue.h"

#define ORPHAN_NAME_MAX (ID_MAX + 24)

enum { SET_ASIDE_WORKER, SET_ASIDE_LOAD };

/* A load that no worker has. */
struct orphan {
    char name[ORPHAN_NAME_MAX]; /* worker/load */
    char worker[ID_MAX];
    int64_t load;     /* DUE_ALL_LOADS: of a worker that does not number them */
    int64_t since_ms; /* clock_mono_ms of the look that saw it first */
    bool fresh;       /* seen in this look */
    UT_hash_handle hh;
};

struct orphans {
    struct pg *pg;
    const struct dispatch *dispatch;
    struct orphan *all;
};

struct orphans *orphans_new(struct pg *pg, const struct dispatch *dispatch)
{
    struct orphans *orphans = mem_zalloc(sizeof *orphans);
    orphans->pg = pg;
    orphans->dispatch = dispatch;
    return orphans;
}

static void orphan_forget(struct orphans *orphans, struct orphan *orphan)
{
    HASH_DEL(orphans->all, orphan);
    free(orphan);
}

void orphans_drop(struct orphans *orphans)
{
    if (orphans == NULL)
        return;
    struct orphan *orphan, *next;
    HASH_ITER (hh, orphans->all, orphan, next)
        orphan_forget(orphans, orphan);
    free(orphans);
}

/* ---- what a worker says ------------------------------------------------------------------------------------------ */

/* "loads":{"last":12,"held":[9,12]}. What began after the heartbeat was written may be in hand; and a worker that tells
 * nothing of its loads is of an older release. */
bool orphans_is_held(struct json_object *heartbeat, int64_t number)
{
    struct json_object *loads = heartbeat == NULL ? NULL : json_get(heartbeat, "loads");
    if (heartbeat == NULL)
        return false;
    if (loads == NULL || number == DUE_ALL_LOADS || number > json_get_int(loads, "last", INT64_MAX))
        return true;
    struct json_object *held = json_get(loads, "held");
    size_t count = json_object_is_type(held, json_type_array) ? json_object_array_length(held) : 0;
    for (size_t i = 0; i < count; i++)
        if (json_object_get_int64(json_object_array_get_idx(held, i)) == number)
            return true;
    return false;
}

/* `*said` is the caller's; NULL: the worker gives no sign of life. */
static enum err heartbeat_read(const struct dispatch *dispatch, const char *worker, struct json_object **said,
                               struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redisReply *reply = NULL;
    struct err_info ignored = {0};
    name_worker(args, dispatch->prefix, worker);
    enum err err = redis_run_script(dispatch->redis, &lua_heartbeats, 1, args, &reply, error);
    const char *text = redis_text(redis_item(reply, 0));
    *said = NULL;
    if (err == ERR_OK && *text != '\0' && json_parse(text, strlen(text), JSON_LIMITS_REQUEST, said, &ignored) != ERR_OK)
        *said = json_object_new_object(); /* it was written over: the worker beats, and says nothing */
    if (reply != NULL)
        freeReplyObject(reply);
    redis_args_drop(args);
    return err;
}

/* ---- one look ---------------------------------------------------------------------------------------------------- */

static void orphan_note(struct orphans *orphans, const char *worker, int64_t load)
{
    char name[ORPHAN_NAME_MAX];
    struct orphan *orphan = NULL;
    snprintf(name, sizeof name, "%s/%" PRId64, worker, load);
    HASH_FIND_STR(orphans->all, name, orphan);
    if (orphan == NULL) {
        orphan = mem_zalloc(sizeof *orphan);
        memcpy(orphan->name, name, sizeof name);
        snprintf(orphan->worker, sizeof orphan->worker, "%s", worker);
        orphan->load = load;
        orphan->since_ms = clock_mono_ms();
        HASH_ADD_STR(orphans->all, name, orphan);
    }
    orphan->fresh = true;
}

static enum err note_those_of(struct orphans *orphans, const PGresult *set_aside, int *row, struct err_info *error)
{
    const char *worker = pg_text(set_aside, *row, SET_ASIDE_WORKER);
    struct json_object *said = NULL;
    enum err err = heartbeat_read(orphans->dispatch, worker, &said, error);
    for (; *row < pg_rows(set_aside) && strcmp(pg_text(set_aside, *row, SET_ASIDE_WORKER), worker) == 0; ++*row) {
        int64_t load = pg_int8(set_aside, *row, SET_ASIDE_LOAD);
        if (err == ERR_OK && !orphans_is_held(said, load))
            orphan_note(orphans, worker, load);
    }
    json_object_put(said);
    return err;
}

static enum err note_all(struct orphans *orphans, struct err_info *error)
{
    PGresult *set_aside = NULL;
    enum err err = pg_exec(orphans->pg, &sql_queue_set_aside, NULL, &set_aside, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(set_aside);)
        err = note_those_of(orphans, set_aside, &row, error);
    PQclear(set_aside);
    return err;
}

/* True if some have been orphans for long enough; those that are none any more are forgotten. */
static bool is_any_ripe(struct orphans *orphans)
{
    bool ripe = false;
    struct orphan *orphan, *next;
    HASH_ITER (hh, orphans->all, orphan, next) {
        if (!orphan->fresh) {
            orphan_forget(orphans, orphan);
            continue;
        }
        orphan->fresh = false;
        ripe = ripe || clock_mono_ms() - orphan->since_ms >= ORPHANS_MS;
    }
    return ripe;
}

/* A suspect's retries stay set aside, so that none of them is run but alone (worker/quarantine.c). */
static enum err release_ripe(struct orphans *orphans, struct err_info *error)
{
    struct redis_snapshot *snapshot = NULL;
    const struct redis_snapshot_spec spec = {.entries_max = REDIS_SNAPSHOT_ALL_ENTRIES};
    enum err err = redis_snapshot_take(orphans->dispatch, &spec, &snapshot, error);
    struct orphan *orphan, *next;
    HASH_ITER (hh, orphans->all, orphan, next) {
        if (err != ERR_OK || clock_mono_ms() - orphan->since_ms < ORPHANS_MS ||
            redis_snapshot_suspects_of(snapshot, orphan->worker))
            continue;
        err = due_again(orphans->pg, orphans->dispatch, orphan->worker, orphan->load, error);
        if (err == ERR_OK) {
            log_warn("retries that %s had loaded, and does not have in hand, are due again", orphan->worker);
            orphan_forget(orphans, orphan);
        }
    }
    redis_snapshot_drop(snapshot);
    return err;
}

enum err orphans_look(struct orphans *orphans, struct err_info *error)
{
    enum err err = note_all(orphans, error);
    return err == ERR_OK && is_any_ripe(orphans) ? release_ripe(orphans, error) : err;
}

/* ---- due again --------------------------------------------------------------------------------------------------- */

/* Whether its entry is there or not: what is known to be due need not wait for one. */
static enum err send_due_chunk(const struct dispatch *dispatch, const char *operation_id, int queue,
                               struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    name_delayed(args, dispatch->prefix, queue);
    name_operation(args, dispatch->prefix, operation_id);
    name_queue(args, dispatch->prefix, queue);
    redis_arg(args, operation_id);
    redis_arg(args, "1");
    enum err err = redis_run_script(dispatch->redis, &lua_due, 3, args, NULL, error);
    redis_args_drop(args);
    return err;
}

enum err due_again(struct pg *pg, const struct dispatch *dispatch, const char *worker, int64_t load,
                   struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    PGresult *operations = NULL;
    pg_arg_text(args, worker);
    if (load == DUE_ALL_LOADS)
        pg_arg_null(args);
    else
        pg_arg_int8(args, load);
    enum err err = pg_exec(pg, &sql_queue_due_again, args, &operations, error);
    int count = err == ERR_OK ? pg_rows(operations) : 0;
    for (int row = 0; row < count && err == ERR_OK; row++)
        err = send_due_chunk(dispatch, pg_text(operations, row, 0), queue_index(pg_text(operations, row, 1)), error);
    PQclear(operations);
    pg_args_drop(args);
    return err;
}
