#include "common/query/text_search.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "embedded/sql_query.h"

#define COMMON_SHARE 0.05
#define LEAST_SHARE 0.01 /* of what is walked for; a sample may have missed it */
#define PATIENCE 4       /* times the way that is expected */
#define WALK_LEAST 2000  /* runs; a short way varies more */

void text_search_init(struct text_search *searched, char *pattern)
{
    *searched = (struct text_search){.pattern = pattern, .share = LEAST_SHARE};
}

void text_search_fini(struct text_search *searched)
{
    free(searched->pattern);
    free(searched->ids);
    *searched = (struct text_search){.pattern = NULL};
}

static enum err estimate_share(struct pg *pg, struct text_search *searched, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    PGresult *result = NULL;
    pg_arg_text(args, searched->pattern);
    enum err err = pg_exec(pg, &sql_query_workflows_search_share, args, &result, error);
    if (err == ERR_OK && pg_rows(result) == 1)
        searched->share = strtod(pg_text(result, 0, 0), NULL);
    if (searched->share < LEAST_SHARE)
        searched->share = LEAST_SHARE;
    PQclear(result);
    pg_args_drop(args);
    return err;
}

/* `most` and one more are read at most; then they are not all, and not kept. */
static enum err read_ids(struct pg *pg, struct text_search *searched, int64_t most, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    PGresult *result = NULL;
    pg_arg_text(args, searched->pattern);
    pg_arg_int8(args, most == INT64_MAX ? most : most + 1);
    enum err err = pg_exec(pg, &sql_query_workflows_search_ids, args, &result, error);
    if (err == ERR_OK && pg_int8(result, 0, 0) <= most) {
        searched->count = pg_int8(result, 0, 0);
        searched->ids = mem_strdup(pg_text(result, 0, 1));
        searched->way = TEXT_SEARCH_BY_IDS;
    }
    PQclear(result);
    pg_args_drop(args);
    return err;
}

enum err text_search_begin(struct pg *pg, struct text_search *searched, enum text_search_way way,
                           struct err_info *error)
{
    enum err err = estimate_share(pg, searched, error);
    if (err != ERR_OK)
        return err;
    searched->way = TEXT_SEARCH_BY_WALK;
    if (way == TEXT_SEARCH_BY_WALK || (way == TEXT_SEARCH_AS_IT_FITS && searched->share >= COMMON_SHARE))
        return ERR_OK;
    return read_ids(pg, searched, way == TEXT_SEARCH_BY_IDS ? INT64_MAX : TEXT_SEARCH_IDS_MAX, error);
}

int64_t text_search_walk_max(const struct text_search *searched, int64_t rows)
{
    int64_t most = (int64_t)((double)(rows * PATIENCE) / searched->share);
    return most > WALK_LEAST ? most : WALK_LEAST;
}

enum err text_search_take_ids(struct pg *pg, struct text_search *searched, struct err_info *error)
{
    return read_ids(pg, searched, INT64_MAX, error);
}
