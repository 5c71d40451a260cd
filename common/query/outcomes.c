#include "common/query/outcomes.h"

#include "common/query/page.h"
#include "embedded/sql.h"

enum err outcomes_list(struct pg *pg, const struct asked *asked, struct answer *answer, struct err_info *error)
{
    static const char *const outcomes[] = {"succeeded", "failed", "skipped", NULL};
    struct page page;
    int outcome = -1;
    enum err err = asked_word(asked, "outcome", outcomes, &outcome, error);
    if (err == ERR_OK)
        err = page_asked(asked, (struct page_list){"outcomes", "", 1}, &page, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    page_args(&page, args);
    pg_arg_text(args, asked_text(asked, "operation_id"));
    pg_arg_text(args, outcome < 0 ? NULL : outcomes[outcome]);
    err = page_read(pg, &page, &sql_query_outcomes, args, answer, error);
    pg_args_drop(args);
    page_fini(&page);
    return err;
}
