/* SQL with named parameters becomes SQL with typed ones: what is a parameter, what only looks like one, what is
 * refused. */
#include "common/base/named_sql.h"

#include <string.h>

#include "tests/testing/testing.h"

static const struct named_sql_param params[] = {{"keys", "text[]"}, {"args", "jsonb"}, {NULL, NULL}};

static void becomes(const char *source, const char *wanted)
{
    struct named_sql sql;
    struct err_info error = {.code = ERR_OK};
    size_t at;
    if (named_sql_parse(source, params, &sql, &at, &error) != ERR_OK)
        fail_msg("%s: %s", source, error.text);
    assert_string_equal(sql.text.data, wanted);
    named_sql_fini(&sql);
}

static void refused(const char *source, size_t where, const char *why)
{
    struct named_sql sql;
    struct err_info error = {.code = ERR_OK};
    size_t at = 12345;
    assert_int_equal(named_sql_parse(source, params, &sql, &at, &error), ERR_USAGE);
    if (at != where || strstr(error.text, why) == NULL)
        fail_msg("%s: expected \"%s\" at %zu, got \"%s\" at %zu", source, why, where, error.text, at);
    named_sql_fini(&sql);
}

static void a_parameter_is_typed_and_numbered_by_its_first_use(void **state)
{
    (void)state;
    becomes("SELECT :keys", "SELECT ($1::text[])");
    becomes("SELECT :args->>'a', :keys, :args", "SELECT ($1::jsonb)->>'a', ($2::text[]), ($1::jsonb)");
    becomes("SELECT :keys::text", "SELECT ($1::text[])::text");
}

static void what_only_looks_like_one_stays(void **state)
{
    static const char *const texts[] = {
        "SELECT ':keys', 'it''s :keys', E'\\':keys', \":keys\", \"a\"\":keys\"",
        "SELECT $$ :keys $$, $a$ $$ :keys $a$, a$1, 1e5::int",
        "SELECT 1 -- :keys; '\n, 2 /* :keys /* ' */ ; */",
        "SELECT a::keys, x := 3, '2000-01-01 00:00:00'",
        "WITH k AS (SELECT 1) SELECT * FROM k",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        becomes(texts[i], texts[i]);
    becomes("SELECT 1 ; -- the end\n", "SELECT 1  -- the end\n");
}

static void what_cannot_be_run_as_one_statement_is_refused_where_it_stands(void **state)
{
    (void)state;
    refused("", 0, "no statement");
    refused("-- nothing\n", 11, "no statement");
    refused("DROP TABLE a", 0, "not with DROP");
    refused("COMMIT", 0, "not with COMMIT");
    refused("SELECT 1; SELECT 2", 10, "second statement");
    refused("SELECT :nothing", 7, "there are :keys, :args");
    refused("SELECT :key", 7, "no parameter :key");
    refused("SELECT $1", 7, "parameters have names");
    refused("SELECT 'abc", 7, "does not end");
    refused("SELECT E'abc\\'", 7, "does not end");
    refused("SELECT \"abc", 7, "does not end");
    refused("SELECT $a$ $b$ $$", 7, "does not end");
    refused("SELECT /* /* */", 7, "does not end");
}

static void it_is_told_what_stands_outside_of_parentheses(void **state)
{
    static const struct {
        const char *text;
        bool order, limit, selects;
    } cases[] = {
        {"SELECT 1 ORDER BY 1 LIMIT 2", true, true, true},
        {"select 1 order\n by 1 fetch first 1 row only", true, true, true},
        {"SELECT (SELECT 1 ORDER BY 1 LIMIT 2), 'ORDER BY' -- LIMIT\n", false, false, true},
        {"UPDATE a SET b = 1 RETURNING c", false, false, false},
        {"WITH a AS (DELETE FROM b RETURNING c) SELECT 1", false, false, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct named_sql sql;
        struct err_info error;
        size_t at;
        assert_int_equal(named_sql_parse(cases[i].text, params, &sql, &at, &error), ERR_OK);
        assert_int_equal(sql.has_order, cases[i].order);
        assert_int_equal(sql.has_limit, cases[i].limit);
        assert_int_equal(sql.selects, cases[i].selects);
        named_sql_fini(&sql);
    }
}

static void a_place_in_the_text_leads_back_to_the_source(void **state)
{
    static const char source[] = "SELECT :keys, x, :args, y";
    struct named_sql sql;
    struct err_info error;
    size_t at;
    (void)state;
    assert_int_equal(named_sql_parse(source, params, &sql, &at, &error), ERR_OK);
    for (const char *sought = "Sxy"; *sought != '\0'; sought++)
        assert_int_equal(named_sql_source(&sql, (size_t)(strrchr(sql.text.data, *sought) - sql.text.data)),
                         strrchr(source, *sought) - source);
    named_sql_fini(&sql);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_parameter_is_typed_and_numbered_by_its_first_use),
        cmocka_unit_test(what_only_looks_like_one_stays),
        cmocka_unit_test(what_cannot_be_run_as_one_statement_is_refused_where_it_stands),
        cmocka_unit_test(it_is_told_what_stands_outside_of_parentheses),
        cmocka_unit_test(a_place_in_the_text_leads_back_to_the_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
