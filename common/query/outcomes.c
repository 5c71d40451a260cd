#include "common/query/outcomes.h"

#include "common/query/page.h"
#include "common/query/row.h"
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

static void make_errors(struct answer *answer)
{
    int64_t examined = answer->rows == 0 ? 0 : pg_int8(answer->result, 0, PQfnumber(answer->result, "examined"));
    struct json_object *errors = row_array(answer->result, answer->rows);
    for (int row = 0; row < answer->rows; row++)
        json_object_object_del(json_object_array_get_idx(errors, (size_t)row), "examined");
    answer->json = json_object_new_object();
    json_object_object_add(answer->json, "errors", errors);
    json_object_object_add(answer->json, "examined", json_object_new_int64(examined));
    json_object_object_add(answer->json, "capped", json_object_new_boolean(examined == OUTCOMES_EXAMINED));
}

enum err outcomes_errors(struct pg *pg, const struct asked *asked, struct answer *answer, struct err_info *error)
{
    int64_t limit = 0;
    *answer = (struct answer){0};
    enum err err = asked_number(asked, "limit", (struct asked_range){1, PAGE_LIMIT_MAX, PAGE_LIMIT}, &limit, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, asked_text(asked, "operation_id"));
    pg_arg_int8(args, OUTCOMES_EXAMINED);
    pg_arg_int8(args, limit);
    err = pg_exec(pg, &sql_query_outcomes_errors, args, &answer->result, error);
    pg_args_drop(args);
    if (err != ERR_OK)
        return err;
    answer->rows = pg_rows(answer->result);
    make_errors(answer);
    return ERR_OK;
}
