#include "worker/job_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"

#define REMEMBERED 8

struct operation_cache {
    struct versions *versions;
    struct known_operation entries[REMEMBERED];
    size_t next; /* the entry that is replaced next */
};

struct operation_cache *operation_cache_new(struct versions *versions)
{
    struct operation_cache *cache = mem_zalloc(sizeof *cache);
    cache->versions = versions;
    return cache;
}

void known_operation_fini(struct versions *versions, struct known_operation *known)
{
    versions_give_back(versions, known->definition);
    json_object_put(known->args);
    free(known->requested_by);
    *known = (struct known_operation){0};
}

void operation_cache_drop(struct operation_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < REMEMBERED; i++)
        known_operation_fini(cache->versions, &cache->entries[i]);
    free(cache);
}

enum err known_operation_fill(struct versions *versions, struct pg *pg, const struct operation *operation,
                              struct known_operation *known, struct err_info *error)
{
    *known = (struct known_operation){.chunk = operation->chunk, .dry_run = operation->dry_run};
    enum err err = versions_get(versions, pg, operation, &known->definition, error);
    if (err == ERR_OK)
        err = json_parse(operation->args, strlen(operation->args), JSON_LIMITS_REQUEST, &known->args, error);
    if (err == ERR_OK) {
        snprintf(known->operation_id, sizeof known->operation_id, "%s", operation->tally.operation_id);
        known->requested_by = mem_strdup(operation->requested_by);
    }
    return err;
}

static enum err known_load(struct operation_cache *cache, struct pg *pg, const char *operation_id,
                           struct known_operation *known, struct err_info *error)
{
    struct operation *operation = NULL;
    enum err err = operation_get(pg, operation_id, &operation, error);
    if (err == ERR_OK)
        err = known_operation_fill(cache->versions, pg, operation, known, error);
    operation_drop(operation);
    return err;
}

enum err operation_cache_get(struct operation_cache *cache, struct pg *pg, const char *operation_id,
                             const struct known_operation **known, struct err_info *error)
{
    for (size_t i = 0; i < REMEMBERED; i++)
        if (strcmp(cache->entries[i].operation_id, operation_id) == 0) {
            *known = &cache->entries[i];
            return ERR_OK;
        }
    struct known_operation *entry = &cache->entries[cache->next];
    known_operation_fini(cache->versions, entry);
    enum err err = known_load(cache, pg, operation_id, entry, error);
    if (err != ERR_OK) {
        known_operation_fini(cache->versions, entry);
        return err;
    }
    cache->next = (cache->next + 1) % REMEMBERED;
    *known = entry;
    return ERR_OK;
}
