#include "common/query/history_results.h"

#include <json-c/json_object_iterator.h>

#include "common/query/page.h"
#include "common/query/query_result.h"
#include "embedded/sql_query.h"

static enum err ask(struct pg *pg, const struct sql *statement, const struct query_params *asked, PGresult **rows,
                    struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, query_params_text(asked, "operation_id"));
    enum err err = pg_exec(pg, statement, args, rows, error);
    pg_args_drop(args);
    return err;
}

/* The one row there must be, as the document. */
static enum err ask_one(struct pg *pg, const struct sql *statement, const struct query_params *asked,
                        struct json_object **json, struct err_info *error)
{
    PGresult *rows = NULL;
    enum err err = ask(pg, statement, asked, &rows, error);
    if (err == ERR_OK && pg_rows(rows) != 1)
        err = err_set(error, ERR_NOT_FOUND, "there is no operation %s", query_params_text(asked, "operation_id"));
    if (err == ERR_OK)
        *json = row_json(rows, 0);
    PQclear(rows);
    return err;
}

enum err history_results_sync(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                              struct err_info *error)
{
    *answer = (struct query_result){.json = NULL};
    return ask_one(pg, &sql_query_sync_result, asked, &answer->json, error);
}

enum err history_results_sync_preview(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                                      struct err_info *error)
{
    *answer = (struct query_result){.json = NULL};
    return ask_one(pg, &sql_query_sync_preview, asked, &answer->json, error);
}

static enum err read_workflows(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                               struct err_info *error)
{
    struct page page;
    enum err err = page_asked(asked, (struct page_list){"workflows", "", 1}, &page, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    page_args(&page, args);
    pg_arg_text(args, query_params_text(asked, "operation_id"));
    err = page_read(pg, &page, &sql_query_recost_workflows, args, answer, error);
    pg_args_drop(args);
    page_fini(&page);
    return err;
}

/* Moves the members of `from` into `to`. */
static void join(struct json_object *to, struct json_object *from)
{
    struct json_object_iterator at = json_object_iter_begin(from), end = json_object_iter_end(from);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
        json_object_object_add(to, json_object_iter_peek_name(&at), json_object_get(json_object_iter_peek_value(&at)));
    json_object_put(from);
}

enum err history_results_recosts(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                                 struct err_info *error)
{
    struct json_object *totals = NULL;
    PGresult *largest = NULL;
    enum err err = ask_one(pg, &sql_query_recost_result, asked, &totals, error);
    if (err == ERR_OK)
        err = ask(pg, &sql_query_recost_largest, asked, &largest, error);
    if (err == ERR_OK)
        err = read_workflows(pg, asked, answer, error);
    if (err == ERR_OK) {
        json_object_object_add(totals, "largest", row_array(largest, pg_rows(largest)));
        join(answer->json, totals);
    } else {
        json_object_put(totals);
    }
    PQclear(largest);
    return err;
}

enum err history_results_recost(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                                struct err_info *error)
{
    *answer = (struct query_result){.json = NULL};
    return ask_one(pg, &sql_query_recost_workflow, asked, &answer->json, error);
}
