#include "worker/run/history_stored.h"

#include <stdlib.h>

#include "common/base/mem.h"

#define STORE_AWAY_MS 2000

enum { STATUS, COST, DIGEST };

static struct history_stored read_row(const PGresult *rows, int row)
{
    return (struct history_stored){
        .found = !pg_is_null(rows, row, STATUS),
        .status = pg_text(rows, row, STATUS),
        .cost_nusd = pg_is_null(rows, row, COST) ? MONEY_UNKNOWN : pg_int8(rows, row, COST),
        .digest = pg_text(rows, row, DIGEST),
        .row = row,
    };
}

enum err history_stored_rows(const struct run *run, const struct sql *statement, PGresult **rows,
                             struct err_info *error)
{
    const char **ids = mem_array(run->count, sizeof *ids);
    for (size_t i = 0; i < run->count; i++)
        ids[i] = run->jobs[i].key;
    struct pg_args *args = pg_args_new();
    pg_arg_texts(args, ids, run->count);
    *rows = NULL;
    enum err err = pg_exec(run->pg, statement, args, rows, error);
    pg_args_drop(args);
    free(ids);
    return err;
}

enum err history_stored_read(const struct run *run, const struct sql *statement, struct history_stored *stored,
                             PGresult **rows, struct err_info *error)
{
    enum err err = history_stored_rows(run, statement, rows, error);
    for (size_t i = 0; err == ERR_OK && i < run->count; i++)
        stored[i] = read_row(*rows, (int)i);
    return err;
}

void history_stored_put_off(struct run *run)
{
    for (size_t i = 0; i < run->count; i++)
        if (run->results[i].outcome == OUTCOME_NONE)
            run_put_off(run, i, STORE_AWAY_MS);
}

void history_stored_put_back(struct run *run, size_t from)
{
    for (size_t i = from; i < run->count && run_goes_on(run); i++)
        run_put_off(run, i, 0);
}
