/*
 * Statements about client apps and links, a page at a time. It reads only, and never a key or a token. Called by the
 * routes of the dashboard and by `producer apps` and `producer links`.
 */
#include "common/query/apps.h"

#include <json-c/linkhash.h>
#include <stdlib.h>
#include <string.h>

#include "common/query/page.h"
#include "embedded/sql_query.h"

/* ---- links ------------------------------------------------------------------------------------------------------- */

/* The words for the status of a link (docs/domain/deliveries.md), each with the statement that finds its links. */
static const char *const words[] = {"synced", "failed", "pending_snapshot", "scanning", NULL};
static const struct sql *const statements[] = {&sql_query_links, &sql_query_links, &sql_query_links_pending,
                                               &sql_query_links_scanning};

static bool is_stored(int status)
{
    return status >= 0 && statements[status] == &sql_query_links;
}

enum err links_list(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                    struct err_info *error)
{
    struct page page;
    int status = -1;
    enum err err = query_params_word(asked, "status", words, &status, error);
    if (err == ERR_OK)
        err = page_asked(asked, (struct page_list){"repositories", "", 2}, &page, error);
    if (err != ERR_OK)
        return err;
    char *pattern = query_params_pattern(asked, "search");
    struct pg_args *args = pg_args_new();
    page_args(&page, args);
    pg_arg_text(args, query_params_text(asked, "app_id"));
    pg_arg_text(args, is_stored(status) ? words[status] : NULL);
    pg_arg_text(args, pattern);
    err = page_read(pg, &page, status < 0 ? &sql_query_links : statements[status], args, answer, error);
    pg_args_drop(args);
    free(pattern);
    page_fini(&page);
    return err;
}

enum err links_failed(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                      struct err_info *error)
{
    struct page page;
    enum err err = page_asked(asked, (struct page_list){"failed", "", 2}, &page, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    page_args(&page, args);
    pg_arg_text(args, query_params_text(asked, "app_id"));
    err = page_read(pg, &page, &sql_query_links_failed, args, answer, error);
    pg_args_drop(args);
    page_fini(&page);
    return err;
}

/* ---- apps -------------------------------------------------------------------------------------------------------- */

enum err apps_list(struct pg *pg, const struct query_params *asked, struct query_result *answer, struct err_info *error)
{
    struct page page;
    enum err err = page_asked(asked, (struct page_list){"apps", "", 2}, &page, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    page_args(&page, args);
    err = page_read(pg, &page, &sql_query_apps, args, answer, error);
    pg_args_drop(args);
    page_fini(&page);
    return err;
}

/* Moves all members of the app into the answer, before which only the list stood there. */
static void put_app(struct json_object *app, struct json_object *into)
{
    json_object_object_foreach(app, name, value)
    {
        bool is_count = strcmp(name, "repositories") == 0;
        json_object_object_add(into, is_count ? "repositories_count" : name, json_object_get(value));
    }
}

enum err apps_one(struct pg *pg, const struct query_params *asked, struct query_result *answer, struct err_info *error)
{
    const char *app_id = query_params_text(asked, "app_id");
    struct query_result app = {0};
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, app_id);
    enum err err = query_result_row(pg, &sql_query_app, args, &app, error);
    if (err == ERR_NOT_FOUND)
        err_set(error, err, "there is no app %s", app_id);
    if (err == ERR_OK)
        err = links_list(pg, asked, answer, error);
    if (err == ERR_OK)
        put_app(app.json, answer->json);
    query_result_fini(&app);
    pg_args_drop(args);
    return err;
}
