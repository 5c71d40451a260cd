/* Parameters come to the server as what they are, and results come back. */
#include <stdlib.h>
#include <string.h>

#include "tests/contract/store/pg_test.h"

STATEMENT(echo_scalars, "SELECT $1::text, $2::bigint, $3::integer, $4::boolean, $5::bytea, $6::text IS NULL");
STATEMENT(echo_int8s, "SELECT v, i FROM unnest($1::bigint[]) WITH ORDINALITY t(v, i) ORDER BY i");
STATEMENT(echo_int4s, "SELECT v, i FROM unnest($1::integer[]) WITH ORDINALITY t(v, i) ORDER BY i");
STATEMENT(echo_texts, "SELECT v, i FROM unnest($1::text[]) WITH ORDINALITY t(v, i) ORDER BY i");
STATEMENT(echo_byteas, "SELECT v, i FROM unnest($1::bytea[]) WITH ORDINALITY t(v, i) ORDER BY i");
STATEMENT(echo_jsonbs, "SELECT v->>'a' FROM unnest($1::text[]::jsonb[]) WITH ORDINALITY t(v, i) ORDER BY i");
STATEMENT(echo_text, "SELECT $1::text");
STATEMENT(numbers, "SELECT 1.5::float8, NULL::bigint, NULL::text, NULL::boolean, NULL::float8, '\\x00ff'::bytea");
STATEMENT(make_rows, "CREATE TEMP TABLE touched AS SELECT generate_series(1, 7) AS n");
STATEMENT(touch_rows, "UPDATE touched SET n = n WHERE n <= 5");

struct fixture {
    struct pg *pg;
    struct pg_args *args;
    PGresult *result;
    struct err_info error;
};

static void setup(struct fixture *fixture, void **state)
{
    *fixture = (struct fixture){.pg = connected(*state, PG_LIMITS_PROGRAM), .args = pg_args_new()};
}

static void teardown(struct fixture *fixture)
{
    PQclear(fixture->result);
    pg_args_drop(fixture->args);
    pg_drop(fixture->pg);
}

static void run(struct fixture *fixture, const struct sql *statement)
{
    PQclear(fixture->result);
    fixture->result = NULL;
    enum err outcome = pg_exec(fixture->pg, statement, fixture->args, &fixture->result, &fixture->error);
    assert_no_error(outcome, &fixture->error, __FILE__, __LINE__);
}

static void scalars_arrive(void **state)
{
    static const char ODD[] = "tab\t quote' \"double\" back\\slash \n\x01 \xc3\xa9 {brace}";
    static const uint8_t BYTES[] = {0x00, 0xff, 0x5c, 0x27, 0x00};
    struct fixture f;
    setup(&f, state);
    pg_arg_text(f.args, ODD);
    pg_arg_int8(f.args, INT64_MIN);
    pg_arg_int4(f.args, INT32_MIN);
    pg_arg_bool(f.args, true);
    pg_arg_bytea(f.args, BYTES, sizeof BYTES);
    pg_arg_text(f.args, NULL);
    run(&f, &echo_scalars);

    uint8_t back[sizeof BYTES];
    assert_string_equal(pg_text(f.result, 0, 0), ODD);
    assert_true(pg_int8(f.result, 0, 1) == INT64_MIN);
    assert_true(pg_int8(f.result, 0, 2) == INT32_MIN);
    assert_true(pg_bool(f.result, 0, 3));
    assert_true(pg_bytea(f.result, 0, 4, back, sizeof back));
    assert_memory_equal(back, BYTES, sizeof back);
    assert_false(pg_bytea(f.result, 0, 4, back, sizeof back - 1));
    assert_true(pg_bool(f.result, 0, 5));
    teardown(&f);
}

static void integer_arrays_arrive(void **state)
{
    static const int64_t BIG[] = {0, -1, INT64_MAX, INT64_MIN, 1};
    static const int32_t SMALL[] = {INT32_MAX, INT32_MIN, -7};
    struct fixture f;
    setup(&f, state);
    pg_arg_int8s(f.args, BIG, 5);
    run(&f, &echo_int8s);
    assert_int_equal(pg_rows(f.result), 5);
    for (int i = 0; i < 5; i++)
        assert_true(pg_int8(f.result, i, 0) == BIG[i]);

    pg_args_reset(f.args);
    pg_arg_int4s(f.args, SMALL, 3);
    run(&f, &echo_int4s);
    assert_int_equal(pg_rows(f.result), 3);
    for (int i = 0; i < 3; i++)
        assert_true(pg_int8(f.result, i, 0) == SMALL[i]);
    teardown(&f);
}

static void empty_arrays_arrive(void **state)
{
    static const struct sql *const STATEMENTS[] = {&echo_int8s, &echo_int4s, &echo_texts, &echo_byteas};
    struct fixture f;
    setup(&f, state);
    for (int i = 0; i < 4; i++) {
        pg_args_reset(f.args);
        if (i == 0)
            pg_arg_int8s(f.args, NULL, 0);
        else if (i == 1)
            pg_arg_int4s(f.args, NULL, 0);
        else if (i == 2)
            pg_arg_texts(f.args, NULL, 0);
        else
            pg_arg_byteas(f.args, NULL, 32, 0);
        run(&f, STATEMENTS[i]);
        assert_int_equal(pg_rows(f.result), 0);
    }
    teardown(&f);
}

static void text_arrays_arrive_with_their_nulls(void **state)
{
    static const char *const TEXTS[] = {"", NULL, "NULL", "a,b\"{}\\", NULL, "\xe2\x82\xac"};
    struct fixture f;
    setup(&f, state);
    pg_arg_texts(f.args, TEXTS, 6);
    run(&f, &echo_texts);
    assert_int_equal(pg_rows(f.result), 6);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(pg_is_null(f.result, i, 0), TEXTS[i] == NULL);
        if (TEXTS[i])
            assert_string_equal(pg_text(f.result, i, 0), TEXTS[i]);
    }
    teardown(&f);
}

static void text_arrays_become_jsonb_arrays(void **state)
{
    static const char *const TEXTS[] = {"{\"a\": 1}", "{\"a\": \"x\"}", NULL};
    struct fixture f;
    setup(&f, state);
    pg_arg_texts(f.args, TEXTS, 3);
    run(&f, &echo_jsonbs);
    assert_string_equal(pg_text(f.result, 0, 0), "1");
    assert_string_equal(pg_text(f.result, 1, 0), "x");
    assert_null(pg_text(f.result, 2, 0));
    teardown(&f);
}

static void bytea_arrays_arrive(void **state)
{
    static const uint8_t BYTES[2][4] = {{0, 1, 2, 0}, {255, 0, 0, 254}};
    struct fixture f;
    setup(&f, state);
    pg_arg_byteas(f.args, BYTES, 4, 2);
    run(&f, &echo_byteas);
    uint8_t back[4];
    assert_int_equal(pg_rows(f.result), 2);
    for (int i = 0; i < 2; i++) {
        assert_true(pg_bytea(f.result, i, 0, back, 4));
        assert_memory_equal(back, BYTES[i], 4);
    }
    teardown(&f);
}

static void text_with_a_nul_is_refused_and_not_cut(void **state)
{
    struct fixture f;
    setup(&f, state);
    pg_arg_text_len(f.args, "a\0b", 3);
    assert_int_equal(pg_exec(f.pg, &echo_text, f.args, &f.result, &f.error), ERR_PERMANENT);
    assert_string_equal(f.error.sqlstate, "22021");
    pg_args_reset(f.args);
    pg_arg_text_len(f.args, "abc", 2);
    run(&f, &echo_text);
    assert_string_equal(pg_text(f.result, 0, 0), "ab");
    teardown(&f);
}

static void text_that_is_not_utf8_is_refused(void **state)
{
    struct fixture f;
    setup(&f, state);
    pg_arg_text(f.args, "\xff\xfe");
    assert_int_equal(pg_exec(f.pg, &echo_text, f.args, &f.result, &f.error), ERR_PERMANENT);
    assert_string_equal(f.error.sqlstate, "22021");
    teardown(&f);
}

static void null_reads_as_nothing(void **state)
{
    struct fixture f;
    setup(&f, state);
    run(&f, &numbers);
    uint8_t bytes[2];
    assert_true(pg_double(f.result, 0, 0) == 1.5);
    assert_int_equal(pg_int8(f.result, 0, 1), 0);
    assert_null(pg_text(f.result, 0, 2));
    assert_false(pg_bool(f.result, 0, 3));
    assert_true(pg_double(f.result, 0, 4) == 0);
    assert_false(pg_bytea(f.result, 0, 2, bytes, 2));
    assert_true(pg_bytea(f.result, 0, 5, bytes, 2));
    teardown(&f);
}

static void affected_rows_are_counted(void **state)
{
    struct fixture f;
    setup(&f, state);
    run(&f, &make_rows);
    run(&f, &touch_rows);
    assert_int_equal(pg_affected(f.result), 5);
    assert_int_equal(pg_rows(f.result), 0);
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_arrive),
        cmocka_unit_test(integer_arrays_arrive),
        cmocka_unit_test(empty_arrays_arrive),
        cmocka_unit_test(text_arrays_arrive_with_their_nulls),
        cmocka_unit_test(text_arrays_become_jsonb_arrays),
        cmocka_unit_test(bytea_arrays_arrive),
        cmocka_unit_test(text_with_a_nul_is_refused_and_not_cut),
        cmocka_unit_test(text_that_is_not_utf8_is_refused),
        cmocka_unit_test(null_reads_as_nothing),
        cmocka_unit_test(affected_rows_are_counted),
    };
    return cmocka_run_group_tests(tests, stores_setup, stores_teardown);
}
