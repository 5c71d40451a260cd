#include "common/query/apps.h"

#include <json-c/linkhash.h>
#include <string.h>

#include "common/query/links.h"
#include "common/query/page.h"
#include "embedded/sql_query.h"

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
