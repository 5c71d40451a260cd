#include "worker/run/deliver_link.h"

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

static char *copy(const PGresult *row, int column)
{
    const char *text = pg_text(row, 0, column);
    return text == NULL ? NULL : mem_strdup(text);
}

/* "https://app.example/hooks/" and "https://app.example/hooks" are the same place. */
static char *copy_base_url(const PGresult *row)
{
    char *url = copy(row, BASE_URL);
    for (size_t len = strlen(url); len > 0 && url[len - 1] == '/'; len--)
        url[len - 1] = '\0';
    return url;
}

static void read_row(const PGresult *row, struct deliver_link *link)
{
    link->base_url = copy_base_url(row);
    link->url = copy(row, URL);
    link->owner = copy(row, OWNER);
    link->name = copy(row, NAME);
    link->branch = copy(row, BRANCH);
    link->synced_commit = copy(row, SYNCED_COMMIT);
    link->synced_tree = copy(row, SYNCED_TREE);
    link->files = pg_int8(row, 0, FILES);
    link->bytes = pg_int8(row, 0, BYTES);
    link->holds_anything = pg_bool(row, 0, HOLDS_ANYTHING);
    link->circuit.consecutive_failures = (int)pg_int8(row, 0, FAILURES);
    link->circuit.open_until_us = pg_int8(row, 0, OPEN_UNTIL_US);
    link->incarnation = pg_int8(row, 0, INCARNATION);
    link->now_us = pg_int8(row, 0, NOW_US);
    link->withheld = copy(row, WITHHELD);
    link->withheld_limits = copy(row, WITHHELD_LIMITS);
}

static enum err open_secrets(const PGresult *row, const struct crypto_keys *keys, struct deliver_link *link,
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

static void split_key(const char *key, struct deliver_link *link)
{
    size_t app_len = strcspn(key, "/");
    link->app_id = mem_strndup(key, app_len);
    link->repository_id = mem_strdup(key[app_len] == '/' ? key + app_len + 1 : "");
}

enum err deliver_link_load(struct pg *pg, const struct crypto_keys *keys, const char *key, struct deliver_link *link,
                           struct err_info *error)
{
    *link = (struct deliver_link){.app_id = NULL};
    split_key(key, link);
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, link->app_id);
    pg_arg_text(args, link->repository_id);
    PGresult *row = NULL;
    enum err err = pg_exec(pg, &sql_deliveries_link, args, &row, error);
    pg_args_drop(args);
    if (err == ERR_OK && pg_rows(row) == 0)
        err = err_set(error, ERR_NOT_FOUND, "the app or its link to the repository has been removed");
    if (err == ERR_OK) {
        read_row(row, link);
        err = open_secrets(row, keys, link, error);
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
    deliver_secret_drop(link->auth_key);
    deliver_secret_drop(link->token);
    *link = (struct deliver_link){.app_id = NULL};
}

struct body_repository deliver_link_repository(const struct deliver_link *link)
{
    return (struct body_repository){
        .repository_id = link->repository_id, .github_url = link->url, .owner = link->owner, .name = link->name};
}
