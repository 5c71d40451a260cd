#include "worker/run/similar_index.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/ids.h"
#include "common/base/mem.h"
#include "common/history/run_words.h"
#include "embedded/sql_history.h"

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

bool similar_index_is_changed(const void *kept, int64_t id)
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

enum err similar_index_ready(struct run *run, struct similarity_reader **reader, struct err_info *error)
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
