/*
 * What the handlers of the history share: prices, reader and directory, and what is stored of the runs of a chunk. A
 * failure here rules on all jobs of the run, so that a handler returns at once. Called by the handlers of scan, sync,
 * cost and scores.
 */
#include "worker/run/history_tools.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/history/prices.h"

static void forget_prices(struct history_tools *tools)
{
    history_reader_drop(tools->reader);
    prices_drop(tools->prices);
    free(tools->prices_path);
    tools->reader = NULL;
    tools->prices = NULL;
    tools->prices_path = NULL;
}

/* Read once for each name that the configuration gives: a reload with another one takes it over. */
static enum err read_prices(struct history_tools *tools, const char *path, struct err_info *error)
{
    if (tools->prices_path != NULL && strcmp(tools->prices_path, path) == 0)
        return ERR_OK;
    forget_prices(tools);
    enum err err = prices_load(path, &tools->prices, error);
    if (err != ERR_OK)
        return err;
    tools->prices_path = mem_strdup(path);
    tools->reader = history_reader_new(tools->prices, NULL, NULL);
    return ERR_OK;
}

static enum err open_directory(struct run *run, struct history_tools *tools, struct err_info *error)
{
    history_dir_close(tools->dir);
    tools->dir = NULL;
    enum err err =
        history_dir_open(run->config->history_agents_dir, json_get_string(run->args, "directory"), &tools->dir, error);
    return err == ERR_OK ? ERR_OK : err_prefix(error, "history.agents_dir");
}

void history_tools_fail(struct run *run, size_t index, const struct err_info *error)
{
    if (error->code == ERR_FENCED || error->code == ERR_INTERRUPTED)
        return;
    run_fail(run, index, error, error->code == ERR_RETRY ? RUN_MAY_RETRY : RUN_FINAL, NULL);
}

enum err history_tools_ready(struct run *run, struct history_tools **out)
{
    struct err_info error = {.code = ERR_OK};
    if (*run->tools == NULL)
        *run->tools = mem_zalloc(sizeof(struct history_tools));
    struct history_tools *tools = *run->tools;
    enum err err = read_prices(tools, run->config->history_prices, &error);
    if (err == ERR_OK)
        err = open_directory(run, tools, &error);
    *out = tools;
    if (err == ERR_OK) {
        history_reader_set_tick(tools->reader, run_tick, run);
        history_reader_set_limit(tools->reader, run->config->history_max_run_bytes);
        history_dir_set_tick(tools->dir, run_tick, run);
    }
    for (size_t i = 0; err != ERR_OK && i < run->count; i++)
        history_tools_fail(run, i, &error);
    return err;
}

void history_tools_drop(void *kept)
{
    struct history_tools *tools = kept;
    if (tools == NULL)
        return;
    history_dir_close(tools->dir);
    forget_prices(tools);
    free(tools);
}

/* ---- what the history holds -------------------------------------------------------------------------------------- */

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
