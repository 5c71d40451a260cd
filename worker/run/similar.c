/*
 * The fourth phase of a sync: for each run the others that are most like it. A list is brought up to date from what it
 * was, and written only if it differs.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/fault.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "embedded/sql.h"
#include "worker/run/handlers.h"
#include "worker/run/history_stored.h"
#include "worker/run/similar_index.h"

enum { ID, LIST }; /* columns of stored_lists.sql */

#define LIST_LIMITS ((struct json_limits){64 * 1024, 8})

struct similar {
    const struct run *run;
    int64_t *ids;
    char **lists; /* of each job; NULL = it stays as it is */
};

static void write_lists(struct pg_batch *batch, const size_t *mine, size_t count, void *context)
{
    const struct similar *similar = context;
    int64_t *ids = mem_array(count, sizeof *ids);
    const char **lists = mem_array(count, sizeof *lists);
    size_t n = 0;
    FAULT_POINT("history.similar_write");
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

static void forget(void *context)
{
    struct similar *similar = context;
    for (size_t i = 0; i < similar->run->count; i++)
        free(similar->lists[i]);
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
    bool found = known ? similarity_refresh(reader, id, &stored, &fresh) : similarity_best(reader, id, &fresh);
    similar->ids[index] = id;
    if (!found || (known && similarity_equal(&stored, &fresh)))
        return;
    struct buf text = BUF_INIT;
    similarity_add_json(&fresh, &text);
    similar->lists[index] = buf_take(&text);
}

void similar_run(struct run *run)
{
    struct similar *similar = mem_zalloc(sizeof *similar);
    struct similarity_reader *reader = NULL;
    struct err_info error = {.code = ERR_OK};
    PGresult *rows = NULL;
    *similar = (struct similar){run, mem_array(run->count, sizeof(int64_t)), mem_array(run->count, sizeof(char *))};
    run->effects = run->dry_run ? NULL : write_lists;
    run->effects_context = similar;
    run->forget = forget;
    enum err err = similar_index_ready(run, &reader, &error);
    if (err == ERR_OK)
        err = history_stored_rows(run, &sql_history_stored_lists, &rows, &error);
    if (err != ERR_OK) {
        log_info("a comparison waits: %s", error.text);
        history_stored_put_off(run);
    }
    for (size_t i = 0; err == ERR_OK && i < run->count && !run_stopping(run); i++) {
        if (!pg_is_null(rows, (int)i, ID))
            compare_one(similar, i, rows, reader);
        run_succeed(run, i, NULL);
    }
    FAULT_POINT("history.similar_decided");
    PQclear(rows);
}
