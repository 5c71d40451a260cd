/*
 * Reads Redis at one moment, for the sweep, which makes good what is missing, for the doctor, which names what is
 * wrong, and for people (common/query/engine.c). Texts may be anything: any client can write them, and an entry that
 * cannot be read counts as none. Changes nothing.
 */
#include "common/queue/redis_snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/base/money.h"
#include "common/queue/chunk.h"
#include "embedded/lua.h"

/* The parts of what inspect.lua returns. */
enum { PART_NOW, PART_WORKERS, PART_OPS, PART_LISTS, PART_SETS, PART_TEXTS, PART_HASHES };

/* ---- what to ask for --------------------------------------------------------------------------------------------- */

static struct snapshot_operation *operation_of(struct redis_snapshot *snapshot, const char *id)
{
    struct snapshot_operation *operation = redis_snapshot_find(snapshot, id);
    if (operation != NULL || strlen(id) >= sizeof operation->operation_id)
        return operation;
    operation = mem_zalloc(sizeof *operation);
    snprintf(operation->operation_id, sizeof operation->operation_id, "%s", id);
    HASH_ADD_STR(snapshot->operations, operation_id, operation);
    return operation;
}

static enum err ask(const struct dispatch *dispatch, struct redis_args *args, redisReply **reply,
                    struct err_info *error)
{
    enum err err = redis_run(dispatch->redis, args, reply, error);
    redis_args_reset(args);
    return err;
}

/* The operations, and the workers where the caller did not name them. */
static enum err ask_names(struct redis_snapshot *snapshot, const struct dispatch *dispatch,
                          const struct redis_snapshot_spec *spec, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redisReply *ops = NULL;
    enum err err = ERR_OK;
    if (spec->workers == NULL) {
        redis_arg(args, "ZRANGE");
        name_plain(args, dispatch->prefix, "workers");
        redis_arg(args, "0");
        redis_arg(args, "-1");
        err = ask(dispatch, args, &snapshot->names, error);
    }
    if (err == ERR_OK && spec->whole) {
        redis_arg(args, "SMEMBERS");
        name_plain(args, dispatch->prefix, "ops");
        err = ask(dispatch, args, &ops, error);
    }
    for (size_t i = 0; i < redis_count(ops); i++)
        operation_of(snapshot, redis_text(redis_item(ops, i)));
    for (size_t i = 0; i < spec->id_count; i++)
        operation_of(snapshot, spec->ids[i]);
    if (ops != NULL)
        freeReplyObject(ops);
    redis_args_drop(args);
    return err;
}

static size_t worker_count(const struct redis_snapshot *snapshot, const struct redis_snapshot_spec *spec)
{
    return spec->workers != NULL ? spec->worker_count : redis_count(snapshot->names);
}

static const char *worker_id(const struct redis_snapshot *snapshot, const struct redis_snapshot_spec *spec, size_t i)
{
    return spec->workers != NULL ? spec->workers[i] : redis_text(redis_item(snapshot->names, i));
}

static void add_list(struct redis_snapshot *snapshot, enum snapshot_kind kind, int queue, const char *worker)
{
    snapshot->lists[snapshot->list_count++] = (struct snapshot_list){.kind = kind, .queue = queue, .worker = worker};
}

static void choose_lists(struct redis_snapshot *snapshot, const struct redis_snapshot_spec *spec)
{
    size_t workers = worker_count(snapshot, spec);
    snapshot->lists = mem_array(2 * QUEUE_COUNT + 2 + workers * (QUEUE_COUNT + 1), sizeof *snapshot->lists);
    for (int q = 0; q < QUEUE_COUNT; q++) {
        add_list(snapshot, SNAPSHOT_QUEUE, q, NULL);
        add_list(snapshot, SNAPSHOT_SUSPECTS, q, NULL);
    }
    if (spec->with_inbox) {
        add_list(snapshot, SNAPSHOT_INBOX, 0, NULL);
        add_list(snapshot, SNAPSHOT_REJECTED, 0, NULL);
    }
    for (size_t i = 0; i < workers; i++) {
        const char *worker = worker_id(snapshot, spec, i);
        for (int q = 0; q < QUEUE_COUNT; q++)
            add_list(snapshot, SNAPSHOT_ACTIVE, q, worker);
        if (spec->with_inbox)
            add_list(snapshot, SNAPSHOT_INBOX_ACTIVE, 0, worker);
    }
}

static void name_list(struct redis_args *args, const char *prefix, const struct snapshot_list *list)
{
    switch (list->kind) {
    case SNAPSHOT_QUEUE:
        name_queue(args, prefix, list->queue);
        break;
    case SNAPSHOT_SUSPECTS:
        name_suspects(args, prefix, list->queue);
        break;
    case SNAPSHOT_ACTIVE:
        name_active(args, prefix, list->queue, list->worker);
        break;
    case SNAPSHOT_INBOX:
        name_plain(args, prefix, "inbox");
        break;
    case SNAPSHOT_INBOX_ACTIVE:
        name_inbox_active(args, prefix, list->worker);
        break;
    case SNAPSHOT_REJECTED:
        name_plain(args, prefix, "inbox:rejected");
        break;
    }
}

/* The keys and arguments of inspect.lua; returns how many keys. */
static int add_keys(const struct redis_snapshot *snapshot, const struct dispatch *dispatch,
                    const struct redis_snapshot_spec *spec, struct redis_args *args)
{
    const char *prefix = dispatch->prefix;
    size_t texts = spec->with_executors ? worker_count(snapshot, spec) : 0;
    name_plain(args, prefix, "workers");
    name_plain(args, prefix, "ops");
    for (size_t i = 0; i < snapshot->list_count; i++)
        name_list(args, prefix, &snapshot->lists[i]);
    for (int q = 0; q < QUEUE_COUNT; q++)
        name_delayed(args, prefix, q);
    for (size_t i = 0; i < texts; i++)
        name_worker(args, prefix, worker_id(snapshot, spec, i));
    for (const struct snapshot_operation *o = snapshot->operations; o != NULL; o = o->hh.next)
        name_operation(args, prefix, o->operation_id);
    int keys = redis_args_count(args);
    redis_arg_int(args, (int64_t)snapshot->list_count);
    redis_arg_int(args, QUEUE_COUNT);
    redis_arg_int(args, (int64_t)texts);
    redis_arg_int(args, spec->entries_max);
    redis_arg(args, spec->whole ? "1" : "0");
    return keys;
}

/* ---- hashes ------------------------------------------------------------------------------------------------------ */

#define DIGITS_MAX 15 /* what Lua's numbers hold exactly */
#define ANY INT64_MIN /* written with each settle: what a client wrote over it does not last */

/* The numbers of a hash, in the order of inspect.lua, and the least value of each: an operation that has no jobs yet
 * has a next seq of 1 and a last one of 0. */
#define NUMBER(name, least)                                                                                            \
    {                                                                                                                  \
        offsetof(struct snapshot_operation, name), least                                                               \
    }
static const struct {
    size_t member;
    int64_t least;
} numbers[] = {
    NUMBER(generation, 0), NUMBER(timeline, 0),    NUMBER(version, 0),
    NUMBER(chunk, 1),      NUMBER(window, 1),      NUMBER(out, 0),
    NUMBER(dues, 0),       NUMBER(next_seq, 1),    NUMBER(last_seq, 0),
    NUMBER(total, ANY),    NUMBER(completed, ANY), NUMBER(succeeded, ANY),
    NUMBER(failed, ANY),   NUMBER(skipped, ANY),   NUMBER(cancelled_jobs, ANY),
};
enum { FIELD_GENERATION, FIELD_STATE = sizeof numbers / sizeof *numbers, FIELD_CANCELLED };

static bool is_number_from(const redisReply *field, int64_t least)
{
    const char *text = redis_text(field);
    size_t digits = strspn(text, "0123456789");
    return text[digits] == '\0' && digits <= DIGITS_MAX && redis_int(field) >= least;
}

static void read_hash(struct snapshot_operation *o, const redisReply *hash)
{
    const redisReply *fields = redis_item(hash, 1), *generation = redis_item(fields, FIELD_GENERATION);
    o->ttl_s = redis_int(redis_item(hash, 0));
    o->present = generation != NULL && generation->type == REDIS_REPLY_STRING;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const redisReply *field = redis_item(fields, i);
        int64_t number = redis_int(field);
        memcpy((char *)o + numbers[i].member, &number, sizeof number);
        if (o->present && numbers[i].least != ANY && !is_number_from(field, numbers[i].least))
            o->spoilt = true;
    }
    o->cancelled = strcmp(redis_text(redis_item(fields, FIELD_CANCELLED)), "true") == 0;
    snprintf(o->state, sizeof o->state, "%s", redis_text(redis_item(fields, FIELD_STATE)));
}

/* ---- lists and sets ---------------------------------------------------------------------------------------------- */

static void note_death(struct redis_snapshot *snapshot, const char *worker)
{
    snapshot->died = mem_grow(snapshot->died, snapshot->died_count + 1, sizeof *snapshot->died);
    snprintf(snapshot->died[snapshot->died_count++], ID_MAX, "%s", worker);
}

static void count_chunk(struct redis_snapshot *snapshot, const struct chunk *chunk)
{
    if (chunk->by[0] != '\0')
        note_death(snapshot, chunk->by);
    struct snapshot_operation *o = redis_snapshot_find(snapshot, chunk->operation_id);
    if (o == NULL)
        return;
    if (!o->present || chunk->generation != o->generation)
        o->old_chunks++;
    else if (chunk->due)
        o->due_chunks++;
    else if (chunk->window)
        o->window_chunks++;
    else
        o->other_chunks++;
}

/* What is no chunk is logged by the worker that takes it. */
static void read_chunks(struct redis_snapshot *snapshot, struct snapshot_list *list)
{
    for (size_t i = 0; i < redis_count(list->entries); i++) {
        const redisReply *entry = redis_item(list->entries, i);
        struct chunk chunk;
        struct err_info error = {.text = "not a text"};
        if (entry->type == REDIS_REPLY_STRING && chunk_parse(entry->str, entry->len, &chunk, &error) == ERR_OK)
            count_chunk(snapshot, &chunk);
        else if (list->unreadable == NULL)
            list->unreadable = mem_strdup(error.text);
    }
}

static void read_lists(struct redis_snapshot *snapshot, const redisReply *lists, int64_t entries_max)
{
    for (size_t i = 0; i < snapshot->list_count; i++) {
        struct snapshot_list *list = &snapshot->lists[i];
        list->length = redis_int(redis_item(redis_item(lists, i), 0));
        list->entries = redis_item(redis_item(lists, i), 1);
        snapshot->cut = snapshot->cut || list->length > entries_max;
        if (list->kind == SNAPSHOT_QUEUE || list->kind == SNAPSHOT_SUSPECTS || list->kind == SNAPSHOT_ACTIVE)
            read_chunks(snapshot, list);
    }
}

#define NEVER_MS INT64_C(1000000000000000)

/* The time of a delayed set's entry. Any client may have written it: what is no time of ours never comes. */
static int64_t score_ms(const redisReply *score)
{
    double ms = strtod(redis_text(score), NULL);
    return ms > -(double)NEVER_MS && ms < (double)NEVER_MS ? (int64_t)ms : NEVER_MS;
}

static void read_delayed(struct redis_snapshot *snapshot, int queue, const redisReply *set)
{
    const redisReply *entries = redis_item(set, 1);
    snapshot->delayed[queue].length = redis_int(redis_item(set, 0));
    snapshot->delayed[queue].entries = entries;
    for (size_t i = 0; i + 1 < redis_count(entries); i += 2) {
        struct snapshot_operation *o = redis_snapshot_find(snapshot, redis_text(redis_item(entries, i)));
        if (o == NULL)
            continue;
        o->delayed = true;
        o->delayed_ms = score_ms(redis_item(entries, i + 1)) - snapshot->now_ms;
    }
}

/* ---- workers ----------------------------------------------------------------------------------------------------- */

static void count_executors(struct redis_snapshot *snapshot, const redisReply *heartbeat)
{
    const char *text = redis_text(heartbeat);
    struct json_object *description = NULL;
    struct err_info ignored;
    if (*text == '\0' || json_parse(text, strlen(text), JSON_LIMITS_REQUEST, &description, &ignored) != ERR_OK)
        return;
    for (int q = 0; q < QUEUE_COUNT; q++)
        snapshot->executors[q] =
            bounded_add(snapshot->executors[q], json_get_int(json_get(description, "executors"), queue_names[q], 0));
    json_object_put(description);
}

/* Any client may have written any score: none that is no time. */
static int64_t beat_ms(const redisReply *score)
{
    int64_t at = redis_int(score);
    return at < 0 || at > INT64_C(1) << 53 ? 0 : at;
}

static void read_workers(struct redis_snapshot *snapshot)
{
    snapshot->beats = redis_item(snapshot->reply, PART_WORKERS);
    for (size_t i = 1; i < redis_count(snapshot->beats); i += 2)
        snapshot->alive += snapshot->now_ms - beat_ms(redis_item(snapshot->beats, i)) < WORKER_ALIVE_MS;
    const redisReply *texts = redis_item(snapshot->reply, PART_TEXTS);
    for (size_t i = 0; i < redis_count(texts); i++)
        count_executors(snapshot, redis_item(texts, i));
}

/* ---- taking it --------------------------------------------------------------------------------------------------- */

/* Hashes first: a chunk counts by the generation of its hash. */
static void read_reply(struct redis_snapshot *snapshot, int64_t entries_max)
{
    const redisReply *all = snapshot->reply, *hashes = redis_item(all, PART_HASHES), *ops = redis_item(all, PART_OPS);
    snapshot->now_ms = redis_int(redis_item(all, PART_NOW));
    size_t i = 0;
    for (struct snapshot_operation *o = snapshot->operations; o != NULL; o = o->hh.next)
        read_hash(o, redis_item(hashes, i++));
    for (i = 0; i < redis_count(ops); i++) {
        struct snapshot_operation *o = redis_snapshot_find(snapshot, redis_text(redis_item(ops, i)));
        if (o != NULL)
            o->in_ops = true;
    }
    read_workers(snapshot);
    read_lists(snapshot, redis_item(all, PART_LISTS), entries_max);
    for (int q = 0; q < QUEUE_COUNT; q++)
        read_delayed(snapshot, q, redis_item(redis_item(all, PART_SETS), (size_t)q));
}

enum err redis_snapshot_take(const struct dispatch *dispatch, const struct redis_snapshot_spec *spec,
                             struct redis_snapshot **out, struct err_info *error)
{
    struct redis_snapshot *snapshot = mem_zalloc(sizeof *snapshot);
    enum err err = ask_names(snapshot, dispatch, spec, error);
    if (err == ERR_OK) {
        struct redis_args *args = redis_args_new();
        choose_lists(snapshot, spec);
        int keys = add_keys(snapshot, dispatch, spec, args);
        err = redis_run_script(dispatch->redis, &lua_inspect, keys, args, &snapshot->reply, error);
        redis_args_drop(args);
    }
    if (err != ERR_OK) {
        redis_snapshot_drop(snapshot);
        return err;
    }
    read_reply(snapshot, spec->entries_max);
    *out = snapshot;
    return ERR_OK;
}

void redis_snapshot_drop(struct redis_snapshot *snapshot)
{
    if (snapshot == NULL)
        return;
    struct snapshot_operation *operation, *next;
    HASH_ITER (hh, snapshot->operations, operation, next) {
        HASH_DEL(snapshot->operations, operation);
        free(operation);
    }
    for (size_t i = 0; i < snapshot->list_count; i++)
        free(snapshot->lists[i].unreadable);
    if (snapshot->names != NULL)
        freeReplyObject(snapshot->names);
    if (snapshot->reply != NULL)
        freeReplyObject(snapshot->reply);
    free(snapshot->lists);
    free(snapshot->died);
    free(snapshot);
}

struct snapshot_operation *redis_snapshot_find(const struct redis_snapshot *snapshot, const char *operation_id)
{
    struct snapshot_operation *operation = NULL;
    HASH_FIND_STR(snapshot->operations, operation_id, operation);
    return operation;
}

bool redis_snapshot_suspects_of(const struct redis_snapshot *snapshot, const char *worker)
{
    for (size_t i = 0; i < snapshot->died_count; i++)
        if (strcmp(snapshot->died[i], worker) == 0)
            return true;
    return false;
}

int64_t redis_snapshot_silence_ms(const struct redis_snapshot *snapshot, const char *worker)
{
    for (size_t i = 0; i + 1 < redis_count(snapshot->beats); i += 2)
        if (strcmp(redis_text(redis_item(snapshot->beats, i)), worker) == 0)
            return snapshot->now_ms - beat_ms(redis_item(snapshot->beats, i + 1));
    return INT64_MAX;
}
