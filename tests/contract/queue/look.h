/* Looking into the two stores from a test: statements and commands that are put together where they are asked. */
#ifndef REPRISE_TESTS_QUEUE_LOOK_H
#define REPRISE_TESTS_QUEUE_LOOK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/queue/dispatch.h"
#include "embedded/sql_count.h"
#include "tests/testing/testing.h"

/* From here on numbers of statements are free; below stand those of the tests' own (fixture.h). */
#define STATEMENT_FREE (SQL_COUNT + 1000)

#define assert_fine(call) assert_no_error((call), &error, __FILE__, __LINE__)

static inline void assert_no_error(enum err outcome, const struct err_info *error, const char *file, int line)
{
    if (outcome)
        print_error("%s [%s] %s\n", err_name(outcome), error->sqlstate, error->text);
    _assert_true(outcome == ERR_OK, "it succeeds", file, line);
}

/* ---- PostgreSQL ---------------------------------------------------------------------------------------------- */

/* Runs a statement that is put together here; each has a number of its own. The caller clears the result. */
static inline PGresult *PRINTF_LIKE(2, 3) query(struct pg *pg, const char *format, ...)
{
    static int numbers;
    struct err_info error;
    char text[4096];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    struct sql statement = {"test/query", STATEMENT_FREE + numbers++, text};
    PGresult *result = NULL;
    if (pg_exec(pg, &statement, NULL, &result, &error))
        fail_msg("%s: [%s] %s", text, error.sqlstate, error.text);
    return result;
}

#define number_of(pg, ...) number_in(query((pg), __VA_ARGS__))
static inline int64_t number_in(PGresult *result)
{
    int64_t number = pg_rows(result) == 0 ? -1 : pg_int8(result, 0, 0);
    PQclear(result);
    return number;
}

#define run_sql(pg, ...) PQclear(query((pg), __VA_ARGS__))

/* The first column of the first row against a text; "(null)" is SQL's null. */
#define assert_sql_text(expected, pg, ...) assert_text_in((expected), query((pg), __VA_ARGS__), __FILE__, __LINE__)
static inline void assert_text_in(const char *expected, PGresult *result, const char *file, int line)
{
    const char *text = pg_rows(result) == 0 ? "(no row)" : pg_text(result, 0, 0);
    _assert_string_equal(text == NULL ? "(null)" : text, expected, file, line);
    PQclear(result);
}

/* ---- Redis: `f` is anything with a member `dispatch` --------------------------------------------------------- */

/* A command for Redis in words without spaces; "{}" at a word's beginning stands for the prefix. The caller frees it.
 */
static inline redisReply *PRINTF_LIKE(2, 3) redis_ask(const struct dispatch *d, const char *format, ...)
{
    struct err_info error;
    char words[2048];
    va_list list;
    va_start(list, format);
    vsnprintf(words, sizeof words, format, list);
    va_end(list);
    struct redis_args *args = redis_args_new();
    char *rest = words;
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        if (strncmp(word, "{}", 2) == 0)
            redis_argf(args, "%s%s", d->prefix, word + 2);
        else
            redis_arg(args, word);
    }
    redisReply *reply = NULL;
    if (redis_run(d->redis, args, &reply, &error))
        fail_msg("%s: %s", format, error.text);
    redis_args_drop(args);
    return reply;
}

#define redis_number(f, ...) redis_number_in(redis_ask(&(f)->dispatch, __VA_ARGS__))
static inline int64_t redis_number_in(redisReply *reply)
{
    int64_t number = redis_int(reply);
    freeReplyObject(reply);
    return number;
}

#define redis_do(f, ...) freeReplyObject(redis_ask(&(f)->dispatch, __VA_ARGS__))

#define assert_redis_text(expected, f, ...)                                                                            \
    assert_redis_in((expected), redis_ask(&(f)->dispatch, __VA_ARGS__), __FILE__, __LINE__)
static inline void assert_redis_in(const char *expected, redisReply *reply, const char *file, int line)
{
    _assert_string_equal(redis_text(reply), expected, file, line);
    freeReplyObject(reply);
}

#endif
