/*
 * The fourth phase of a sync: for each run the others that are most like it. A job is planned for each run that changed
 * and for each whose list holds one that did: its list is made again, and written only if it differs. A run that
 * changed also enters the lists of others, where it is like them: so no other list can have changed.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/fault.h"
#include "common/base/ids.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/history/run_words.h"
#include "common/history/similarity.h"
#include "common/store/pg.h"
#include "embedded/sql_history.h"
#include "worker/run.h"
#include "worker/run/history_tools.h"

/* ---- the index --------------------------------------------------------------------------------------------------- */

/*
 * The index of all runs that a pass of similarity asks, kept by an executor for as long as it works on the same
 * operation. It is read from PostgreSQL once; what changes meanwhile is the next sync's.
 */

#define PAGE 2000

enum { ID, TEXT, STATUS, COST, DURATION, CHANGED, LEAST }; /* columns of to_compare */

struct similar_index {
    char operation_id[ID_MAX];
    struct similarity *all;
    struct similarity_reader *reader;
    int64_t *changed; /* ids, ascending */
    size_t changed_count, changed_cap;
};

static void forget(struct similar_index *index)
{
    if (index->reader != NULL)
        similarity_reader_drop(index->reader);
    if (index->all != NULL)
        similarity_drop(index->all);
    free(index->changed);
    *index = (struct similar_index){.all = NULL};
}

void similar_index_drop(void *index)
{
    if (index == NULL)
        return;
    forget(index);
    free(index);
}

static void note_changed(struct similar_index *index, int64_t id)
{
    if (index->changed_count == index->changed_cap) {
        index->changed_cap = 2 * index->changed_cap + 64;
        index->changed = mem_grow(index->changed, index->changed_cap, sizeof *index->changed);
    }
    index->changed[index->changed_count++] = id;
}

static int by_number(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;
    return (a > b) - (a < b);
}

/* Whether the run changed since the last pass, so that it may enter the lists of others. */
static bool similar_index_is_changed(const void *kept, int64_t id)
{
    const struct similar_index *index = kept;
    return bsearch(&id, index->changed, index->changed_count, sizeof id, by_number) != NULL;
}

static void add_row(struct similar_index *index, const PGresult *rows, int row)
{
    const char *text = pg_text(rows, row, TEXT);
    const struct similarity_run run = {
        .id = pg_int8(rows, row, ID),
        .text = text,
        .len = text == NULL ? 0 : strlen(text),
        .status = (int)run_status_of_word(pg_text(rows, row, STATUS)),
        .cost_nusd = pg_is_null(rows, row, COST) ? SIMILARITY_UNKNOWN : pg_int8(rows, row, COST),
        .duration_s = pg_is_null(rows, row, DURATION) ? SIMILARITY_UNKNOWN : pg_double(rows, row, DURATION),
        /* the list of a run that changed is made again */
        .least = pg_bool(rows, row, CHANGED) || pg_is_null(rows, row, LEAST) ? NAN : pg_double(rows, row, LEAST),
    };
    similarity_add(index->all, &run);
    if (pg_bool(rows, row, CHANGED))
        note_changed(index, run.id);
}

/* A page of rows by id; `*last` moves on, `*count` is how many there were. */
static enum err add_page(struct run *run, struct similar_index *index, int64_t *last, int *count,
                         struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    PGresult *rows = NULL;
    pg_arg_int8(args, *last);
    pg_arg_int8(args, PAGE);
    enum err err = pg_exec(run->pg, &sql_history_to_compare, args, &rows, error);
    *count = err == ERR_OK ? pg_rows(rows) : 0;
    for (int row = 0; row < *count; row++)
        add_row(index, rows, row);
    if (*count > 0)
        *last = pg_int8(rows, *count - 1, ID);
    PQclear(rows);
    pg_args_drop(args);
    return err;
}

static enum err fill(struct run *run, struct similar_index *index, struct err_info *error)
{
    int64_t last = 0;
    index->all = similarity_new();
    enum err err = ERR_OK;
    for (int count = PAGE; err == ERR_OK && count == PAGE;) {
        err = add_page(run, index, &last, &count, error);
        if (err == ERR_OK)
            err = run_tick(run, error);
    }
    if (err != ERR_OK)
        return err;
    similarity_seal(index->all);
    index->reader = similarity_reader_new(index->all);
    snprintf(index->operation_id, sizeof index->operation_id, "%s", run->operation_id);
    return ERR_OK;
}

/* Made and filled where the run's tools are not of this operation yet. ERR_INTERRUPTED: the run is to stop. */
static enum err similar_index_ready(struct run *run, struct similarity_reader **reader, struct err_info *error)
{
    if (*run->tools == NULL)
        *run->tools = mem_zalloc(sizeof(struct similar_index));
    struct similar_index *index = *run->tools;
    enum err err = ERR_OK;
    if (strcmp(index->operation_id, run->operation_id) != 0) {
        forget(index);
        err = fill(run, index, error);
        if (err != ERR_OK)
            forget(index);
    }
    *reader = index->reader;
    return err;
}

/* ---- entries into the lists of others ---------------------------------------------------------------------------- */

/* What the runs of a chunk that changed enter: lists of other runs, which keep the best five of what they hold and of
 * what enters. */
struct similar_entry {
    size_t job;        /* whose run enters */
    int64_t id, other; /* it, and whose list */
    double score;
};

struct similar_entries {
    struct similar_entry *list; /* by rising job */
    size_t count, cap;
};

/* The run `id` of job `job` enters the lists of `entered`. */
static void entries_add(struct similar_entries *entries, size_t job, int64_t id, const struct similarity_match *entered,
                        size_t count)
{
    if (entries->count + count > entries->cap) {
        entries->cap = 2 * (entries->count + count);
        entries->list = mem_grow(entries->list, entries->cap, sizeof *entries->list);
    }
    for (size_t i = 0; i < count; i++)
        entries->list[entries->count++] = (struct similar_entry){job, id, entered[i].id, entered[i].score};
}

static void entries_fini(struct similar_entries *entries)
{
    free(entries->list);
    *entries = (struct similar_entries){.count = 0};
}

/* The next entry of one of the jobs, or NULL; `at` and `job` are the places in both lists. */
static const struct similar_entry *entries_next(const struct similar_entries *entries, const size_t *mine, size_t count,
                                                size_t places[2])
{
    for (; places[0] < entries->count; places[0]++) {
        const struct similar_entry *entry = &entries->list[places[0]];
        while (places[1] < count && mine[places[1]] < entry->job)
            places[1]++;
        if (places[1] < count && mine[places[1]] == entry->job) {
            places[0]++;
            return entry;
        }
    }
    return NULL;
}

/* The others whose lists the jobs `mine` (rising) enter, some perhaps more than once; room for all entries. */
static size_t entries_ids(const struct similar_entries *entries, const size_t *mine, size_t count, int64_t *ids)
{
    size_t places[2] = {0, 0}, n = 0;
    const struct similar_entry *entry;
    while ((entry = entries_next(entries, mine, count, places)) != NULL)
        ids[n++] = entry->other;
    return n;
}

/* Adds the statement that enters them, if there are any. */
static void entries_write(const struct similar_entries *entries, const size_t *mine, size_t count,
                          struct pg_batch *batch)
{
    int64_t *others = mem_array(entries->count + 1, sizeof *others);
    char **texts = mem_array(entries->count + 1, sizeof *texts);
    size_t places[2] = {0, 0}, n = 0;
    const struct similar_entry *entry;
    for (; (entry = entries_next(entries, mine, count, places)) != NULL; n++) {
        struct buf text = BUF_INIT;
        similarity_add_match(&(struct similarity_match){entry->id, entry->score}, &text);
        others[n] = entry->other;
        texts[n] = buf_take(&text);
    }
    if (n > 0) {
        struct pg_args *args = pg_batch_add(batch, &sql_history_enter_lists);
        pg_arg_int8s(args, others, n);
        pg_arg_texts(args, (const char *const *)texts, n);
    }
    for (size_t i = 0; i < n; i++)
        free(texts[i]);
    free(texts);
    free(others);
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

enum { STORED_ID, STORED_LIST }; /* columns of stored_lists */

#define LIST_LIMITS ((struct json_limits){64 * 1024, 8})
/* Entries into others' lists that wait for the settle: what is left of the chunk comes after it. */
#define ENTRIES_MAX 100000

struct similar {
    const struct run *run;
    int64_t *ids;
    char **lists; /* of each job; NULL = it stays as it is */
    struct similar_entries entries;
};

static void lists_keep(struct pg_batch *batch, const struct similar *similar, const size_t *mine, size_t count)
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
static void lists_lock(struct pg_batch *batch, const struct similar *similar, const size_t *mine, size_t count)
{
    int64_t *ids = mem_array(count + similar->entries.count, sizeof *ids);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (similar->lists[mine[i]] != NULL)
            ids[n++] = similar->ids[mine[i]];
    n += entries_ids(&similar->entries, mine, count, ids + n);
    if (n > 0)
        pg_arg_int8s(pg_batch_add(batch, &sql_history_lock_lists), ids, n);
    free(ids);
}

static void lists_write(struct pg_batch *batch, const size_t *mine, size_t count, void *context)
{
    const struct similar *similar = context;
    FAULT_POINT("history.similar_write");
    lists_lock(batch, similar, mine, count);
    lists_keep(batch, similar, mine, count);
    entries_write(&similar->entries, mine, count, batch);
}

static void similar_drop(void *context)
{
    struct similar *similar = context;
    for (size_t i = 0; i < similar->run->count; i++)
        free(similar->lists[i]);
    entries_fini(&similar->entries);
    free(similar->lists);
    free(similar->ids);
    free(similar);
}

/* False where nothing, or nothing readable, is stored. */
static bool list_read(const char *text, struct similarity_list *list)
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
    int64_t id = pg_int8(rows, (int)index, STORED_ID);
    bool known = list_read(pg_text(rows, (int)index, STORED_LIST), &stored);
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
        entries_add(&similar->entries, index, id, entered, count);
    }
}

void similarity_run(struct run *run)
{
    struct similar *similar = mem_zalloc(sizeof *similar);
    struct similarity_reader *reader = NULL;
    struct err_info error = {.code = ERR_OK};
    PGresult *rows = NULL;
    size_t done = 0;
    *similar =
        (struct similar){run, mem_array(run->count, sizeof(int64_t)), mem_array(run->count, sizeof(char *)), {0}};
    run->effects = run->dry_run ? NULL : lists_write;
    run->effects_context = similar;
    run->drop_effects = similar_drop;
    enum err err = similar_index_ready(run, &reader, &error);
    if (err == ERR_OK)
        err = history_stored_rows(run, &sql_history_stored_lists, &rows, &error);
    if (err != ERR_OK) {
        log_info("a comparison waits: %s", error.text);
        history_stored_put_off(run);
    }
    for (; err == ERR_OK && done < run->count && similar->entries.count < ENTRIES_MAX && run_goes_on(run); done++) {
        if (!pg_is_null(rows, (int)done, STORED_ID))
            compare_one(similar, done, rows, reader);
        run_succeed(run, done, NULL);
    }
    if (err == ERR_OK)
        history_stored_put_back(run, done);
    FAULT_POINT("history.similar_decided");
    PQclear(rows);
}
