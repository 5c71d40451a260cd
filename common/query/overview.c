#include "common/query/overview.h"

#include "embedded/sql_query.h"

enum err overview_read(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                       struct err_info *error)
{
    (void)asked;
    struct pg_args *args = pg_args_new();
    enum err err = query_result_row(pg, &sql_query_overview, args, answer, error);
    pg_args_drop(args);
    return err;
}
