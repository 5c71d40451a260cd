/*
 * Runs whose costs look wrong: those whose parts do not add up, or, where a request names a price or a number of
 * tokens, those that cost less than others of their tokens. Part of workflows.h. Called by the routes of the dashboard
 * and by `producer stale-costs`.
 */
#include "common/query/page.h"
#include "common/query/workflows.h"
#include "embedded/sql_query.h"

#define STALE_TOKENS INT64_C(100000)
#define TOKENS_MAX INT64_C(1000000000000)

/* By a rule of thumb: what costs less than others of its tokens. */
static enum err stale_by_price(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                               struct err_info *error)
{
    struct page page;
    char cost[QUERY_PARAMS_MONEY_MAX];
    int64_t tokens = 0;
    enum err err = query_params_money(asked, "max_cost", "0.50", cost, error);
    if (err == ERR_OK)
        err = query_params_number(asked, "min_tokens", (struct query_params_range){0, TOKENS_MAX, STALE_TOKENS},
                                  &tokens, error);
    if (err == ERR_OK)
        err = page_asked(asked, (struct page_list){"workflows", "cheapest", 2}, &page, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    page_args(&page, args);
    pg_arg_text(args, cost);
    pg_arg_int8(args, tokens);
    err = page_read(pg, &page, &sql_query_workflows_cheap, args, answer, error);
    pg_args_drop(args);
    page_fini(&page);
    return err;
}

/* Where the page is not full because it has looked at as many runs as it may, it goes on behind the last of them. */
static enum err go_on_looking(struct pg *pg, const struct page *page, struct query_result *answer,
                              struct err_info *error)
{
    PGresult *last = NULL;
    if (answer->next != NULL)
        return ERR_OK;
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, page->cursor.count == 0 ? NULL : page->cursor.keys[0]);
    pg_arg_int8(args, WORKFLOWS_EXAMINED);
    enum err err = pg_exec(pg, &sql_query_workflows_unequal_end, args, &last, error);
    if (err == ERR_OK && pg_rows(last) > 0)
        page_go_on(page, pg_text(last, 0, 0), answer);
    PQclear(last);
    pg_args_drop(args);
    return err;
}

static enum err stale_by_parts(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                               struct err_info *error)
{
    struct page page;
    enum err err = page_asked(asked, (struct page_list){"workflows", "parts", 1}, &page, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    page_args(&page, args);
    pg_arg_int8(args, WORKFLOWS_EXAMINED);
    err = page_read(pg, &page, &sql_query_workflows_unequal, args, answer, error);
    if (err == ERR_OK)
        err = go_on_looking(pg, &page, answer, error);
    if (err != ERR_OK)
        query_result_fini(answer);
    pg_args_drop(args);
    page_fini(&page);
    return err;
}

enum err workflows_stale(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                         struct err_info *error)
{
    bool by_price = query_params_text(asked, "max_cost") != NULL || query_params_text(asked, "min_tokens") != NULL;
    return by_price ? stale_by_price(pg, asked, answer, error) : stale_by_parts(pg, asked, answer, error);
}
