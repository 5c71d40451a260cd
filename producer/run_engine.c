/* What Redis holds: workers and queues. Both need it, so both fail where it does not answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/queue/names.h"
#include "embedded/sql.h"
#include "producer/out.h"
#include "producer/session.h"
#include "producer/table.h"

#define ALIVE_MS 5000
#define WORKERS_MAX 10000

static enum err command(struct session *session, struct redis_args *args, redisReply **reply, struct err_info *error)
{
    enum err err = redis_run(session->dispatch.redis, args, reply, error);
    redis_args_reset(args);
    return err;
}

static enum err redis_now(struct session *session, struct redis_args *args, int64_t *now_ms, struct err_info *error)
{
    redisReply *reply = NULL;
    redis_arg(args, "TIME");
    enum err err = command(session, args, &reply, error);
    *now_ms = redis_int(redis_item(reply, 0)) * CLOCK_MS_PER_S + redis_int(redis_item(reply, 1)) / 1000;
    freeReplyObject(reply);
    return err;
}

/* ---- workers
 * ----------------------------------------------------------------------------------------------------------- */

/* What a worker says of itself, with its id and its last beat added; the caller's. */
static enum err worker_json(struct session *session, struct redis_args *args, const char *id, int64_t silent_ms,
                            struct json_object **worker, struct err_info *error)
{
    redisReply *reply = NULL;
    struct json_object *said = NULL;
    struct err_info ignored = {0};
    redis_arg(args, "GET");
    name_worker(args, session->dispatch.prefix, id);
    enum err err = command(session, args, &reply, error);
    if (err != ERR_OK)
        return err;
    const char *text = redis_text(reply);
    if (*text == '\0' || json_parse(text, strlen(text), JSON_LIMITS_REQUEST, &said, &ignored) != ERR_OK ||
        !json_object_is_type(said, json_type_object)) {
        json_object_put(said);
        said = json_object_new_object(); /* its beat ran out: only the id is known */
    }
    json_object_object_add(said, "worker", json_object_new_string(id));
    json_object_object_add(said, "alive", json_object_new_boolean(silent_ms < ALIVE_MS));
    json_object_object_add(said, "silent_ms", json_object_new_int64(silent_ms));
    *worker = said;
    freeReplyObject(reply);
    return ERR_OK;
}

/* All ids of the last day, the newest beat first. */
static enum err read_workers(struct session *session, struct json_object *workers, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redisReply *ids = NULL;
    int64_t now_ms = 0;
    enum err err = redis_now(session, args, &now_ms, error);
    if (err == ERR_OK) {
        redis_arg(args, "ZREVRANGE");
        name_plain(args, session->dispatch.prefix, "workers");
        redis_arg_int(args, 0);
        redis_arg_int(args, WORKERS_MAX - 1);
        redis_arg(args, "WITHSCORES");
        err = command(session, args, &ids, error);
    }
    for (size_t i = 0; err == ERR_OK && i + 1 < redis_count(ids); i += 2) {
        struct json_object *worker = NULL;
        int64_t silent_ms = now_ms - redis_int(redis_item(ids, i + 1));
        err = worker_json(session, args, redis_text(redis_item(ids, i)), silent_ms < 0 ? 0 : silent_ms, &worker, error);
        if (err == ERR_OK)
            json_object_array_add(workers, worker);
    }
    freeReplyObject(ids);
    redis_args_drop(args);
    return err;
}

static void add_worker_row(struct table *table, struct json_object *worker)
{
    char length[CLOCK_ISO_MAX];
    struct buf text = BUF_INIT;
    const char *const numbers[] = {"running", "done"};
    table_cell(table, json_get_string(worker, "worker"));
    table_cell(table, json_get_bool(worker, "alive", false) ? "alive" : "silent");
    buf_addf(&text, "%s ago", clock_human_ms(json_get_int(worker, "silent_ms", 0), length));
    table_cell(table, text.data);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        buf_reset(&text);
        out_add_count(&text, json_get_int(worker, numbers[i], 0));
        table_cell(table, json_get(worker, numbers[i]) == NULL ? NULL : text.data);
    }
    buf_reset(&text);
    buf_add_int(&text, json_get_int(worker, "pid", 0));
    table_cell(table, json_get(worker, "pid") == NULL ? NULL : text.data);
    table_cell(table, json_get_string(worker, "host"));
    buf_fini(&text);
}

static void print_table(const struct table *table)
{
    struct buf text = BUF_INIT;
    table_write(table, &text);
    fwrite(text.data, 1, text.len, stdout);
    buf_fini(&text);
}

static void print_workers(struct json_object *workers)
{
    struct table *table = table_new();
    table_column(table, "WORKER", TABLE_LEFT);
    table_column(table, "STATE", TABLE_LEFT);
    table_column(table, "LAST BEAT", TABLE_LEFT);
    table_column(table, "RUNNING", TABLE_RIGHT);
    table_column(table, "DONE", TABLE_RIGHT);
    table_column(table, "PID", TABLE_RIGHT);
    table_column(table, "HOST", TABLE_LEFT);
    for (size_t i = 0; i < json_object_array_length(workers); i++)
        add_worker_row(table, json_object_array_get_idx(workers, i));
    print_table(table);
    table_drop(table);
}

enum err run_workers(struct session *session, struct err_info *error)
{
    struct json_object *workers = json_object_new_array();
    enum err err = session_redis(session, error);
    if (err == ERR_OK)
        err = read_workers(session, workers, error);
    if (err == ERR_OK && session->json) {
        struct json_object *document = json_object_new_object();
        json_object_object_add(document, "workers", json_object_get(workers));
        out_json(document);
    } else if (err == ERR_OK && json_object_array_length(workers) == 0) {
        out_note("No worker has run within the last day.");
    } else if (err == ERR_OK) {
        print_workers(workers);
    }
    json_object_put(workers);
    return err;
}

/* ---- queues
 * ------------------------------------------------------------------------------------------------------------- */

struct depth {
    int64_t queued, active, delayed, suspects; /* chunks; `delayed` counts operations */
    int64_t operations, open_jobs;             /* of PostgreSQL */
};

/* One command whose answer is a number; the key was appended. */
static enum err length(struct session *session, struct redis_args *args, int64_t *number, struct err_info *error)
{
    redisReply *reply = NULL;
    enum err err = command(session, args, &reply, error);
    if (err == ERR_OK)
        *number = redis_int(reply);
    freeReplyObject(reply);
    return err;
}

static enum err read_active(struct session *session, struct redis_args *args, int queue, struct json_object *workers,
                            int64_t *active, struct err_info *error)
{
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < json_object_array_length(workers); i++) {
        int64_t of_one = 0;
        redis_arg(args, "LLEN");
        name_active(args, session->dispatch.prefix, queue,
                    json_get_string(json_object_array_get_idx(workers, i), "worker"));
        err = length(session, args, &of_one, error);
        *active += of_one;
    }
    return err;
}

static enum err read_depth(struct session *session, struct redis_args *args, int queue, struct json_object *workers,
                           struct depth *depth, struct err_info *error)
{
    const char *prefix = session->dispatch.prefix;
    redis_arg(args, "LLEN");
    name_queue(args, prefix, queue);
    enum err err = length(session, args, &depth->queued, error);
    if (err == ERR_OK) {
        redis_arg(args, "ZCARD");
        name_delayed(args, prefix, queue);
        err = length(session, args, &depth->delayed, error);
    }
    if (err == ERR_OK) {
        redis_arg(args, "LLEN");
        name_suspects(args, prefix, queue);
        err = length(session, args, &depth->suspects, error);
    }
    return err == ERR_OK ? read_active(session, args, queue, workers, &depth->active, error) : err;
}

static enum err read_live(struct session *session, struct depth *depths, struct err_info *error)
{
    PGresult *result = NULL;
    enum err err = pg_exec(session->pg, &sql_producer_live_operations, NULL, &result, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(result); row++) {
        int queue = queue_index(pg_text(result, row, 0));
        if (queue < 0)
            continue;
        depths[queue].operations = pg_int8(result, row, 1);
        depths[queue].open_jobs = pg_int8(result, row, 2);
    }
    PQclear(result);
    return err;
}

static enum err read_inbox(struct session *session, struct redis_args *args, int64_t *waiting, int64_t *rejected,
                           struct err_info *error)
{
    redis_arg(args, "LLEN");
    name_plain(args, session->dispatch.prefix, "inbox");
    enum err err = length(session, args, waiting, error);
    if (err != ERR_OK)
        return err;
    redis_arg(args, "LLEN");
    name_plain(args, session->dispatch.prefix, "inbox:rejected");
    return length(session, args, rejected, error);
}

static void show_queues_json(const struct depth *depths, int64_t waiting, int64_t rejected)
{
    struct json_object *document = json_object_new_object(), *queues = json_object_new_array(),
                       *inbox = json_object_new_object();
    for (int q = 0; q < QUEUE_COUNT; q++) {
        struct json_object *queue = json_object_new_object();
        json_object_object_add(queue, "queue", json_object_new_string(queue_names[q]));
        json_object_object_add(queue, "operations", json_object_new_int64(depths[q].operations));
        json_object_object_add(queue, "open_jobs", json_object_new_int64(depths[q].open_jobs));
        json_object_object_add(queue, "queued_chunks", json_object_new_int64(depths[q].queued));
        json_object_object_add(queue, "active_chunks", json_object_new_int64(depths[q].active));
        json_object_object_add(queue, "delayed_operations", json_object_new_int64(depths[q].delayed));
        json_object_object_add(queue, "suspect_chunks", json_object_new_int64(depths[q].suspects));
        json_object_array_add(queues, queue);
    }
    json_object_object_add(inbox, "waiting", json_object_new_int64(waiting));
    json_object_object_add(inbox, "rejected", json_object_new_int64(rejected));
    json_object_object_add(document, "queues", queues);
    json_object_object_add(document, "inbox", inbox);
    out_json(document);
}

static void show_queues(const struct depth *depths, int64_t waiting, int64_t rejected)
{
    static const char *const titles[] = {"OPERATIONS",    "OPEN JOBS", "QUEUED CHUNKS",
                                         "ACTIVE CHUNKS", "DELAYED",   "SUSPECTS"};
    struct table *table = table_new();
    struct buf text = BUF_INIT;
    table_column(table, "QUEUE", TABLE_LEFT);
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        table_column(table, titles[i], TABLE_RIGHT);
    for (int q = 0; q < QUEUE_COUNT; q++) {
        const struct depth *d = &depths[q];
        const int64_t numbers[] = {d->operations, d->open_jobs, d->queued, d->active, d->delayed, d->suspects};
        table_cell(table, queue_names[q]);
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            buf_reset(&text);
            out_add_count(&text, numbers[i]);
            table_cell(table, text.data);
        }
    }
    print_table(table);
    out_line("inbox: %lld waiting, %lld rejected", (long long)waiting, (long long)rejected);
    buf_fini(&text);
    table_drop(table);
}

enum err run_queues(struct session *session, struct err_info *error)
{
    struct depth depths[QUEUE_COUNT] = {0};
    int64_t waiting = 0, rejected = 0;
    struct json_object *workers = json_object_new_array();
    struct redis_args *args = redis_args_new();
    enum err err = session_postgres(session, error);
    if (err == ERR_OK)
        err = read_live(session, depths, error);
    if (err == ERR_OK)
        err = session_redis(session, error);
    if (err == ERR_OK)
        err = read_workers(session, workers, error);
    for (int q = 0; q < QUEUE_COUNT && err == ERR_OK; q++)
        err = read_depth(session, args, q, workers, &depths[q], error);
    if (err == ERR_OK)
        err = read_inbox(session, args, &waiting, &rejected, error);
    if (err == ERR_OK && session->json)
        show_queues_json(depths, waiting, rejected);
    else if (err == ERR_OK)
        show_queues(depths, waiting, rejected);
    redis_args_drop(args);
    json_object_put(workers);
    return err;
}
