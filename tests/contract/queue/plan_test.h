/* What the tests of plans share: a connection like an executor's, EXPLAIN and what it says. */
#ifndef REPRISE_TESTS_PLAN_TEST_H
#define REPRISE_TESTS_PLAN_TEST_H

#include "common/store/pg_private.h"
#include "embedded/sql_session.h"
#include "tests/contract/queue/queue_test.h"

static inline struct pg *hot_connection(struct queue_test *t)
{
    struct err_info error;
    struct pg *pg = pg_new(stores_postgres_url(t->stores), "test", PG_LIMITS_HOT);
    assert_fine(pg_ready(pg, &error));
    return pg;
}

/* The plan as text, lines joined; the caller frees. What it did is undone. */
static inline char *explain(struct pg *pg, const struct sql *statement)
{
    struct err_info error;
    struct buf plan = BUF_INIT;
    PGresult *lines = NULL;
    assert_fine(pg_exec(pg, &sql_session_begin, NULL, NULL, &error));
    assert_fine(pg_exec(pg, statement, NULL, &lines, &error));
    for (int row = 0; row < pg_rows(lines); row++)
        buf_addf(&plan, "%s\n", pg_text(lines, row, 0));
    PQclear(lines);
    pg_abort(pg);
    return buf_take(&plan);
}

/* The pages that the whole statement read: the first line about buffers is the root's. */
static inline int64_t pages_of(const char *plan)
{
    const char *hit = strstr(plan, "Buffers: shared"), *end = hit == NULL ? NULL : strchr(hit, '\n');
    int64_t pages = 0;
    for (const char *at = hit; at != NULL && at < end; at = strpbrk(at + 1, " "))
        if (strncmp(at, " hit=", 5) == 0 || strncmp(at, " read=", 6) == 0)
            pages += strtoll(strchr(at, '=') + 1, NULL, 10);
    return pages;
}

/* The rows that a plan read only to throw them away, of all its nodes: what a filter, a join or a bitmap that became
 * coarse refused, as often as the node ran. */
static inline int64_t wasted_rows_of(const char *plan)
{
    int64_t rows = 0, loops = 1;
    for (const char *line = plan; *line != '\0'; line += strcspn(line, "\n") + 1) {
        const char *end = line + strcspn(line, "\n"), *mark = strstr(line, " loops=");
        if (mark != NULL && mark < end)
            loops = strtoll(mark + 7, NULL, 10);
        mark = strstr(line, "Rows Removed by ");
        if (mark != NULL && mark < end)
            rows += loops * strtoll(strchr(mark, ':') + 1, NULL, 10);
    }
    return rows;
}

#endif
