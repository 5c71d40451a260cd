#include "worker/run/deliver_tools.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

static void tools_clear(struct deliver_tools *tools)
{
    http_drop(tools->http);
    address_list_drop(tools->deliver_allowed);
    address_list_drop(tools->git_allowed);
    free(tools->deliver_allow);
    free(tools->git_allow);
    *tools = (struct deliver_tools){.http = NULL};
}

static bool tools_fit(const struct deliver_tools *tools, const struct config *config)
{
    return tools->http != NULL && tools->parallel == (int)config->deliver_parallel &&
           strcmp(tools->deliver_allow, config->deliver_allow_private) == 0 &&
           strcmp(tools->git_allow, config->git_allow_private) == 0;
}

static enum err tools_make(struct deliver_tools *tools, const struct config *config, struct err_info *error)
{
    tools->deliver_allow = mem_strdup(config->deliver_allow_private);
    tools->git_allow = mem_strdup(config->git_allow_private);
    tools->parallel = (int)config->deliver_parallel;
    if (address_list_parse(tools->deliver_allow, &tools->deliver_allowed, error) != ERR_OK)
        return err_prefix(error, "deliver.allow_private");
    if (address_list_parse(tools->git_allow, &tools->git_allowed, error) != ERR_OK)
        return err_prefix(error, "git.allow_private");
    tools->http = http_new(tools->parallel, tools->deliver_allowed);
    return ERR_OK;
}

enum err deliver_tools_ready(void **kept, const struct config *config, struct deliver_tools **tools,
                             struct err_info *error)
{
    if (*kept == NULL)
        *kept = mem_zalloc(sizeof(struct deliver_tools));
    *tools = *kept;
    if (tools_fit(*tools, config))
        return ERR_OK;
    tools_clear(*tools);
    enum err err = tools_make(*tools, config, error);
    if (err != ERR_OK)
        tools_clear(*tools);
    return err;
}

void deliver_tools_drop(void *tools)
{
    if (tools == NULL)
        return;
    tools_clear(tools);
    free(tools);
}
