#include "common/query/activity.h"

#include "common/query/row.h"
#include "embedded/sql_query.h"

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
