/*
 * Versions of definitions by their digest, shared by all threads of a process. A version never changes, so what is here
 * is never wrong; it is bounded, and what somebody uses stays until he gives it back.
 */
#ifndef REPRISE_DEFINITIONS_DEFINITION_VERSIONS_H
#define REPRISE_DEFINITIONS_DEFINITION_VERSIONS_H

#include "common/definitions/definition.h"
#include "common/queue/operation.h"

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

#endif
