/*
 * Reads a link and opens its secrets. Plain text of a key or token must never reach a log or an error, and is wiped by
 * deliver_link_fini. Called by deliver.c at the start of a job, and again for the unconfirmed paths once the tree is
 * fetched.
 */
#include "worker/run/deliver_attempt.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "embedded/sql_deliveries.h"

enum {
    BASE_URL,
    AUTH_KEY,
    TOKEN,
    URL,
    OWNER,
    NAME,
    BRANCH,
    SYNCED_COMMIT,
    SYNCED_TREE,
    FILES,
    BYTES,
    HOLDS_ANYTHING,
    FAILURES,
    OPEN_UNTIL_US,
    NOW_US,
    INCARNATION,
    WITHHELD,
    WITHHELD_LIMITS
};

/* ---- secrets ----------------------------------------------------------------------------------------------------- */

enum err deliver_secret_open(const struct crypto_keys *keys, const struct crypto_secret *secret, char **plain,
                             struct err_info *error)
{
    *plain = NULL;
    if (secret->sealed == NULL)
        return ERR_OK;
    /* Room for all of it beforehand: growing would leave copies in freed memory. */
    struct buf opened = BUF_INIT;
    buf_reserve(&opened, strlen(secret->sealed));
    enum err err = crypto_open_at(keys, secret, &opened, NULL, error);
    if (err == ERR_OK) {
        *plain = buf_take(&opened);
        return ERR_OK;
    }
    buf_fini(&opened);
    return err;
}

void deliver_secret_drop(char *plain)
{
    if (plain != NULL)
        crypto_wipe(plain, strlen(plain));
    free(plain);
}

/* ---- unconfirmed paths ------------------------------------------------------------------------------------------- */

static int compare_digest(const void *key, const void *path)
{
    return memcmp(key, ((const struct unconfirmed_path *)path)->digest, SHA256_BYTES);
}

void unconfirmed_read(const PGresult *rows, struct unconfirmed *unconfirmed)
{
    unconfirmed->count = (size_t)pg_rows(rows);
    unconfirmed->list = mem_array(unconfirmed->count + 1, sizeof *unconfirmed->list);
    for (int row = 0; row < (int)unconfirmed->count; row++) {
        struct unconfirmed_path *path = &unconfirmed->list[row];
        bool read = pg_bytea(rows, row, 0, path->digest, sizeof path->digest);
        assert(read);
        path->path = mem_strdup(pg_text(rows, row, 1));
        path->sha = pg_is_null(rows, row, 2) ? NULL : mem_strdup(pg_text(rows, row, 2));
    }
}

static void unconfirmed_fini(struct unconfirmed *unconfirmed)
{
    for (size_t i = 0; i < unconfirmed->count; i++) {
        free(unconfirmed->list[i].path);
        free(unconfirmed->list[i].sha);
    }
    free(unconfirmed->list);
    *unconfirmed = (struct unconfirmed){NULL, 0};
}

struct unconfirmed_path *unconfirmed_find(const struct unconfirmed *unconfirmed, const uint8_t digest[SHA256_BYTES])
{
    if (unconfirmed->count == 0)
        return NULL;
    return bsearch(digest, unconfirmed->list, unconfirmed->count, sizeof *unconfirmed->list, compare_digest);
}

/* ---- the link ---------------------------------------------------------------------------------------------------- */

static char *row_copy(const PGresult *row, int column)
{
    const char *text = pg_text(row, 0, column);
    return text == NULL ? NULL : mem_strdup(text);
}

/* "https://app.example/hooks/" and "https://app.example/hooks" are the same place. */
static char *row_base_url(const PGresult *row)
{
    char *url = row_copy(row, BASE_URL);
    for (size_t len = strlen(url); len > 0 && url[len - 1] == '/'; len--)
        url[len - 1] = '\0';
    return url;
}

static void link_read_row(const PGresult *row, struct deliver_link *link)
{
    link->base_url = row_base_url(row);
    link->url = row_copy(row, URL);
    link->owner = row_copy(row, OWNER);
    link->name = row_copy(row, NAME);
    link->branch = row_copy(row, BRANCH);
    link->synced_commit = row_copy(row, SYNCED_COMMIT);
    link->synced_tree = row_copy(row, SYNCED_TREE);
    link->files = pg_int8(row, 0, FILES);
    link->bytes = pg_int8(row, 0, BYTES);
    link->holds_anything = pg_bool(row, 0, HOLDS_ANYTHING);
    link->circuit.consecutive_failures = (int)pg_int8(row, 0, FAILURES);
    link->circuit.open_until_us = pg_int8(row, 0, OPEN_UNTIL_US);
    link->incarnation = pg_int8(row, 0, INCARNATION);
    link->now_us = pg_int8(row, 0, NOW_US);
    link->withheld = row_copy(row, WITHHELD);
    link->withheld_limits = row_copy(row, WITHHELD_LIMITS);
}

static enum err link_open_secrets(const PGresult *row, const struct crypto_keys *keys, struct deliver_link *link,
                                  struct err_info *error)
{
    const struct crypto_secret auth_key = {pg_text(row, 0, AUTH_KEY), CRYPTO_KEY_OF_APP(link->app_id)};
    const struct crypto_secret token = {pg_text(row, 0, TOKEN),
                                        CRYPTO_TOKEN_OF_LINK(link->app_id, link->repository_id)};
    enum err err = deliver_secret_open(keys, &auth_key, &link->auth_key, error);
    if (err != ERR_OK)
        return err_prefix(error, "the key of app %s", link->app_id);
    err = deliver_secret_open(keys, &token, &link->token, error);
    return err == ERR_OK ? ERR_OK : err_prefix(error, "the token of repository %s", link->repository_id);
}

static void link_split_key(const char *key, struct deliver_link *link)
{
    size_t app_len = strcspn(key, "/");
    link->app_id = mem_strndup(key, app_len);
    link->repository_id = mem_strdup(key[app_len] == '/' ? key + app_len + 1 : "");
}

enum err deliver_link_load(struct pg *pg, const struct crypto_keys *keys, const char *key, struct deliver_link *link,
                           struct err_info *error)
{
    *link = (struct deliver_link){.app_id = NULL};
    link_split_key(key, link);
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, link->app_id);
    pg_arg_text(args, link->repository_id);
    PGresult *row = NULL;
    enum err err = pg_exec(pg, &sql_deliveries_link, args, &row, error);
    pg_args_drop(args);
    if (err == ERR_OK && pg_rows(row) == 0)
        err = err_set(error, ERR_NOT_FOUND, "the app or its link to the repository has been removed");
    if (err == ERR_OK) {
        link_read_row(row, link);
        err = link_open_secrets(row, keys, link, error);
    }
    PQclear(row);
    return err;
}

void deliver_link_fini(struct deliver_link *link)
{
    char *texts[] = {link->app_id,      link->repository_id, link->base_url,       link->url,
                     link->owner,       link->name,          link->branch,         link->synced_commit,
                     link->synced_tree, link->withheld,      link->withheld_limits};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    unconfirmed_fini(&link->unconfirmed);
    deliver_secret_drop(link->auth_key);
    deliver_secret_drop(link->token);
    *link = (struct deliver_link){.app_id = NULL};
}

void deliver_link_clear(struct deliver_link *link)
{
    free(link->synced_tree);
    free(link->withheld);
    link->synced_tree = link->withheld = NULL;
    link->holds_anything = false;
}

struct body_repository deliver_link_repository(const struct deliver_link *link)
{
    return (struct body_repository){
        .repository_id = link->repository_id, .github_url = link->url, .owner = link->owner, .name = link->name};
}
