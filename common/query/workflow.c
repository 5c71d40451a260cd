#include "common/query/workflow.h"

#include "embedded/sql.h"

enum err workflow_one(struct pg *pg, const struct asked *asked, struct answer *answer, struct err_info *error)
{
    const char *adw_id = asked_text(asked, "adw_id");
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, adw_id);
    enum err err = answer_row(pg, &sql_query_workflow, args, answer, error);
    if (err == ERR_NOT_FOUND)
        err_set(error, err, "there is no workflow %s in the history", adw_id);
    pg_args_drop(args);
    return err;
}
