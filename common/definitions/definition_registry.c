/*
 * Definitions as PostgreSQL has them. The version in force is looked up for each request, and the transaction
 * that accepts it checks it again, so that a re-sync holds for all hosts at once; parsed versions are kept by digest,
 * as content never changes under one. What is archived, gone or broken is refused with its reason and never replaced by
 * a guess. Called by the producer, the inbox, the schedule, the API and the executors.
 */
#include "common/definitions/definition_registry.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/did_you_mean.h"
#include "common/base/mem.h"
#include "embedded/sql_definitions.h"

/* Columns of definition_registry_find. */
enum { ROW_ID, ROW_STATUS, ROW_FILE_EXISTS, ROW_PATH, ROW_ERROR, ROW_LINE, ROW_COLUMN, ROW_BODY };

static enum err run_by_handle(struct pg *pg, const struct sql *statement, const char *handle, PGresult **result,
                              struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, handle);
    enum err err = pg_exec(pg, statement, args, result, error);
    pg_args_drop(args);
    return err;
}

/* ---- why not ----------------------------------------------------------------------------------------------------- */

static enum err refuse_unknown(struct pg *pg, const char *handle, struct err_info *error)
{
    PGresult *rows = NULL;
    enum err err = pg_exec(pg, &sql_definitions_registry_handles, NULL, &rows, error);
    if (err != ERR_OK)
        return err;
    struct did_you_mean nearest = {.wanted = handle};
    struct buf alike = BUF_INIT;
    for (int row = 0; row < pg_rows(rows); row++)
        did_you_mean_offer(&nearest, pg_text(rows, row, 0));
    did_you_mean_write(&nearest, &alike);
    if (pg_rows(rows) == 0)
        err = err_set(error, ERR_NOT_FOUND,
                      "there is no definition \"%s\": none is loaded; run: producer "
                      "resync-definitions",
                      handle);
    else if (alike.len == 0)
        err = err_set(error, ERR_NOT_FOUND, "there is no definition \"%s\"; see: producer definitions", handle);
    else
        err = err_set(error, ERR_NOT_FOUND, "there is no definition \"%s\"; did you mean %s?", handle, alike.data);
    PQclear(rows);
    buf_fini(&alike);
    return err;
}

static enum err refuse_unusable(const PGresult *row, const char *handle, struct err_info *error)
{
    const char *path = pg_text(row, 0, ROW_PATH);
    if (strcmp(pg_text(row, 0, ROW_STATUS), "archived") == 0)
        return err_set(error, ERR_CONFLICT, "definition %s is archived; to use it again: producer unarchive %s", handle,
                       handle);
    if (pg_is_null(row, 0, ROW_BODY))
        return err_set(error, ERR_USAGE, "definition %s is not usable: %s:%lld:%lld: %s", handle, path,
                       (long long)pg_int8(row, 0, ROW_LINE), (long long)pg_int8(row, 0, ROW_COLUMN),
                       pg_is_null(row, 0, ROW_ERROR) ? "it was never loaded" : pg_text(row, 0, ROW_ERROR));
    if (!pg_bool(row, 0, ROW_FILE_EXISTS))
        return err_set(error, ERR_CONFLICT, "definition %s is gone: the last re-sync found no file of it (it was %s)",
                       handle, path);
    return ERR_OK;
}

/* ---- finding --------------------------------------------------------------------------------------------------- */

static enum err read_found(const PGresult *row, const char *handle, struct registered_definition *found,
                           struct err_info *error)
{
    const char *body = pg_text(row, 0, ROW_BODY);
    enum err err = definition_from_canonical(body, strlen(body), NULL, &found->definition, error);
    if (err != ERR_OK)
        return err_prefix(error, "definition %s", handle);
    found->id = pg_int8(row, 0, ROW_ID);
    found->handle = mem_strdup(handle);
    return ERR_OK;
}

enum err definition_registry_find(struct pg *pg, const char *handle, struct registered_definition *found,
                                  struct err_info *error)
{
    *found = (struct registered_definition){0};
    PGresult *row = NULL;
    enum err err = run_by_handle(pg, &sql_definitions_registry_find, handle, &row, error);
    if (err == ERR_OK)
        err = pg_rows(row) == 0 ? refuse_unknown(pg, handle, error) : refuse_unusable(row, handle, error);
    if (err == ERR_OK)
        err = read_found(row, handle, found, error);
    PQclear(row);
    return err;
}

void registered_definition_fini(struct registered_definition *found)
{
    definition_drop(found->definition);
    free(found->handle);
    *found = (struct registered_definition){0};
}

/* ---- a person's word ------------------------------------------------------------------------------------------- */

static enum err registry_change(struct pg *pg, const struct sql *statement, const char *handle, struct err_info *error)
{
    PGresult *result = NULL;
    enum err err = run_by_handle(pg, statement, handle, &result, error);
    if (err == ERR_OK && pg_affected(result) == 0)
        err = refuse_unknown(pg, handle, error);
    PQclear(result);
    return err;
}

enum err definition_registry_archive(struct pg *pg, const char *handle, struct err_info *error)
{
    return registry_change(pg, &sql_definitions_registry_archive, handle, error);
}

enum err definition_registry_unarchive(struct pg *pg, const char *handle, struct err_info *error)
{
    return registry_change(pg, &sql_definitions_registry_unarchive, handle, error);
}

/* ---- versions ---------------------------------------------------------------------------------------------------- */

/* Few enough to be looked through. The lock is never held while PostgreSQL is asked: two threads may load the same
 * version, and the second one's is dropped. */

#define KEPT 64 /* that are not in use */

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

static const struct definition *version_find(struct versions *versions, const char *digest)
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
static const struct definition *version_keep(struct versions *versions, const char *digest, struct definition *loaded)
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
    *definition = version_find(versions, operation->digest);
    if (*definition != NULL)
        return ERR_OK;
    enum err err = definition_of_operation(pg, operation, &loaded, error);
    if (err == ERR_OK)
        *definition = version_keep(versions, operation->digest, loaded);
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
