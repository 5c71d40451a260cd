/*
 * What an executor remembers of operations from chunk to chunk: the version that each is pinned to, its arguments. None
 * of it ever changes, so a small cache needs no invalidation. Owned by one thread.
 */
#ifndef REPRISE_WORKER_OPERATIONS_H
#define REPRISE_WORKER_OPERATIONS_H

#include "common/definitions/definition.h"
#include "common/definitions/definition_versions.h"
#include "common/queue/operation.h"

struct known_operation {
    char operation_id[ID_MAX];
    const struct definition *definition;
    struct json_object *args;
    char *requested_by;
    int chunk;
    bool dry_run;
};

struct operations;
/* `versions` is borrowed. */
struct operations *operations_new(struct versions *versions);
void operations_drop(struct operations *operations);
/* Borrowed until the next call. ERR_NOT_FOUND: PostgreSQL knows no such operation. */
MUST_CHECK enum err operations_get(struct operations *operations, struct pg *pg, const char *operation_id,
                                   const struct known_operation **known, struct err_info *error);

#endif
