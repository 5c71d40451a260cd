#include "common/query/workflow.h"

#include "embedded/sql_query.h"

enum err workflow_one(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                      struct err_info *error)
{
    const char *adw_id = query_params_text(asked, "adw_id");
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, adw_id);
    enum err err = query_result_row(pg, &sql_query_workflow, args, answer, error);
    if (err == ERR_NOT_FOUND)
        err_set(error, err, "there is no workflow %s in the history", adw_id);
    pg_args_drop(args);
    return err;
}
