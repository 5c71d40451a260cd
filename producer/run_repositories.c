/* Repositories and who watches them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/query/apps.h"
#include "common/registry/watch.h"
#include "producer/list.h"
#include "producer/lookup.h"
#include "producer/out.h"
#include "producer/removal.h"

/* ---- the list -------------------------------------------------------------------------------------------------- */

enum err run_repositories(struct session *session, struct err_info *error)
{
    static const struct list_column columns[] = {
        {"REPOSITORY", "repository_id", CELL_TEXT},
        {"NAME", "repository", CELL_TEXT},
        {"APP", "app_name", CELL_TEXT},
        {"STATUS", "status", CELL_TEXT},
        {"FILES", "files", CELL_NUMBER},
        {"SIZE", "bytes", CELL_BYTES},
        {"SCANNED", "scanned_ago_ms", CELL_AGO},
        {"ERROR", "last_error", CELL_TEXT},
        {NULL, NULL, CELL_TEXT},
    };
    static const struct list list = {columns,
                                     "No repository is watched; to watch one: producer add-repository APP URL"};
    char app_id[ID_MAX];
    const char *app = session_word(session, 0);
    enum err err = app == NULL ? ERR_OK : session_postgres(session, error);
    if (err == ERR_OK && app != NULL)
        err = lookup_app(session, app, app_id, error);
    if (err != ERR_OK)
        return err;
    bool only_failed = session_has(session, OPTION_FAILED);
    const struct list_also also[LIST_ALSO_MAX] = {{"app_id", app == NULL ? NULL : app_id},
                                                  {only_failed ? "status" : NULL, "failed"}};
    return list_run(session, links_list, also, &list, error);
}

/* ---- add-repository -------------------------------------------------------------------------------------------- */

static void show_watch(const struct session *session, const struct watch *watch)
{
    if (!session->json) {
        out_line("repository_id  %s", watch->repository_id);
        out_note("Its files are sent with the next scan, or at once: producer resync %s %s", watch->app_id,
                 watch->repository_id);
        return;
    }
    out_json(watch_json(watch));
}

enum err run_add_repository(struct session *session, struct err_info *error)
{
    struct watch watch = {.url = session_word(session, 1), .branch = session->arguments.values[OPTION_BRANCH]};
    struct crypto_keys keys = {0};
    char *token = NULL;
    enum err err = watch_check(&watch, &session->config, error);
    if (err == ERR_OK && session_has(session, OPTION_TOKEN_STDIN)) {
        err = session_read_secret("the token", WATCH_TOKEN_LEAST, WATCH_TOKEN_MOST, &token, error);
        if (err == ERR_OK)
            err = session_keys(session, &keys, error);
    }
    watch.token = token;
    if (err == ERR_OK)
        err = session_postgres(session, error);
    if (err == ERR_OK)
        err = lookup_app(session, session_word(session, 0), watch.app_id, error);
    if (err == ERR_OK)
        err = watch_register(session->pg, &watch, &keys, error);
    if (err == ERR_OK)
        show_watch(session, &watch);
    crypto_wipe(&keys, sizeof keys);
    if (token != NULL)
        crypto_wipe(token, strlen(token));
    free(token);
    watch_fini(&watch);
    return err;
}

/* ---- remove-repository ----------------------------------------------------------------------------------------- */

enum err run_remove_repository(struct session *session, struct err_info *error)
{
    char app_id[ID_MAX], repository_id[ID_MAX];
    struct buf question = BUF_INIT;
    enum err err = session_postgres(session, error);
    if (err == ERR_OK)
        err = lookup_app(session, session_word(session, 0), app_id, error);
    if (err == ERR_OK)
        err = lookup_repository(session, app_id, session_word(session, 1), repository_id, error);
    if (err == ERR_OK) {
        buf_addf(&question, "This will end the app's watch over %s, and forget what it was sent of it.",
                 session_word(session, 1));
        err = session_confirm(session, question.data, error);
    }
    if (err == ERR_OK)
        err = watch_remove(session->pg, app_id, repository_id, error);
    if (err == ERR_OK)
        removal_show(session, app_id, repository_id);
    buf_fini(&question);
    return err;
}
