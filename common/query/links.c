#include "common/query/links.h"

#include <stdlib.h>

#include "common/query/page.h"
#include "embedded/sql_query.h"

/* The words for the status of a link (docs/domain/deliveries.md), each with the statement that finds its links. */
static const char *const words[] = {"synced", "failed", "pending_snapshot", "scanning", NULL};
static const struct sql *const statements[] = {&sql_query_links, &sql_query_links, &sql_query_links_pending,
                                               &sql_query_links_scanning};

static bool is_stored(int status)
{
    return status >= 0 && statements[status] == &sql_query_links;
}

enum err links_list(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                    struct err_info *error)
{
    struct page page;
    int status = -1;
    enum err err = query_params_word(asked, "status", words, &status, error);
    if (err == ERR_OK)
        err = page_asked(asked, (struct page_list){"repositories", "", 2}, &page, error);
    if (err != ERR_OK)
        return err;
    char *pattern = query_params_pattern(asked, "search");
    struct pg_args *args = pg_args_new();
    page_args(&page, args);
    pg_arg_text(args, query_params_text(asked, "app_id"));
    pg_arg_text(args, is_stored(status) ? words[status] : NULL);
    pg_arg_text(args, pattern);
    err = page_read(pg, &page, status < 0 ? &sql_query_links : statements[status], args, answer, error);
    pg_args_drop(args);
    free(pattern);
    page_fini(&page);
    return err;
}

enum err links_failed(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                      struct err_info *error)
{
    struct page page;
    enum err err = page_asked(asked, (struct page_list){"failed", "", 2}, &page, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    page_args(&page, args);
    pg_arg_text(args, query_params_text(asked, "app_id"));
    err = page_read(pg, &page, &sql_query_links_failed, args, answer, error);
    pg_args_drop(args);
    page_fini(&page);
    return err;
}
