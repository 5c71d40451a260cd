#include "common/query/overview.h"

#include "common/query/query_result.h"
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

#define DAY_INDEX 2

/* About a hundred steps each. */
static const char *const hours[] = {"1", "6", "24", "168", NULL};
static const struct {
    int hours, step_s;
} spans[] = {{1, 60}, {6, 300}, {24, 900}, {168, 3600}};

enum err activity_read(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                       struct err_info *error)
{
    int span = -1;
    enum err err = query_params_word(asked, "hours", hours, &span, error);
    if (err != ERR_OK)
        return err;
    span = span < 0 ? DAY_INDEX : span;
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

static enum err read_trends(struct pg *pg, int group, int64_t days, struct query_result *answer, struct err_info *error)
{
    const struct sql *statement = group == BY_HOUR ? &sql_query_trends_by_hour : &sql_query_trends_by_day;
    struct pg_args *args = pg_args_new();
    pg_arg_int8(args, days);
    if (group != BY_HOUR)
        pg_arg_text(args, groups[group]);
    enum err err = pg_exec(pg, statement, args, &answer->result, error);
    pg_args_drop(args);
    return err;
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
        err = read_trends(pg, group, days, answer, error);
    if (err != ERR_OK)
        return err;
    answer->rows = pg_rows(answer->result);
    answer->json = json_object_new_object();
    json_object_object_add(answer->json, "trends", row_array(answer->result, answer->rows));
    json_object_object_add(answer->json, "days", json_object_new_int64(days));
    json_object_object_add(answer->json, "group_by", json_object_new_string(groups[group]));
    return ERR_OK;
}
