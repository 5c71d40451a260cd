/*
 * What an executor remembers of operations from chunk to chunk: the version of the definition that each is pinned to,
 * and its arguments. None of it ever changes, so a small cache needs no invalidation. Owned by one thread.
 */
#ifndef REPRISE_WORKER_OPERATION_CACHE_H
#define REPRISE_WORKER_OPERATION_CACHE_H

#include "common/definitions/definition.h"
#include "common/definitions/definition_registry.h"
#include "common/queue/operation.h"

struct known_operation {
    char operation_id[ID_MAX];
    const struct definition *definition;
    struct json_object *args;
    char *requested_by;
    int chunk;
    bool dry_run;
};

/* Fills `known` from what was read of an operation. known_operation_fini is owed, after a failure too. */
MUST_CHECK enum err known_operation_fill(struct versions *versions, struct pg *pg, const struct operation *operation,
                                         struct known_operation *known, struct err_info *error);
void known_operation_fini(struct versions *versions, struct known_operation *known);

struct operation_cache;
/* `versions` is borrowed. */
struct operation_cache *operation_cache_new(struct versions *versions);
void operation_cache_drop(struct operation_cache *cache);
/* Borrowed until the next call. ERR_NOT_FOUND: PostgreSQL knows no such operation. */
MUST_CHECK enum err operation_cache_get(struct operation_cache *cache, struct pg *pg, const char *operation_id,
                                        const struct known_operation **known, struct err_info *error);

#endif
