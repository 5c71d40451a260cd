/*
 * Redis at one moment, for the doctor: one script reads it (lua/inspect.lua), so that a chunk on its way from list to
 * list is seen once. It reads more than redis_snapshot.c (the inbox, expiries, chunks of old generations), since the
 * sweep repairs what the doctor only names. Lists are cut at a bound, which is itself a finding (I9). Called by
 * doctor_dispatch.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/doctor/doctor_private.h"
#include "common/queue/chunk.h"
#include "common/queue/redis_snapshot.h"
#include "embedded/lua.h"

/* A list beyond this breaks I9 by far; the rest of it is not read. */
#define ENTRIES_MAX 100000

/* The parts of what inspect.lua returns. */
enum { PART_NOW, PART_WORKERS, PART_OPS, PART_LISTS, PART_SETS, PART_HASHES };
/* The fields of a hash, in its order. */
enum {
    FIELD_GEN,
    FIELD_WINDOW,
    FIELD_OUT,
    FIELD_DUES,
    FIELD_TIMELINE,
    FIELD_VERSION,
    FIELD_TOTAL,
    FIELD_COMPLETED,
    FIELD_SUCCEEDED,
    FIELD_FAILED,
    FIELD_SKIPPED,
    FIELD_CANCELLED_JOBS,
    FIELD_STATE,
    FIELD_CANCELLED,
};

/* ---- what to ask for --------------------------------------------------------------------------------------------- */

static void add_list(struct seen *seen, enum seen_kind kind, int queue, const char *worker)
{
    seen->lists = mem_grow(seen->lists, seen->list_count + 1, sizeof *seen->lists);
    seen->lists[seen->list_count++] = (struct seen_list){.kind = kind, .queue = queue, .worker = worker};
}

static void choose_lists(struct seen *seen)
{
    for (int q = 0; q < QUEUE_COUNT; q++) {
        add_list(seen, SEEN_QUEUE, q, NULL);
        add_list(seen, SEEN_SUSPECTS, q, NULL);
    }
    add_list(seen, SEEN_INBOX, 0, NULL);
    add_list(seen, SEEN_REJECTED, 0, NULL);
    for (size_t i = 0; i < redis_count(seen->workers); i++) {
        const char *worker = redis_text(redis_item(seen->workers, i));
        for (int q = 0; q < QUEUE_COUNT; q++)
            add_list(seen, SEEN_ACTIVE, q, worker);
        add_list(seen, SEEN_INBOX_ACTIVE, 0, worker);
    }
}

static void name_list(struct redis_args *args, const char *prefix, const struct seen_list *list)
{
    switch (list->kind) {
    case SEEN_QUEUE:
        name_queue(args, prefix, list->queue);
        break;
    case SEEN_SUSPECTS:
        name_suspects(args, prefix, list->queue);
        break;
    case SEEN_ACTIVE:
        name_active(args, prefix, list->queue, list->worker);
        break;
    case SEEN_INBOX:
        name_plain(args, prefix, "inbox");
        break;
    case SEEN_INBOX_ACTIVE:
        name_inbox_active(args, prefix, list->worker);
        break;
    case SEEN_REJECTED:
        name_plain(args, prefix, "inbox:rejected");
        break;
    }
}

static struct seen_op *op_of(struct seen *seen, const char *id)
{
    struct seen_op *op = seen_find(seen, id);
    if (op != NULL || strlen(id) >= sizeof op->id)
        return op;
    op = mem_zalloc(sizeof *op);
    snprintf(op->id, sizeof op->id, "%s", id);
    HASH_ADD_STR(seen->ops, id, op);
    return op;
}

static int add_keys(struct doctor *doctor, struct seen *seen, struct redis_args *args)
{
    static const char *const plain[] = {"workers", "ops"};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        name_plain(args, doctor->prefix, plain[i]);
    for (size_t i = 0; i < seen->list_count; i++)
        name_list(args, doctor->prefix, &seen->lists[i]);
    for (int q = 0; q < QUEUE_COUNT; q++)
        name_delayed(args, doctor->prefix, q);
    for (const struct seen_op *op = seen->ops; op != NULL; op = op->hh.next)
        name_operation(args, doctor->prefix, op->id);
    return redis_args_count(args);
}

/* ---- reading the answer ------------------------------------------------------------------------------------------ */

static void read_hash(struct seen_op *op, const redisReply *hash)
{
    const redisReply *f = redis_item(hash, 1);
    op->ttl_s = redis_int(redis_item(hash, 0));
    op->present = redis_item(f, FIELD_GEN) != NULL && redis_item(f, FIELD_GEN)->type != REDIS_REPLY_NIL;
    op->generation = redis_int(redis_item(f, FIELD_GEN));
    op->window = redis_int(redis_item(f, FIELD_WINDOW));
    op->out = redis_int(redis_item(f, FIELD_OUT));
    op->dues = redis_int(redis_item(f, FIELD_DUES));
    op->timeline = redis_int(redis_item(f, FIELD_TIMELINE));
    op->version = redis_int(redis_item(f, FIELD_VERSION));
    op->total = redis_int(redis_item(f, FIELD_TOTAL));
    op->completed = redis_int(redis_item(f, FIELD_COMPLETED));
    op->succeeded = redis_int(redis_item(f, FIELD_SUCCEEDED));
    op->failed = redis_int(redis_item(f, FIELD_FAILED));
    op->skipped = redis_int(redis_item(f, FIELD_SKIPPED));
    op->cancelled_jobs = redis_int(redis_item(f, FIELD_CANCELLED_JOBS));
    op->cancelled = strcmp(redis_text(redis_item(f, FIELD_CANCELLED)), "true") == 0;
    snprintf(op->state, sizeof op->state, "%s", redis_text(redis_item(f, FIELD_STATE)));
}

static void count_chunk(struct seen *seen, const struct chunk *chunk)
{
    struct seen_op *op = op_of(seen, chunk->operation_id);
    if (op == NULL)
        return;
    if (!op->present || chunk->generation != op->generation)
        op->old_chunks++;
    else if (chunk->due)
        op->due_chunks++;
    else if (chunk->window)
        op->window_chunks++;
    else
        op->other_chunks++;
}

static void read_chunks(struct doctor *doctor, struct seen *seen, const struct seen_list *list)
{
    for (size_t i = 0; i < redis_count(list->entries); i++) {
        const redisReply *entry = redis_item(list->entries, i);
        struct chunk chunk;
        struct err_info error = {.text = "not a text"};
        if (entry->type == REDIS_REPLY_STRING && chunk_parse(entry->str, entry->len, &chunk, &error) == ERR_OK)
            count_chunk(seen, &chunk);
        else
            doctor_say(doctor, &(struct finding_on){0, DOCTOR_WARNING, DOCTOR_LEAVE, queue_names[list->queue], 0},
                       "a list of chunks holds something else: %s", error.text);
    }
}

static void read_lists(struct doctor *doctor, struct seen *seen)
{
    const redisReply *lists = redis_item(seen->reply, PART_LISTS);
    doctor->entries = 0;
    for (size_t i = 0; i < seen->list_count; i++) {
        struct seen_list *list = &seen->lists[i];
        list->length = redis_int(redis_item(redis_item(lists, i), 0));
        list->entries = redis_item(redis_item(lists, i), 1);
        seen->cut = seen->cut || list->length > ENTRIES_MAX;
        doctor->entries += list->length;
        if (list->kind == SEEN_QUEUE || list->kind == SEEN_SUSPECTS || list->kind == SEEN_ACTIVE)
            read_chunks(doctor, seen, list);
    }
}

/* Any client may have written any score: none that is no time. */
static int64_t beat_ms(const redisReply *score)
{
    int64_t at = redis_int(score);
    return at < 0 || at > INT64_C(1) << 53 ? 0 : at;
}

static void read_reply(struct doctor *doctor, struct seen *seen)
{
    const redisReply *all = seen->reply, *hashes = redis_item(all, PART_HASHES), *ops = redis_item(all, PART_OPS);
    seen->now_ms = redis_int(redis_item(all, PART_NOW));
    seen->beats_of_workers = redis_item(all, PART_WORKERS);
    size_t i = 0;
    for (struct seen_op *op = seen->ops; op != NULL; op = op->hh.next)
        read_hash(op, redis_item(hashes, i++));
    for (i = 0; i < redis_count(ops); i++) {
        struct seen_op *op = seen_find(seen, redis_text(redis_item(ops, i)));
        if (op != NULL)
            op->in_ops = true;
    }
    for (i = 1; i < redis_count(seen->beats_of_workers); i += 2)
        seen->alive += seen->now_ms - beat_ms(redis_item(seen->beats_of_workers, i)) < WORKER_ALIVE_MS;
    read_lists(doctor, seen);
    for (size_t q = 0; q < QUEUE_COUNT; q++) {
        const redisReply *delayed = redis_item(redis_item(all, PART_SETS), q);
        for (i = 0; i + 1 < redis_count(delayed); i += 2) {
            struct seen_op *op = seen_find(seen, redis_text(redis_item(delayed, i)));
            if (op == NULL)
                continue;
            op->delayed = true;
            op->delayed_ms = redis_snapshot_score_ms(redis_item(delayed, i + 1)) - seen->now_ms;
        }
    }
}

/* ---- taking it --------------------------------------------------------------------------------------------------- */

static enum err ask_names(struct doctor *doctor, struct seen *seen, const PGresult *live, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redisReply *ops = NULL;
    redis_arg(args, "ZRANGE");
    name_plain(args, doctor->prefix, "workers");
    redis_arg(args, "0");
    redis_arg(args, "-1");
    enum err err = redis_run(doctor->redis, args, &seen->workers, error);
    redis_args_reset(args);
    redis_arg(args, "SMEMBERS");
    name_plain(args, doctor->prefix, "ops");
    if (err == ERR_OK)
        err = redis_run(doctor->redis, args, &ops, error);
    for (size_t i = 0; i < redis_count(ops); i++)
        op_of(seen, redis_text(redis_item(ops, i)));
    for (int row = 0; row < pg_rows(live); row++)
        op_of(seen, pg_text(live, row, 0));
    if (ops != NULL)
        freeReplyObject(ops);
    redis_args_drop(args);
    return err;
}

enum err seen_take(struct doctor *doctor, const PGresult *live, struct seen **out, struct err_info *error)
{
    struct seen *seen = mem_zalloc(sizeof *seen);
    struct redis_args *args = redis_args_new();
    enum err err = ask_names(doctor, seen, live, error);
    if (err == ERR_OK) {
        choose_lists(seen);
        int keys = add_keys(doctor, seen, args);
        redis_arg_int(args, (int64_t)seen->list_count);
        redis_arg_int(args, QUEUE_COUNT);
        redis_arg_int(args, ENTRIES_MAX);
        err = redis_run_script(doctor->redis, &lua_inspect, keys, args, &seen->reply, error);
    }
    redis_args_drop(args);
    if (err != ERR_OK) {
        seen_drop(seen);
        return err;
    }
    read_reply(doctor, seen);
    *out = seen;
    return ERR_OK;
}

void seen_drop(struct seen *seen)
{
    if (seen == NULL)
        return;
    struct seen_op *op, *next;
    HASH_ITER (hh, seen->ops, op, next) {
        HASH_DEL(seen->ops, op);
        free(op);
    }
    if (seen->workers != NULL)
        freeReplyObject(seen->workers);
    if (seen->reply != NULL)
        freeReplyObject(seen->reply);
    free(seen->lists);
    free(seen);
}

struct seen_op *seen_find(const struct seen *seen, const char *operation_id)
{
    struct seen_op *op = NULL;
    HASH_FIND_STR(seen->ops, operation_id, op);
    return op;
}

int64_t seen_silence_ms(const struct seen *seen, const char *worker)
{
    for (size_t i = 0; i + 1 < redis_count(seen->beats_of_workers); i += 2)
        if (strcmp(redis_text(redis_item(seen->beats_of_workers, i)), worker) == 0)
            return seen->now_ms - beat_ms(redis_item(seen->beats_of_workers, i + 1));
    return INT64_MAX;
}
