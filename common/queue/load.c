/*
 * Loading a chunk: one message with the jobs and the tally, so that an executor decides by one picture. The first load
 * of an operation marks it as begun; that mark and a repeated request exclude each other by the tally's lock.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/queue/job.h"
#include "embedded/sql_queue.h"

enum { LOAD_MARK, LOAD_JOBS, LOAD_STATE };

static void add_jobs_statement(struct pg_batch *batch, const struct load_spec *spec)
{
    const struct chunk *chunk = spec->chunk;
    const struct sql *statement = chunk->due    ? &sql_queue_load_due
                                  : spec->alone ? &sql_queue_load_one
                                                : &sql_queue_load_range;
    struct pg_args *args = pg_batch_add(batch, statement);
    pg_arg_text(args, chunk->operation_id);
    if (chunk->due) {
        pg_arg_int4(args, spec->at_most);
        pg_arg_int8(args, spec->timeout_ms);
        pg_arg_text(args, spec->worker);
        pg_arg_int8(args, spec->number);
        return;
    }
    pg_arg_int8(args, chunk->from);
    if (!spec->alone)
        pg_arg_int8(args, chunk->to);
}

static int by_seq(const void *a, const void *b)
{
    int64_t left = ((const struct job *)a)->seq, right = ((const struct job *)b)->seq;
    return (left > right) - (left < right);
}

static void read_jobs(struct load *load)
{
    const PGresult *r = pg_batch_result(load->batch, LOAD_JOBS);
    load->count = (size_t)pg_rows(r);
    load->jobs = mem_array(load->count + 1, sizeof *load->jobs);
    for (int row = 0; row < (int)load->count; row++)
        load->jobs[row] = (struct job){
            .seq = pg_int8(r, row, 0),
            .phase = (int)pg_int8(r, row, 1),
            .kind = pg_text(r, row, 2),
            .key = pg_text(r, row, 3),
            .attempt = (int)pg_int8(r, row, 4),
            .failures = (int)pg_int8(r, row, 5),
            .crashes = (int)pg_int8(r, row, 6),
            .checkpoint = pg_text(r, row, 7),
            .item = pg_text(r, row, 8),
        };
    qsort(load->jobs, load->count, sizeof *load->jobs, by_seq);
}

static enum err find_next_open(struct pg *pg, const struct chunk *chunk, struct load *load, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, chunk->operation_id);
    pg_arg_int8(args, chunk->to);
    PGresult *result = NULL;
    enum err err = pg_exec(pg, &sql_queue_next_open, args, &result, error);
    if (err == ERR_OK && pg_rows(result) > 0)
        load->next_open = pg_int8(result, 0, 0);
    PQclear(result);
    pg_args_drop(args);
    return err;
}

enum err load_chunk(struct pg *pg, const struct load_spec *spec, struct load **out, struct err_info *error)
{
    struct load *load = mem_zalloc(sizeof *load);
    load->batch = pg_batch_new();
    pg_arg_text(pg_batch_add(load->batch, &sql_queue_load_mark), spec->chunk->operation_id);
    add_jobs_statement(load->batch, spec);
    pg_arg_text(pg_batch_add(load->batch, &sql_queue_load_state), spec->chunk->operation_id);
    enum err err = pg_batch_run(pg, load->batch, error);
    const PGresult *state = err == ERR_OK ? pg_batch_result(load->batch, LOAD_STATE) : NULL;
    if (err == ERR_OK && pg_rows(state) == 0)
        err = err_set(error, ERR_NOT_FOUND, "no operation %s", spec->chunk->operation_id);
    if (err == ERR_OK) {
        tally_read(state, 0, &load->tally);
        load->due_ms = pg_is_null(state, 0, TALLY_COLUMNS) ? -1 : pg_int8(state, 0, TALLY_COLUMNS);
        read_jobs(load);
        if (load->count == 0 && !spec->chunk->due && load->tally.state == OP_RUNNING)
            err = find_next_open(pg, spec->chunk, load, error);
    }
    if (err != ERR_OK) {
        load_drop(load);
        return err;
    }
    *out = load;
    return ERR_OK;
}

void load_drop(struct load *load)
{
    if (load == NULL)
        return;
    pg_batch_drop(load->batch);
    free(load->jobs);
    free(load);
}
