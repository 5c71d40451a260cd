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
