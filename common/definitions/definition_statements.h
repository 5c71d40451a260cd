/*
 * What only PostgreSQL can tell of a definition's own SQL: whether its names, types and rights are right, and how many
 * jobs a selection would give. Nothing is changed by either.
 */
#ifndef REPRISE_DEFINITIONS_DEFINITION_STATEMENTS_H
#define REPRISE_DEFINITIONS_DEFINITION_STATEMENTS_H

#include <json-c/json_object.h>

#include "common/definitions/definition.h"
#include "common/store/pg.h"

/* Holds each statement of a definition against the database, by the role that will run it; in an open transaction,
 * which goes on afterwards. ERR_USAGE with line and column: the definition is at fault. Other errors are of the
 * database. */
MUST_CHECK enum err definition_statements_check(struct pg *pg, const struct definition *definition,
                                                struct err_info *error);

/* How many jobs a phase with `items` has for these arguments; −1 where counting them takes more than some seconds. Not
 * in a transaction. ERR_CONFLICT: the selection cannot be run now, with the reason. */
MUST_CHECK enum err definition_statements_count(struct pg *pg, const struct definition_phase *phase,
                                                struct json_object *args, int64_t *jobs, struct err_info *error);

#endif
