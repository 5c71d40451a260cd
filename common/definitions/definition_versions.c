/* Few enough to be looked through. The lock is never held while PostgreSQL is asked: two threads may load the same
 * version, and the second one's is dropped. */
#include "common/definitions/definition_versions.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "embedded/sql_definitions.h"

#define KEPT 64 /* that nobody uses */

enum err definition_of_operation(struct pg *pg, const struct operation *operation, struct definition **definition,
                                 struct err_info *error)
{
    PGresult *result = NULL;
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, operation->digest);
    enum err err = pg_exec(pg, &sql_definitions_definition_by_digest, args, &result, error);
    if (err == ERR_OK && pg_rows(result) == 0)
        err = err_set(error, ERR_PERMANENT, "version %s of definition %s is not in the database", operation->digest,
                      operation->definition);
    if (err == ERR_OK)
        err = definition_from_canonical(pg_text(result, 0, 0), strlen(pg_text(result, 0, 0)), NULL, definition, error);
    PQclear(result);
    pg_args_drop(args);
    return err;
}

struct version {
    char digest[SHA256_HEX + 1];
    struct definition *definition;
    int users;
    uint64_t used; /* when it was given back: the one used longest ago goes first */
};

struct versions {
    pthread_mutex_t lock;
    struct version *list;
    size_t count, room, unused;
    uint64_t clock;
};

struct versions *versions_new(void)
{
    struct versions *versions = mem_zalloc(sizeof *versions);
    pthread_mutex_init(&versions->lock, NULL);
    return versions;
}

void versions_drop(struct versions *versions)
{
    if (versions == NULL)
        return;
    for (size_t i = 0; i < versions->count; i++) {
        assert(versions->list[i].users == 0);
        definition_drop(versions->list[i].definition);
    }
    pthread_mutex_destroy(&versions->lock);
    free(versions->list);
    free(versions);
}

/* With the lock held. NULL if it is not here. */
static const struct definition *use(struct versions *versions, const char *digest)
{
    for (size_t i = 0; i < versions->count; i++) {
        struct version *version = &versions->list[i];
        if (strcmp(version->digest, digest) != 0)
            continue;
        versions->unused -= version->users == 0;
        version->users++;
        return version->definition;
    }
    return NULL;
}

static const struct definition *find(struct versions *versions, const char *digest)
{
    pthread_mutex_lock(&versions->lock);
    const struct definition *found = use(versions, digest);
    pthread_mutex_unlock(&versions->lock);
    return found;
}

/* With the lock held; takes `definition`. */
static void append(struct versions *versions, const char *digest, struct definition *definition)
{
    if (versions->count == versions->room) {
        versions->room = versions->room * 2 + 16;
        versions->list = mem_grow(versions->list, versions->room, sizeof *versions->list);
    }
    struct version *version = &versions->list[versions->count++];
    *version = (struct version){.definition = definition, .users = 1};
    memcpy(version->digest, digest, strnlen(digest, SHA256_HEX));
}

/* Another thread may have been faster: then its copy is the one. */
static const struct definition *keep(struct versions *versions, const char *digest, struct definition *loaded)
{
    pthread_mutex_lock(&versions->lock);
    const struct definition *found = use(versions, digest);
    if (found == NULL) {
        append(versions, digest, loaded);
        found = loaded;
    }
    pthread_mutex_unlock(&versions->lock);
    if (found != loaded)
        definition_drop(loaded);
    return found;
}

enum err versions_get(struct versions *versions, struct pg *pg, const struct operation *operation,
                      const struct definition **definition, struct err_info *error)
{
    struct definition *loaded = NULL;
    *definition = find(versions, operation->digest);
    if (*definition != NULL)
        return ERR_OK;
    enum err err = definition_of_operation(pg, operation, &loaded, error);
    if (err == ERR_OK)
        *definition = keep(versions, operation->digest, loaded);
    return err;
}

/* With the lock held: takes the one that was unused longest out of the list. */
static struct definition *evict(struct versions *versions)
{
    struct version *oldest = NULL;
    for (size_t i = 0; i < versions->count; i++)
        if (versions->list[i].users == 0 && (oldest == NULL || versions->list[i].used < oldest->used))
            oldest = &versions->list[i];
    assert(oldest != NULL);
    struct definition *definition = oldest->definition;
    *oldest = versions->list[--versions->count];
    versions->unused--;
    return definition;
}

void versions_give_back(struct versions *versions, const struct definition *definition)
{
    struct definition *evicted = NULL;
    if (definition == NULL)
        return;
    pthread_mutex_lock(&versions->lock);
    for (size_t i = 0; i < versions->count; i++) {
        struct version *version = &versions->list[i];
        if (version->definition != definition)
            continue;
        version->users--;
        version->used = ++versions->clock;
        versions->unused += version->users == 0;
        break;
    }
    if (versions->unused > KEPT)
        evicted = evict(versions);
    pthread_mutex_unlock(&versions->lock);
    definition_drop(evicted);
}
