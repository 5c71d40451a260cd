#include "common/query/operations.h"

#include "common/query/page.h"
#include "embedded/sql_query.h"

enum err operations_list(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                         struct err_info *error)
{
    static const char *const states[] = {"running", "paused", "completed", "failed", "cancelled", NULL};
    struct page page;
    int state = -1;
    enum err err = query_params_word(asked, "state", states, &state, error);
    if (err == ERR_OK)
        err = page_asked(asked, (struct page_list){"operations", "", 2}, &page, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    page_args(&page, args);
    pg_arg_text(args, state < 0 ? NULL : states[state]);
    err = page_read(pg, &page, &sql_query_operations, args, answer, error);
    pg_args_drop(args);
    page_fini(&page);
    return err;
}

enum err operations_one(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                        struct err_info *error)
{
    const char *operation_id = query_params_text(asked, "operation_id");
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, operation_id);
    enum err err = query_result_row(pg, &sql_query_operation, args, answer, error);
    if (err == ERR_NOT_FOUND)
        err_set(error, err, "there is no operation %s", operation_id);
    pg_args_drop(args);
    return err;
}
