#include "worker/run/history_tools.h"

#include <stdlib.h>

#include "common/base/json.h"
#include "common/base/mem.h"

static struct history_tools *tools_of(struct run *run)
{
    struct history_tools *tools = *run->tools;
    if (tools == NULL) {
        *run->tools = tools = mem_zalloc(sizeof *tools);
        tools->prices = prices_builtin();
        tools->reader = history_reader_new(tools->prices, NULL, NULL);
    }
    return tools;
}

void history_tools_fail(struct run *run, size_t index, const struct err_info *error)
{
    run_fail(run, index, error, error->code == ERR_RETRY ? RUN_MAY_RETRY : RUN_FINAL, NULL);
}

enum err history_tools_ready(struct run *run, struct history_tools **out)
{
    struct err_info error = {.code = ERR_OK};
    struct history_tools *tools = tools_of(run);
    *out = tools;
    history_dir_close(tools->dir);
    tools->dir = NULL;
    enum err err =
        history_dir_open(run->config->history_agents_dir, json_get_string(run->args, "directory"), &tools->dir, &error);
    if (err != ERR_OK)
        err_prefix(&error, "history.agents_dir");
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
    history_reader_drop(tools->reader);
    prices_drop(tools->prices);
    free(tools);
}
