/*
 * What Redis holds, for people: the workers and what each says of itself, queues with their lengths, and what stands in
 * the lists, cut to what a page can show. Asked by the dashboard and by `producer`; it only reads.
 */
#include "common/query/engine.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/queue/names.h"
#include "common/queue/redis_snapshot.h"
#include "common/queue/worker_list.h"
#include "embedded/sql_query.h"

#define SILENT_MAX 500
#define SILENT_MS 60000

/* What stands in the lists of these workers (engine_workers), and in all others; the first `entries_max` entries of
 * each.
 */
static enum err lists_read(const struct dispatch *dispatch, struct json_object *workers, int64_t entries_max,
                           struct redis_snapshot **lists, struct err_info *error)
{
    size_t count = json_object_array_length(workers);
    const char **ids = mem_array(count + 1, sizeof *ids);
    for (size_t i = 0; i < count; i++)
        ids[i] = json_get_string(json_object_array_get_idx(workers, i), "worker");
    const struct redis_snapshot_spec spec = {
        .workers = ids, .worker_count = count, .with_inbox = true, .entries_max = entries_max};
    enum err err = redis_snapshot_take(dispatch, &spec, lists, error);
    free(ids);
    return err;
}

/* ---- workers ----------------------------------------------------------------------------------------------------- */

/* What a worker says of itself, with its id and its last beat added; the caller's. A worker without a beat is silent
 * for a minute, which a person should see; then it has ended, drained or dead, and others have what it held. */
static struct json_object *worker_json(const struct worker_list *list, size_t i)
{
    struct json_object *said = NULL;
    struct err_info ignored = {0};
    const char *text = worker_list_said(list, i);
    int64_t silent_ms = worker_list_silent_ms(list, i);
    const char *state = silent_ms < WORKER_ALIVE_MS ? "alive" : silent_ms < SILENT_MS ? "silent" : "ended";
    if (*text == '\0' || json_parse(text, strlen(text), JSON_LIMITS_REQUEST, &said, &ignored) != ERR_OK ||
        !json_object_is_type(said, json_type_object)) {
        json_object_put(said);
        said = json_object_new_object(); /* its beat ran out: only the id is known */
    }
    json_object_object_add(said, "worker", json_object_new_string(worker_list_id(list, i)));
    json_object_object_add(said, "alive", json_object_new_boolean(silent_ms < WORKER_ALIVE_MS));
    json_object_object_add(said, "state", json_object_new_string(state));
    json_object_object_add(said, "silent_ms", json_object_new_int64(silent_ms));
    return said;
}

/* Of those that are silent only the latest: no one reads thousands, and they may be made up. */
enum err engine_workers(const struct dispatch *dispatch, struct json_object **workers, struct err_info *error)
{
    struct worker_list list;
    enum err err = worker_list_read(dispatch, &list, error);
    size_t silent = 0;
    if (err == ERR_OK)
        *workers = json_object_new_array();
    for (size_t i = 0; err == ERR_OK && i < list.count; i++) {
        bool speaks = worker_list_said(&list, i)[0] != '\0';
        if (worker_list_has_ended(&list, i))
            continue;
        silent += speaks ? 0 : 1;
        if (speaks || silent <= SILENT_MAX)
            json_object_array_add(*workers, worker_json(&list, i));
    }
    worker_list_fini(&list);
    return err;
}

/* ---- queues ------------------------------------------------------------------------------------------------------ */

struct depth {
    int64_t queued, active, delayed, suspects; /* chunks; `delayed` counts operations */
    int64_t operations, open_jobs;             /* of PostgreSQL */
};

static enum err read_live(struct pg *pg, struct depth *depths, struct err_info *error)
{
    PGresult *result = NULL;
    enum err err = pg_exec(pg, &sql_query_live_operations, NULL, &result, error);
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

static struct json_object *inbox_json(const struct redis_snapshot *lists)
{
    struct json_object *inbox = json_object_new_object();
    for (size_t i = 0; i < lists->list_count; i++) {
        const struct snapshot_list *list = &lists->lists[i];
        if (list->kind == SNAPSHOT_INBOX || list->kind == SNAPSHOT_REJECTED)
            json_object_object_add(inbox, list->kind == SNAPSHOT_INBOX ? "waiting" : "rejected",
                                   json_object_new_int64(list->length));
    }
    return inbox;
}

static void count_lists(const struct redis_snapshot *lists, struct depth *depths)
{
    for (size_t i = 0; i < lists->list_count; i++) {
        const struct snapshot_list *list = &lists->lists[i];
        struct depth *depth = &depths[list->queue];
        depth->queued += list->kind == SNAPSHOT_QUEUE ? list->length : 0;
        depth->active += list->kind == SNAPSHOT_ACTIVE ? list->length : 0;
        depth->suspects += list->kind == SNAPSHOT_SUSPECTS ? list->length : 0;
    }
    for (int q = 0; q < QUEUE_COUNT; q++)
        depths[q].delayed = lists->delayed[q].length;
}

static struct json_object *depth_json(int queue, const struct depth *depth)
{
    struct json_object *json = json_object_new_object();
    json_object_object_add(json, "queue", json_object_new_string(queue_names[queue]));
    json_object_object_add(json, "operations", json_object_new_int64(depth->operations));
    json_object_object_add(json, "open_jobs", json_object_new_int64(depth->open_jobs));
    json_object_object_add(json, "queued_chunks", json_object_new_int64(depth->queued));
    json_object_object_add(json, "active_chunks", json_object_new_int64(depth->active));
    json_object_object_add(json, "delayed_operations", json_object_new_int64(depth->delayed));
    json_object_object_add(json, "suspect_chunks", json_object_new_int64(depth->suspects));
    return json;
}

enum err engine_queues(const struct dispatch *dispatch, struct pg *pg, struct json_object *workers,
                       struct json_object **queues, struct err_info *error)
{
    struct depth depths[QUEUE_COUNT] = {0};
    struct redis_snapshot *lists = NULL;
    enum err err = read_live(pg, depths, error);
    if (err == ERR_OK)
        err = lists_read(dispatch, workers, 0, &lists, error);
    if (err != ERR_OK)
        return err;
    count_lists(lists, depths);
    struct json_object *array = json_object_new_array();
    for (int q = 0; q < QUEUE_COUNT; q++)
        json_object_array_add(array, depth_json(q, &depths[q]));
    *queues = json_object_new_object();
    json_object_object_add(*queues, "queues", array);
    json_object_object_add(*queues, "inbox", inbox_json(lists));
    redis_snapshot_drop(lists);
    return ERR_OK;
}

/* ---- contents ---------------------------------------------------------------------------------------------------- */

#define US_PER_MS 1000

/* An entry as JSON where it is JSON, else as text. */
static struct json_object *entry(const redisReply *item)
{
    struct json_object *json = NULL;
    struct err_info ignored = {0};
    if (item->str != NULL && json_parse(item->str, item->len, JSON_LIMITS_REQUEST, &json, &ignored) == ERR_OK)
        return json;
    struct buf text = BUF_INIT;
    json_add_string(&text, item->str == NULL ? "" : item->str, item->len);
    if (json_parse(text.data, text.len, JSON_LIMITS_REQUEST, &json, &ignored) != ERR_OK)
        json = NULL;
    buf_fini(&text);
    return json;
}

static bool is_full(struct json_object *array)
{
    return json_object_array_length(array) >= ENGINE_SHOWN;
}

/* {queue, worker, chunk} for each entry of the lists of this kind; without a worker for those of none. */
static void add_chunks(struct json_object *array, const struct redis_snapshot *lists, enum snapshot_kind kind,
                       int queue)
{
    for (size_t i = 0; i < lists->list_count; i++) {
        const struct snapshot_list *list = &lists->lists[i];
        if (list->kind != kind || list->queue != queue)
            continue;
        for (size_t k = 0; k < redis_count(list->entries) && !is_full(array); k++) {
            struct json_object *json = json_object_new_object();
            json_object_object_add(json, "queue", json_object_new_string(queue_names[queue]));
            if (list->worker != NULL)
                json_object_object_add(json, "worker", json_object_new_string(list->worker));
            json_object_object_add(json, "chunk", entry(redis_item(list->entries, k)));
            json_object_array_add(array, json);
        }
    }
}

static void add_delayed(struct json_object *delayed, const struct redis_snapshot *lists, int queue)
{
    const redisReply *entries = lists->delayed[queue].entries;
    char due_at[CLOCK_ISO_MAX];
    for (size_t i = 0; i + 1 < redis_count(entries) && !is_full(delayed); i += 2) {
        struct json_object *json = json_object_new_object();
        clock_iso8601_ms(redis_int(redis_item(entries, i + 1)) * US_PER_MS, due_at);
        json_object_object_add(json, "queue", json_object_new_string(queue_names[queue]));
        json_object_object_add(json, "operation_id", json_object_new_string(redis_text(redis_item(entries, i))));
        json_object_object_add(json, "due_at", json_object_new_string(due_at));
        json_object_array_add(delayed, json);
    }
}

static void add_rejected(struct json_object *rejected, const struct redis_snapshot *lists)
{
    for (size_t i = 0; i < lists->list_count; i++)
        for (size_t k = 0; lists->lists[i].kind == SNAPSHOT_REJECTED && k < redis_count(lists->lists[i].entries); k++)
            json_object_array_add(rejected, entry(redis_item(lists->lists[i].entries, k)));
}

enum err engine_contents(const struct dispatch *dispatch, struct json_object *workers, struct json_object **contents,
                         struct err_info *error)
{
    struct redis_snapshot *lists = NULL;
    enum err err = lists_read(dispatch, workers, ENGINE_SHOWN, &lists, error);
    if (err != ERR_OK)
        return err;
    struct json_object *json = json_object_new_object(), *chunks = json_object_new_array(),
                       *delayed = json_object_new_array(), *suspects = json_object_new_array(),
                       *rejected = json_object_new_array();
    json_object_object_add(json, "chunks", chunks);
    json_object_object_add(json, "delayed", delayed);
    json_object_object_add(json, "suspects", suspects);
    json_object_object_add(json, "rejected", rejected);
    for (int q = 0; q < QUEUE_COUNT; q++) {
        add_chunks(chunks, lists, SNAPSHOT_ACTIVE, q);
        add_delayed(delayed, lists, q);
        add_chunks(suspects, lists, SNAPSHOT_SUSPECTS, q);
    }
    add_rejected(rejected, lists);
    redis_snapshot_drop(lists);
    *contents = json;
    return ERR_OK;
}
