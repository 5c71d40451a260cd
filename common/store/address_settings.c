#include "common/store/address_settings.h"

#include "common/store/address.h"

static enum err check(const char *name, const char *text, struct err_info *error)
{
    struct address_list *list = NULL;
    enum err err = address_list_parse(text, &list, error);
    if (err != ERR_OK)
        return err_prefix(error, "%s", name);
    address_list_drop(list);
    return ERR_OK;
}

enum err address_settings_check(const struct config *config, struct err_info *error)
{
    enum err err = check("deliver.allow_private", config->deliver_allow_private, error);
    return err == ERR_OK ? check("git.allow_private", config->git_allow_private, error) : err;
}
