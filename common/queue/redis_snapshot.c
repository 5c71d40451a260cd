/*
 * Reads Redis in one transaction (MULTI), so that a chunk on its way from one list to the next is counted once. Texts
 * may be anything: any client can write them, and an entry that cannot be read counts as none. Changes nothing. Called
 * by sweep_live.c for what is missing, and by orphans.c for which workers' chunks are suspects.
 */
#include "common/queue/redis_snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/base/money.h"
#include "common/queue/chunk.h"
#include "common/queue/names.h"

/* The numbers of a hash: what stands in the others is written with each settle. */
enum { GEN, TIMELINE, VERSION, OUT, DUES, NEXT_SEQ, LAST_SEQ, CHUNK, WINDOW, HASH_FIELDS };
static const char *const hash_fields[HASH_FIELDS] = {
    [GEN] = "gen",           [TIMELINE] = "timeline", [VERSION] = "version", [OUT] = "out",       [DUES] = "dues",
    [NEXT_SEQ] = "next_seq", [LAST_SEQ] = "last_seq", [CHUNK] = "chunk",     [WINDOW] = "window",
};

/* The ids in `workers`; an array reply, the caller's. */
static enum err worker_ids(const struct dispatch *d, redisReply **ids, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redis_arg(args, "ZRANGE");
    name_plain(args, d->prefix, "workers");
    redis_arg(args, "0");
    redis_arg(args, "-1");
    enum err err = redis_run(d->redis, args, ids, error);
    redis_args_drop(args);
    return err;
}

/* One command of the transaction; the answer is QUEUED and comes with EXEC. */
static enum err queue_command(const struct dispatch *d, struct redis_args *args, struct err_info *error)
{
    enum err err = redis_run(d->redis, args, NULL, error);
    redis_args_reset(args);
    return err;
}

static void range_args(struct redis_args *args)
{
    redis_arg(args, "0");
    redis_arg(args, "-1");
}

/* Per queue: queue, suspects, delayed. */
static enum err queue_lists(const struct dispatch *d, struct redis_args *args, int queue, struct err_info *error)
{
    redis_arg(args, "LRANGE");
    name_queue(args, d->prefix, queue);
    range_args(args);
    enum err err = queue_command(d, args, error);
    if (err == ERR_OK) {
        redis_arg(args, "LRANGE");
        name_suspects(args, d->prefix, queue);
        range_args(args);
        err = queue_command(d, args, error);
    }
    if (err == ERR_OK) {
        redis_arg(args, "ZRANGE");
        name_delayed(args, d->prefix, queue);
        range_args(args);
        redis_arg(args, "WITHSCORES");
        err = queue_command(d, args, error);
    }
    return err;
}

/* Per worker: its heartbeat, then its active list of each queue. */
static enum err queue_worker(const struct dispatch *d, struct redis_args *args, const char *worker,
                             struct err_info *error)
{
    redis_arg(args, "GET");
    name_worker(args, d->prefix, worker);
    enum err err = queue_command(d, args, error);
    for (int q = 0; q < QUEUE_COUNT && err == ERR_OK; q++) {
        redis_arg(args, "LRANGE");
        name_active(args, d->prefix, q, worker);
        range_args(args);
        err = queue_command(d, args, error);
    }
    return err;
}

static enum err queue_hash(const struct dispatch *d, struct redis_args *args, const char *id, struct err_info *error)
{
    redis_arg(args, "HMGET");
    name_operation(args, d->prefix, id);
    for (size_t i = 0; i < HASH_FIELDS; i++)
        redis_arg(args, hash_fields[i]);
    return queue_command(d, args, error);
}

static enum err run_transaction(const struct dispatch *d, const redisReply *workers, const char *const *ids,
                                size_t count, redisReply **answers, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redis_arg(args, "MULTI");
    enum err err = queue_command(d, args, error);
    for (size_t i = 0; i < count && err == ERR_OK; i++)
        err = queue_hash(d, args, ids[i], error);
    redis_arg(args, "TIME");
    if (err == ERR_OK)
        err = queue_command(d, args, error);
    for (int q = 0; q < QUEUE_COUNT && err == ERR_OK; q++)
        err = queue_lists(d, args, q, error);
    for (size_t i = 0; i < redis_count(workers) && err == ERR_OK; i++)
        err = queue_worker(d, args, redis_text(redis_item(workers, i)), error);
    redis_arg(args, "EXEC");
    if (err == ERR_OK)
        err = redis_run(d->redis, args, answers, error);
    else
        redis_close(d->redis); /* whatever was queued dies with the connection */
    redis_args_drop(args);
    return err;
}

struct redis_snapshot_entry *redis_snapshot_find(const struct redis_snapshot *snapshot, const char *operation_id)
{
    struct redis_snapshot_entry *entry = NULL;
    HASH_FIND_STR(snapshot->entries, operation_id, entry);
    return entry;
}

#define DIGITS_MAX 15 /* what Lua's numbers hold exactly */

/* Its value, -1 where it is none. */
static int64_t number_of(const redisReply *field)
{
    const char *text = redis_text(field);
    size_t digits = strspn(text, "0123456789");
    return text[digits] == '\0' && digits <= DIGITS_MAX ? redis_int(field) : -1;
}

/* Least value of each: an operation that has no jobs yet has a next seq of 1 and a last one of 0. */
static bool is_sound(const int64_t numbers[HASH_FIELDS])
{
    static const int64_t least[HASH_FIELDS] = {[NEXT_SEQ] = 1, [CHUNK] = 1, [WINDOW] = 1};
    for (size_t i = 0; i < HASH_FIELDS; i++)
        if (numbers[i] < least[i])
            return false;
    return true;
}

static void read_hash(struct redis_snapshot *snapshot, const char *id, const redisReply *fields)
{
    int64_t numbers[HASH_FIELDS];
    struct redis_snapshot_entry *entry = mem_zalloc(sizeof *entry);
    snprintf(entry->operation_id, sizeof entry->operation_id, "%s", id);
    for (size_t i = 0; i < HASH_FIELDS; i++)
        numbers[i] = number_of(redis_item(fields, i));
    entry->present = redis_item(fields, GEN) != NULL && redis_item(fields, GEN)->type == REDIS_REPLY_STRING;
    entry->spoilt = entry->present && !is_sound(numbers);
    entry->generation = numbers[GEN];
    entry->timeline = numbers[TIMELINE];
    entry->version = numbers[VERSION];
    entry->out = numbers[OUT];
    entry->dues = numbers[DUES];
    entry->next_seq = numbers[NEXT_SEQ];
    entry->last_seq = numbers[LAST_SEQ];
    HASH_ADD_STR(snapshot->entries, operation_id, entry);
}

static void note_death(struct redis_snapshot *snapshot, const char *worker)
{
    snapshot->died = mem_grow(snapshot->died, snapshot->died_count + 1, sizeof *snapshot->died);
    snprintf(snapshot->died[snapshot->died_count++], ID_MAX, "%s", worker);
}

bool redis_snapshot_suspects_of(const struct redis_snapshot *snapshot, const char *worker)
{
    for (size_t i = 0; i < snapshot->died_count; i++)
        if (strcmp(snapshot->died[i], worker) == 0)
            return true;
    return false;
}

static void count_chunks(struct redis_snapshot *snapshot, const redisReply *list)
{
    for (size_t i = 0; i < redis_count(list); i++) {
        const redisReply *item = redis_item(list, i);
        struct chunk chunk;
        struct err_info ignored;
        if (item->type != REDIS_REPLY_STRING || chunk_parse(item->str, item->len, &chunk, &ignored) != ERR_OK)
            continue; /* the worker that takes it logs this */
        if (chunk.by[0] != '\0')
            note_death(snapshot, chunk.by);
        struct redis_snapshot_entry *entry = redis_snapshot_find(snapshot, chunk.operation_id);
        if (entry == NULL || entry->generation != chunk.generation)
            continue;
        if (chunk.due)
            entry->due_chunks++;
        else if (chunk.window)
            entry->window_chunks++;
        else
            entry->other_chunks++;
    }
}

#define NEVER_MS INT64_C(1000000000000000)
int64_t redis_snapshot_score_ms(const redisReply *score)
{
    double ms = strtod(redis_text(score), NULL);
    return ms > -(double)NEVER_MS && ms < (double)NEVER_MS ? (int64_t)ms : NEVER_MS;
}

/* `ids`: id, ms, id, ms, … */
static void mark_delayed(struct redis_snapshot *snapshot, const redisReply *ids, int64_t now_ms)
{
    for (size_t i = 0; i + 1 < redis_count(ids); i += 2) {
        struct redis_snapshot_entry *entry = redis_snapshot_find(snapshot, redis_text(redis_item(ids, i)));
        if (entry == NULL)
            continue;
        entry->delayed = true;
        entry->delayed_ms = redis_snapshot_score_ms(redis_item(ids, i + 1)) - now_ms;
    }
}

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

static struct redis_snapshot *read_answers(const redisReply *answers, size_t workers, const char *const *ids,
                                           size_t count)
{
    struct redis_snapshot *snapshot = mem_zalloc(sizeof *snapshot);
    size_t at = 0;
    for (size_t i = 0; i < count; i++)
        read_hash(snapshot, ids[i], redis_item(answers, at++));
    const redisReply *time = redis_item(answers, at++);
    int64_t now_ms = redis_int(redis_item(time, 0)) * CLOCK_MS_PER_S + redis_int(redis_item(time, 1)) / 1000;
    for (int q = 0; q < QUEUE_COUNT; q++) {
        count_chunks(snapshot, redis_item(answers, at++));
        snapshot->suspects = snapshot->suspects || redis_count(redis_item(answers, at)) > 0;
        count_chunks(snapshot, redis_item(answers, at++));
        mark_delayed(snapshot, redis_item(answers, at++), now_ms);
    }
    for (size_t w = 0; w < workers; w++) {
        count_executors(snapshot, redis_item(answers, at++));
        for (int q = 0; q < QUEUE_COUNT; q++)
            count_chunks(snapshot, redis_item(answers, at++));
    }
    return snapshot;
}

/* A list or set of another type answers with an error. (A hash that does is judged with its operation.) */
static enum err check_answers(const redisReply *answers, size_t from, struct err_info *error)
{
    for (size_t i = from; i < redis_count(answers); i++)
        if (redis_item(answers, i)->type == REDIS_REPLY_ERROR)
            return err_set(error, ERR_PERMANENT, "%s", redis_item(answers, i)->str);
    return ERR_OK;
}

enum err redis_snapshot_take(const struct dispatch *dispatch, const char *const *ids, size_t count,
                             struct redis_snapshot **snapshot, struct err_info *error)
{
    redisReply *workers = NULL, *answers = NULL;
    enum err err = worker_ids(dispatch, &workers, error);
    if (err == ERR_OK)
        err = run_transaction(dispatch, workers, ids, count, &answers, error);
    if (err == ERR_OK)
        err = check_answers(answers, count, error);
    if (err == ERR_OK)
        *snapshot = read_answers(answers, redis_count(workers), ids, count);
    if (workers != NULL)
        freeReplyObject(workers);
    if (answers != NULL)
        freeReplyObject(answers);
    return err;
}

void redis_snapshot_drop(struct redis_snapshot *snapshot)
{
    if (snapshot == NULL)
        return;
    struct redis_snapshot_entry *entry, *next;
    HASH_ITER (hh, snapshot->entries, entry, next) {
        HASH_DEL(snapshot->entries, entry);
        free(entry);
    }
    free(snapshot->died);
    free(snapshot);
}
