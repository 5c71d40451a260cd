/*
 * The fourth phase of a sync: for each run the others that are most like it. A job is planned for whoever changed and
 * for whoever's list holds one that did: its list is made anew, and written only if it differs. Whoever changed also
 * enters the lists of others, where it is like them: so no other list can have changed.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/fault.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "embedded/sql_history.h"
#include "worker/run/handlers.h"
#include "worker/run/history_stored.h"
#include "worker/run/similar_entries.h"
#include "worker/run/similar_index.h"

enum { ID, LIST }; /* columns of stored_lists */

#define LIST_LIMITS ((struct json_limits){64 * 1024, 8})
/* Entries into others' lists that wait for the settle: what is left of the chunk comes after it. */
#define ENTRIES_MAX 100000

struct similar {
    const struct run *run;
    int64_t *ids;
    char **lists; /* of each job; NULL = it stays as it is */
    struct similar_entries entries;
};

static void keep_lists(struct pg_batch *batch, const struct similar *similar, const size_t *mine, size_t count)
{
    int64_t *ids = mem_array(count, sizeof *ids);
    const char **lists = mem_array(count, sizeof *lists);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (similar->lists[mine[i]] != NULL) {
            ids[n] = similar->ids[mine[i]];
            lists[n++] = similar->lists[mine[i]];
        }
    if (n > 0) {
        struct pg_args *args = pg_batch_add(batch, &sql_history_keep_lists);
        pg_arg_int8s(args, ids, n);
        pg_arg_texts(args, lists, n);
    }
    free(ids);
    free(lists);
}

/* All rows in one order first: chunks that run beside one another enter the same lists. */
static void lock_lists(struct pg_batch *batch, const struct similar *similar, const size_t *mine, size_t count)
{
    int64_t *ids = mem_array(count + similar->entries.count, sizeof *ids);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (similar->lists[mine[i]] != NULL)
            ids[n++] = similar->ids[mine[i]];
    n += similar_entries_ids(&similar->entries, mine, count, ids + n);
    if (n > 0)
        pg_arg_int8s(pg_batch_add(batch, &sql_history_lock_lists), ids, n);
    free(ids);
}

static void write_lists(struct pg_batch *batch, const size_t *mine, size_t count, void *context)
{
    const struct similar *similar = context;
    FAULT_POINT("history.similar_write");
    lock_lists(batch, similar, mine, count);
    keep_lists(batch, similar, mine, count);
    similar_entries_write(&similar->entries, mine, count, batch);
}

static void forget(void *context)
{
    struct similar *similar = context;
    for (size_t i = 0; i < similar->run->count; i++)
        free(similar->lists[i]);
    similar_entries_fini(&similar->entries);
    free(similar->lists);
    free(similar->ids);
    free(similar);
}

/* False where nothing, or nothing readable, is stored. */
static bool read_list(const char *text, struct similarity_list *list)
{
    struct json_object *json = NULL;
    struct err_info error = {.code = ERR_OK};
    list->count = 0;
    if (text == NULL || json_parse(text, strlen(text), LIST_LIMITS, &json, &error) != ERR_OK)
        return false;
    bool is_list = json_object_is_type(json, json_type_array) && json_object_array_length(json) <= SIMILARITY_BEST;
    for (size_t i = 0; is_list && i < json_object_array_length(json); i++) {
        struct json_object *match = json_object_array_get_idx(json, i);
        list->best[list->count++] =
            (struct similarity_match){json_get_int(match, "id", 0), json_get_double(match, "similarity_score", 0)};
    }
    json_object_put(json);
    return is_list;
}

static void compare_one(struct similar *similar, size_t index, const PGresult *rows, struct similarity_reader *reader)
{
    struct similarity_list stored, fresh;
    int64_t id = pg_int8(rows, (int)index, ID);
    bool known = read_list(pg_text(rows, (int)index, LIST), &stored);
    similar->ids[index] = id;
    if (!similarity_best(reader, id, &fresh))
        return;
    if (!known || !similarity_equal(&stored, &fresh)) {
        struct buf text = BUF_INIT;
        similarity_add_json(&fresh, &text);
        similar->lists[index] = buf_take(&text);
    }
    if (similar_index_is_changed(*similar->run->tools, id)) {
        size_t count = 0;
        const struct similarity_match *entered = similarity_entered(reader, id, &count);
        similar_entries_add(&similar->entries, index, id, entered, count);
    }
}

void similar_run(struct run *run)
{
    struct similar *similar = mem_zalloc(sizeof *similar);
    struct similarity_reader *reader = NULL;
    struct err_info error = {.code = ERR_OK};
    PGresult *rows = NULL;
    size_t done = 0;
    *similar =
        (struct similar){run, mem_array(run->count, sizeof(int64_t)), mem_array(run->count, sizeof(char *)), {0}};
    run->effects = run->dry_run ? NULL : write_lists;
    run->effects_context = similar;
    run->drop_effects = forget;
    enum err err = similar_index_ready(run, &reader, &error);
    if (err == ERR_OK)
        err = history_stored_rows(run, &sql_history_stored_lists, &rows, &error);
    if (err != ERR_OK) {
        log_info("a comparison waits: %s", error.text);
        history_stored_put_off(run);
    }
    for (; err == ERR_OK && done < run->count && similar->entries.count < ENTRIES_MAX && run_goes_on(run); done++) {
        if (!pg_is_null(rows, (int)done, ID))
            compare_one(similar, done, rows, reader);
        run_succeed(run, done, NULL);
    }
    if (err == ERR_OK)
        history_stored_put_back(run, done);
    FAULT_POINT("history.similar_decided");
    PQclear(rows);
}
