#include "worker/operation_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"

#define REMEMBERED 8

struct operations {
    struct versions *versions;
    struct known_operation entries[REMEMBERED];
    size_t next; /* the entry that is replaced next */
};

struct operations *operations_new(struct versions *versions)
{
    struct operations *operations = mem_zalloc(sizeof *operations);
    operations->versions = versions;
    return operations;
}

static void forget(struct operations *operations, struct known_operation *known)
{
    versions_give_back(operations->versions, known->definition);
    json_object_put(known->args);
    free(known->requested_by);
    *known = (struct known_operation){0};
}

void operations_drop(struct operations *operations)
{
    if (operations == NULL)
        return;
    for (size_t i = 0; i < REMEMBERED; i++)
        forget(operations, &operations->entries[i]);
    free(operations);
}

static enum err learn(struct operations *operations, struct pg *pg, const char *operation_id,
                      struct known_operation *known, struct err_info *error)
{
    struct operation *operation = NULL;
    enum err err = operation_get(pg, operation_id, &operation, error);
    if (err == ERR_OK)
        err = versions_get(operations->versions, pg, operation, &known->definition, error);
    if (err == ERR_OK)
        err = json_parse(operation->args, strlen(operation->args), JSON_LIMITS_REQUEST, &known->args, error);
    if (err == ERR_OK) {
        snprintf(known->operation_id, sizeof known->operation_id, "%s", operation_id);
        known->requested_by = mem_strdup(operation->requested_by);
        known->chunk = operation->chunk;
        known->dry_run = operation->dry_run;
    }
    operation_drop(operation);
    return err;
}

enum err operations_get(struct operations *operations, struct pg *pg, const char *operation_id,
                        const struct known_operation **known, struct err_info *error)
{
    for (size_t i = 0; i < REMEMBERED; i++)
        if (strcmp(operations->entries[i].operation_id, operation_id) == 0) {
            *known = &operations->entries[i];
            return ERR_OK;
        }
    struct known_operation *entry = &operations->entries[operations->next];
    forget(operations, entry);
    enum err err = learn(operations, pg, operation_id, entry, error);
    if (err != ERR_OK) {
        forget(operations, entry);
        return err;
    }
    operations->next = (operations->next + 1) % REMEMBERED;
    *known = entry;
    return ERR_OK;
}
