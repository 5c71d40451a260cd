#include "common/query/apps.h"

#include "common/query/page.h"
#include "embedded/sql.h"

enum err apps_list(struct pg *pg, const struct asked *asked, struct answer *answer, struct err_info *error)
{
    struct page page;
    enum err err = page_asked(asked, (struct page_list){"apps", "", 2}, &page, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    page_args(&page, args);
    err = page_read(pg, &page, &sql_query_apps, args, answer, error);
    pg_args_drop(args);
    page_fini(&page);
    return err;
}
