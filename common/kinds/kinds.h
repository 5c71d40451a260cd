/*
 * The table of kinds: every job kind that the programs know, with its queue, its chunk size, and the selections that
 * its phases can be planned from. Shared by all programs; how a kind runs is the worker's alone (worker/run/).
 */
#ifndef REPRISE_KINDS_KINDS_H
#define REPRISE_KINDS_KINDS_H

#include <json-c/json_object.h>

#include "common/base/config.h"
#include "common/definitions/definition.h"
#include "common/queue/kind.h"

extern const struct kind_table kinds;

/* For definition_parse: jobs and selections are looked up in the table. */
extern const struct definition_names kinds_names;

/*
 * Arguments whose value is a setting of the installation, unless another is given: for what starts a shipped
 * definition without asking a person for them.
 */

/* Adds to `args` what is missing there and the definition takes; one of a person's own need not take it. `config` is a
 * struct config. */
void setting_args_add(const struct definition *definition, struct json_object *args, const void *config);

#endif
