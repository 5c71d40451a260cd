/*
 * Definitions as PostgreSQL has them: what is in force, under the name that people use, and why something is refused.
 * All programs that accept requests (producer, inbox, schedule, API) look here and nowhere else.
 */
#ifndef REPRISE_DEFINITIONS_DEFINITION_REGISTRY_H
#define REPRISE_DEFINITIONS_DEFINITION_REGISTRY_H

#include <json-c/json_object.h>
#include <stddef.h>

#include "common/definitions/definition.h"
#include "common/queue/operation.h"
#include "common/store/pg.h"

struct registered_definition {
    int64_t id;                    /* of its row */
    char *handle;                  /* "id", or "project/id" */
    struct definition *definition; /* the version in force */
};

/* ERR_NOT_FOUND names what is spelt alike; ERR_CONFLICT: archived, or its file is gone; ERR_USAGE: no file of it was
 * ever good, with path, line and column. On success registered_definition_fini is owed. */
MUST_CHECK enum err definition_registry_find(struct pg *pg, const char *handle, struct registered_definition *found,
                                             struct err_info *error);
void registered_definition_fini(struct registered_definition *found);

/* A person's word: nothing new is accepted of it, and its schedule rests; what is under way goes on. No re-sync changes
 * that. ERR_NOT_FOUND; saying it twice is no error. */
MUST_CHECK enum err definition_registry_archive(struct pg *pg, const char *handle, struct err_info *error);
MUST_CHECK enum err definition_registry_unarchive(struct pg *pg, const char *handle, struct err_info *error);

/*
 * Versions of definitions by their digest, shared by all threads of a process. A version never changes, so what is here
 * is never wrong; it is bounded, and what is in use stays until it is given back.
 */

struct versions;
struct versions *versions_new(void);
/* Everything must have been given back. Takes NULL. */
void versions_drop(struct versions *versions);

/* The version that the operation is pinned to, from here or else from PostgreSQL; versions_give_back is owed. Threads
 * read its plain members only: reference counts of its JSON are not made for two threads. */
MUST_CHECK enum err versions_get(struct versions *versions, struct pg *pg, const struct operation *operation,
                                 const struct definition **definition, struct err_info *error);
/* Takes NULL. */
void versions_give_back(struct versions *versions, const struct definition *definition);

/* The definition version that an operation is pinned to, from PostgreSQL; the caller's (definition_drop). */
MUST_CHECK enum err definition_of_operation(struct pg *pg, const struct operation *operation,
                                            struct definition **definition, struct err_info *error);

/* ---- statements of a definition ---------------------------------------------------------------------------------- */

/*
 * What only PostgreSQL can tell of a definition's own SQL: whether its names, types and rights are right, and how many
 * jobs a selection would give. Nothing is changed by either.
 */

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
