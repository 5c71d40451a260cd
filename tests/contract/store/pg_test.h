/* What the contract tests of the PostgreSQL connection share: statements of their own, and calls that must succeed. */
#ifndef REPRISE_TESTS_PG_TEST_H
#define REPRISE_TESTS_PG_TEST_H

#include "common/base/err.h"
#include "common/store/pg.h"
#include "embedded/sql_count.h"
#include "tests/testing/stores.h"
#include "tests/testing/testing.h"

/* A statement with a number that no other one of this program has. */
#define STATEMENT(name, text) static const struct sql name = {"test/" #name, SQL_COUNT + __COUNTER__, text}

#define assert_fine(call) assert_no_error((call), &error, __FILE__, __LINE__)

static inline void assert_no_error(enum err outcome, const struct err_info *error, const char *file, int line)
{
    if (outcome)
        print_error("%s [%s] %s\n", err_name(outcome), error->sqlstate, error->text);
    _assert_true(outcome == ERR_OK, "it succeeds", file, line);
}

static inline struct pg *connected(const struct stores *stores, struct pg_limits limits)
{
    struct err_info error = {.code = ERR_OK};
    struct pg *pg = pg_new(stores_postgres_url(stores), "test", limits);
    assert_fine(pg_ready(pg, &error));
    return pg;
}

/* The first column of the first row of a statement with these parameters (NULL = none). */
static inline int64_t number_of(struct pg *pg, const struct sql *statement, const struct pg_args *args)
{
    struct err_info error = {.code = ERR_OK};
    PGresult *result = NULL;
    assert_fine(pg_exec(pg, statement, args, &result, &error));
    int64_t number = pg_int8(result, 0, 0);
    PQclear(result);
    return number;
}

#endif
