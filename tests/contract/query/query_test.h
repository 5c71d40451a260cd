/* What the contract tests of questions share: a migrated database, questions asked by pairs of name and value, and
 * their answers as JSON. */
#ifndef REPRISE_TESTS_QUERY_TEST_H
#define REPRISE_TESTS_QUERY_TEST_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/query/query_result.h"
#include "common/store/migrate.h"
#include "tests/testing/stores.h"
#include "tests/testing/testing.h"

#define PAIRS_MAX 16

struct query_test {
    struct stores *stores;
    struct pg *pg;
};

/* Values by name: pairs, ended by NULL. A later pair of the same name does not count. */
static inline const char *query_test_value(const void *from, const char *name)
{
    for (const char *const *pair = from; *pair != NULL; pair += 2)
        if (strcmp(*pair, name) == 0)
            return pair[1];
    return NULL;
}

static inline void fine(enum err err, const struct err_info *error)
{
    if (err != ERR_OK)
        fail_msg("%s [%s] %s", err_name(err), error->sqlstate, error->text);
}

/* Statements without parameters. */
static inline void sql(struct query_test *t, const char *text)
{
    struct err_info error = {.code = ERR_OK};
    fine(pg_script(t->pg, text, &error), &error);
}

static inline struct query_result ask_pairs(struct query_test *t, query_fn *question, const char *const *pairs)
{
    struct err_info error = {.code = ERR_OK};
    struct query_params asked = {query_test_value, pairs, QUERY_PARAMS_BY_PARAMETERS};
    struct query_result answer;
    fine(question(t->pg, &asked, &answer, &error), &error);
    assert_non_null(answer.json);
    return answer;
}
/* ask(t, apps_list, "limit", "3"): the answer, to be given to query_result_fini. */
#define ask(t, question, ...) ask_pairs((t), (question), (const char *const[PAIRS_MAX]){__VA_ARGS__})

static inline void refused_pairs(struct query_test *t, query_fn *question, const char *const *pairs, enum err expected,
                                 const char *text)
{
    struct err_info error = {.code = ERR_OK};
    struct query_params asked = {query_test_value, pairs, QUERY_PARAMS_BY_PARAMETERS};
    struct query_result answer;
    enum err err = question(t->pg, &asked, &answer, &error);
    if (err != expected || strstr(error.text, text) == NULL)
        fail_msg("%s: %s", err_name(err), error.text);
    fine(pg_ready(t->pg, &error), &error);
}
#define refused(t, question, expected, text, ...)                                                                      \
    refused_pairs((t), (question), (const char *const[PAIRS_MAX]){__VA_ARGS__}, (expected), (text))

/* The values of `member` in the array `list` of an answer, joined by spaces; the caller frees. */
static inline char *values_of(const struct query_result *answer, const char *list, const char *member)
{
    struct buf out = BUF_INIT;
    struct json_object *array = json_get(answer->json, list);
    assert_true(json_object_is_type(array, json_type_array));
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        struct json_object *value = json_get(json_object_array_get_idx(array, i), member);
        buf_addf(&out, "%s%s", i == 0 ? "" : " ", value == NULL ? "null" : json_object_get_string(value));
    }
    return buf_take(&out);
}

static inline void assert_values_at(struct query_result answer, const char *list, const char *member,
                                    const char *expected, int line)
{
    char *values = values_of(&answer, list, member);
    if (strcmp(values, expected) != 0)
        print_error("line %d\n", line);
    assert_string_equal(values, expected);
    free(values);
    query_result_fini(&answer);
}
/* Asks, compares the values of one member over all rows. */
#define assert_values(answer, list, member, expected) assert_values_at((answer), (list), (member), (expected), __LINE__)

/* A member of an answer by its path, compared as JSON text. */
static inline void assert_member(const struct query_result *answer, const char *member, const char *expected)
{
    struct json_object *value = json_get(answer->json, member);
    const char *text = value == NULL ? "null" : json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
    if (strcmp(text, expected) != 0)
        print_error("%s\n", member);
    assert_string_equal(text, expected);
}

static inline int query_test_open(void **state)
{
    struct query_test *t = mem_zalloc(sizeof *t);
    struct err_info error = {.code = ERR_OK};
    struct migrate_done done;
    t->stores = stores_new();
    t->pg = pg_new(stores_postgres_url(t->stores), "test", PG_LIMITS_PROGRAM);
    fine(pg_ready(t->pg, &error), &error);
    fine(migrate_ensure(t->pg, MIGRATE_ANY, &done, &error), &error);
    fine(pg_ready(t->pg, &error), &error);
    *state = t;
    return 0;
}

static inline int query_test_close(void **state)
{
    struct query_test *t = *state;
    pg_drop(t->pg);
    stores_drop(t->stores);
    free(t);
    return 0;
}

#endif
