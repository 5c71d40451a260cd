/*
 * Sums: of the first page, of the last hours, of the history, and of what single operations of the history did. Each is
 * one statement that reads counters kept by the database, never the runs or jobs themselves.
 */
#include "common/query/overview.h"

#include <json-c/json_object_iterator.h>

#include "common/query/page.h"
#include "common/query/query_result.h"
#include "common/query/workflows.h"
#include "embedded/sql_query.h"

/* ---- the first page ---------------------------------------------------------------------------------------------- */

enum err overview_read(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                       struct err_info *error)
{
    (void)asked;
    struct pg_args *args = pg_args_new();
    enum err err = query_result_row(pg, &sql_query_overview, args, answer, error);
    pg_args_drop(args);
    return err;
}

/* ---- the last hours ---------------------------------------------------------------------------------------------- */

/* About a hundred steps each. */
static const char *const hours[] = {"1", "6", "24", "168", NULL};
static const struct {
    int hours, step_s;
} spans[] = {{1, 60}, {6, 300}, {24, 900}, {168, 3600}};

/* Where no span was asked for: the one that suits what was done lately. */
static enum err choose_span(struct pg *pg, int *span, struct err_info *error)
{
    PGresult *result = NULL;
    enum err err = pg_exec(pg, &sql_query_activity_span, NULL, &result, error);
    int64_t wanted = err == ERR_OK ? pg_int8(result, 0, 0) : 0;
    PQclear(result);
    for (*span = 0; err == ERR_OK && spans[*span].hours != wanted;)
        ++*span;
    return err;
}

enum err activity_read(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                       struct err_info *error)
{
    int span = -1;
    enum err err = query_params_word(asked, "hours", hours, &span, error);
    if (err == ERR_OK && span < 0)
        err = choose_span(pg, &span, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    pg_arg_int4(args, spans[span].hours);
    pg_arg_int4(args, spans[span].step_s);
    err = query_result_row(pg, &sql_query_activity, args, answer, error);
    pg_args_drop(args);
    return err;
}

enum err activity_ever(struct pg *pg, struct json_object **kinds, struct err_info *error)
{
    PGresult *result = NULL;
    enum err err = pg_exec(pg, &sql_query_activity_ever, NULL, &result, error);
    if (err == ERR_OK)
        *kinds = row_array(result, pg_rows(result));
    PQclear(result);
    return err;
}

/* ---- the history ------------------------------------------------------------------------------------------------- */

enum err analytics_read(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                        struct err_info *error)
{
    (void)asked;
    struct pg_args *args = pg_args_new();
    enum err err = query_result_row(pg, &sql_query_analytics, args, answer, error);
    pg_args_drop(args);
    return err;
}

enum { BY_DAY, BY_WEEK, BY_HOUR };
static const char *const groups[] = {"day", "week", "hour", NULL};

/* The arguments of a statement of trends: the filters are those that the sums know. */
static struct pg_args *trends_args(const struct query_params *asked, int group, int64_t days)
{
    static const char *const filters[] = {"status", "model", "template"};
    struct pg_args *args = pg_args_new();
    pg_arg_int8(args, days);
    if (group != BY_HOUR)
        pg_arg_text(args, groups[group]);
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        pg_arg_text(args, query_params_text(asked, filters[i]));
    return args;
}

enum err analytics_trends(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                          struct err_info *error)
{
    int group = BY_DAY;
    int64_t days = 0;
    *answer = (struct query_result){0};
    enum err err = query_params_word(asked, "group_by", groups, &group, error);
    group = group < 0 ? BY_DAY : group;
    int64_t most = group == BY_HOUR ? ANALYTICS_HOURS_DAYS_MAX : ANALYTICS_DAYS_MAX;
    if (err == ERR_OK)
        err = query_params_number(asked, "days", (struct query_params_range){1, most, ANALYTICS_DAYS}, &days, error);
    if (err == ERR_OK)
        err = workflows_check_statuses(asked, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = trends_args(asked, group, days);
    err = pg_exec(pg, group == BY_HOUR ? &sql_query_trends_by_hour : &sql_query_trends_by_day, args, &answer->result,
                  error);
    pg_args_drop(args);
    if (err != ERR_OK)
        return err;
    answer->rows = pg_rows(answer->result);
    answer->json = json_object_new_object();
    json_object_object_add(answer->json, "trends", row_array(answer->result, answer->rows));
    json_object_object_add(answer->json, "days", json_object_new_int64(days));
    json_object_object_add(answer->json, "group_by", json_object_new_string(groups[group]));
    return ERR_OK;
}

/* ---- history results --------------------------------------------------------------------------------------------- */

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
