/*
 * Arguments whose value is a setting of the installation, unless somebody gives another: for whoever starts a shipped
 * definition without asking a person for them.
 */
#ifndef REPRISE_KINDS_SETTING_ARGS_H
#define REPRISE_KINDS_SETTING_ARGS_H

#include <json-c/json_object.h>

#include "common/base/config.h"
#include "common/definitions/definition.h"

/* Adds to `args` what is missing there and the definition takes; one of a person's own need not take it. `config` is a
 * struct config. */
void setting_args_add(const struct definition *definition, struct json_object *args, const void *config);

#endif
