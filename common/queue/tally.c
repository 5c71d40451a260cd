#include "common/queue/tally.h"

#include <stdio.h>
#include <string.h>

#include "common/store/pg.h"
#include "embedded/sql_queue.h"

static const char *const state_names[] = {
    [OP_RUNNING] = "running", [OP_PAUSED] = "paused",       [OP_COMPLETED] = "completed",
    [OP_FAILED] = "failed",   [OP_CANCELLED] = "cancelled",
};

const char *op_state_name(enum op_state state)
{
    return state_names[state];
}

enum op_state op_state_of(const char *name)
{
    for (size_t i = 0; i < sizeof state_names / sizeof *state_names; i++)
        if (name != NULL && strcmp(name, state_names[i]) == 0)
            return (enum op_state)i;
    return OP_FAILED;
}

enum err tally_state(struct pg *pg, const char *operation_id, enum op_state *state, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    PGresult *result = NULL;
    pg_arg_text(args, operation_id);
    enum err err = pg_exec(pg, &sql_queue_state, args, &result, error);
    if (err == ERR_OK)
        *state = pg_rows(result) == 1 ? op_state_of(pg_text(result, 0, 0)) : OP_CANCELLED;
    PQclear(result);
    pg_args_drop(args);
    return err;
}

void tally_read(const PGresult *result, int row, struct tally *tally)
{
    snprintf(tally->operation_id, sizeof tally->operation_id, "%s", pg_text(result, row, 0));
    tally->state = op_state_of(pg_text(result, row, 1));
    tally->phase = (int)pg_int8(result, row, 2);
    tally->planned = pg_bool(result, row, 3);
    tally->total = pg_int8(result, row, 4);
    tally->succeeded = pg_int8(result, row, 5);
    tally->failed = pg_int8(result, row, 6);
    tally->skipped = pg_int8(result, row, 7);
    tally->cancelled_jobs = pg_int8(result, row, 8);
    tally->last_seq = pg_int8(result, row, 9);
    tally->generation = pg_int8(result, row, 10);
    tally->version = pg_int8(result, row, 11);
    tally->timeline = pg_int8(result, row, 12);
}

void tally_block(struct redis_args *args, const struct tally *tally, const char *finished_at)
{
    static const struct tally nothing;
    const struct tally *t = tally == NULL ? &nothing : tally;
    redis_arg_int(args, t->timeline);
    redis_arg_int(args, t->version);
    redis_arg(args, op_state_name(t->state));
    redis_arg_int(args, t->phase);
    redis_arg_int(args, t->total);
    redis_arg_int(args, t->succeeded);
    redis_arg_int(args, t->failed);
    redis_arg_int(args, t->skipped);
    redis_arg_int(args, t->cancelled_jobs);
    redis_arg(args, finished_at == NULL ? "" : finished_at);
}
