/* Batches: all or nothing up to the sync, whatever goes wrong in the middle. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/store/pg_test.h"

STATEMENT(begin, "BEGIN");
STATEMENT(commit, "COMMIT");
STATEMENT(insert, "INSERT INTO item (n) VALUES ($1::bigint)");
STATEMENT(count_items, "SELECT count(*) FROM item");
STATEMENT(nonsense, "SELEKT 1");
STATEMENT(copy_in, "COPY item FROM STDIN");
STATEMENT(insert_child, "INSERT INTO child (n) VALUES ($1::bigint)");
STATEMENT(prepared_here, "SELECT count(*) FROM pg_prepared_statements");
STATEMENT(lock, "SELECT pg_advisory_lock(4711)");
STATEMENT(unlock, "SELECT pg_advisory_unlock(4711)");
STATEMENT(echo, "SELECT $1::text");
STATEMENT(all_columns, "SELECT * FROM widened");

static const char SCHEMA[] = "CREATE TABLE item (n bigint PRIMARY KEY);"
                             "CREATE TABLE child (n bigint REFERENCES item DEFERRABLE INITIALLY DEFERRED);"
                             "CREATE TABLE widened (a integer)";

static struct pg_batch *inserts(const int64_t *numbers, int count)
{
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &begin);
    for (int i = 0; i < count; i++)
        pg_arg_int8(pg_batch_add(batch, &insert), numbers[i]);
    pg_batch_add(batch, &commit);
    return batch;
}

static void a_batch_runs_in_order_and_gives_each_result(void **state)
{
    struct err_info error;
    struct pg *pg = connected(*state, PG_LIMITS_HOT);
    struct pg_batch *batch = pg_batch_new();
    int64_t before = number_of(pg, &count_items, NULL);
    pg_arg_int8(pg_batch_add(batch, &insert), 100);
    pg_batch_add(batch, &count_items);
    assert_fine(pg_batch_run(pg, batch, &error));
    assert_int_equal(pg_affected(pg_batch_result(batch, 0)), 1);
    assert_int_equal(pg_int8(pg_batch_result(batch, 1), 0, 0), before + 1);

    pg_batch_reset(batch);
    assert_fine(pg_batch_run(pg, batch, &error));
    pg_batch_drop(batch);
    pg_drop(pg);
}

static void a_statement_is_prepared_once_on_each_connection(void **state)
{
    struct err_info error;
    struct pg *pg = connected(*state, PG_LIMITS_HOT);
    assert_int_equal(number_of(pg, &prepared_here, NULL), 1);
    number_of(pg, &count_items, NULL);
    number_of(pg, &count_items, NULL);
    assert_int_equal(number_of(pg, &prepared_here, NULL), 2);
    pg_close(pg);
    assert_int_equal(pg_socket(pg), -1);
    assert_fine(pg_ready(pg, &error));
    assert_int_equal(number_of(pg, &prepared_here, NULL), 1);
    pg_drop(pg);
}

static void nothing_behind_an_error_runs(void **state)
{
    static const int64_t NUMBERS[] = {1, 1, 2};
    struct err_info error;
    struct pg *pg = connected(*state, PG_LIMITS_HOT);
    int64_t before = number_of(pg, &count_items, NULL);
    struct pg_batch *batch = inserts(NUMBERS, 3);
    assert_int_equal(pg_batch_run(pg, batch, &error), ERR_PERMANENT);
    assert_string_equal(error.sqlstate, "23505");
    assert_non_null(strstr(error.text, "test/insert: duplicate key"));
    assert_non_null(strstr(error.text, "(Key (n)=(1) already exists.)"));
    assert_int_equal(pg_affected(pg_batch_result(batch, 1)), 1);
    assert_null(pg_batch_result(batch, 2));
    assert_null(pg_batch_result(batch, 3));
    assert_null(pg_batch_result(batch, 4));

    /* BEGIN stood in front: the transaction is open and failed until it is given up. */
    assert_int_equal(pg_exec(pg, &count_items, NULL, NULL, &error), ERR_PERMANENT);
    assert_string_equal(error.sqlstate, "25P02");
    pg_abort(pg);
    assert_int_equal(number_of(pg, &count_items, NULL), before);
    pg_batch_drop(batch);
    pg_drop(pg);
}

static void a_batch_can_be_repeated_with_its_parameters(void **state)
{
    static const int64_t NUMBERS[] = {10, 11};
    struct err_info error;
    struct pg *pg = connected(*state, PG_LIMITS_HOT);
    struct pg *other = connected(*state, PG_LIMITS_HOT);
    struct pg_args *args = pg_args_new();
    pg_arg_int8(args, 11);
    assert_fine(pg_exec(other, &insert, args, NULL, &error));
    struct pg_batch *batch = inserts(NUMBERS, 2);
    assert_int_equal(pg_batch_run(pg, batch, &error), ERR_PERMANENT);
    assert_fine(pg_script(other, "DELETE FROM item WHERE n = 11", &error));
    assert_fine(pg_ready(pg, &error)); /* rolls back too */
    assert_fine(pg_batch_run(pg, batch, &error));
    assert_int_equal(pg_affected(pg_batch_result(batch, 2)), 1);
    pg_args_drop(args);
    pg_batch_drop(batch);
    pg_drop(other);
    pg_drop(pg);
}

static void a_statement_that_cannot_be_prepared_stops_the_batch_before_it_begins(void **state)
{
    struct err_info error;
    struct pg *pg = connected(*state, PG_LIMITS_HOT);
    int64_t before = number_of(pg, &count_items, NULL);
    struct pg_batch *batch = pg_batch_new();
    pg_arg_int8(pg_batch_add(batch, &insert), 20);
    pg_batch_add(batch, &nonsense);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pg_batch_run(pg, batch, &error), ERR_PERMANENT);
        assert_string_equal(error.sqlstate, "42601");
        assert_non_null(strstr(error.text, "test/nonsense: "));
    }
    assert_int_equal(number_of(pg, &count_items, NULL), before);
    pg_batch_drop(batch);
    pg_drop(pg);
}

static void what_fails_at_the_implicit_commit_fails_the_batch(void **state)
{
    struct err_info error;
    struct pg *pg = connected(*state, PG_LIMITS_HOT);
    int64_t before = number_of(pg, &count_items, NULL);
    struct pg_batch *batch = pg_batch_new();
    pg_arg_int8(pg_batch_add(batch, &insert), 30);
    pg_arg_int8(pg_batch_add(batch, &insert_child), 31); /* has no parent: found out at the end */
    assert_int_equal(pg_batch_run(pg, batch, &error), ERR_PERMANENT);
    assert_string_equal(error.sqlstate, "23503");
    assert_int_equal(number_of(pg, &count_items, NULL), before);
    pg_batch_drop(batch);
    pg_drop(pg);
}

static void copy_is_refused_and_the_connection_recovers(void **state)
{
    struct err_info error;
    struct pg *pg = connected(*state, PG_LIMITS_HOT);
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &copy_in);
    pg_batch_add(batch, &count_items);
    assert_int_equal(pg_batch_run(pg, batch, &error), ERR_PERMANENT);
    assert_non_null(strstr(error.text, "test/copy_in: "));
    assert_string_equal(error.sqlstate, "XX000");
    assert_fine(pg_ready(pg, &error));
    assert_int_equal(pg_exec(pg, &copy_in, NULL, NULL, &error), ERR_PERMANENT);
    assert_fine(pg_ready(pg, &error));
    number_of(pg, &count_items, NULL);
    pg_batch_drop(batch);
    pg_drop(pg);
}

static void start_returns_while_the_server_works(void **state)
{
    struct err_info error;
    struct pg *pg = connected(*state, PG_LIMITS_HOT);
    struct pg *holder = connected(*state, PG_LIMITS_HOT);
    struct pg_batch *batch = pg_batch_new();
    assert_fine(pg_exec(holder, &lock, NULL, NULL, &error));
    pg_batch_add(batch, &lock);
    pg_batch_add(batch, &unlock);
    pg_arg_text(pg_batch_add(batch, &echo), "done");
    assert_fine(pg_batch_start(pg, batch, &error));

    /* The server cannot have answered yet: the lock is held here. */
    assert_fine(pg_exec(holder, &unlock, NULL, NULL, &error));
    struct pollfd answer = {.fd = pg_socket(pg), .events = POLLIN};
    assert_int_equal(poll(&answer, 1, 30000), 1);
    assert_fine(pg_batch_end(pg, batch, &error));
    assert_string_equal(pg_text(pg_batch_result(batch, 2), 0, 0), "done");
    pg_batch_drop(batch);
    pg_drop(holder);
    pg_drop(pg);
}

static void more_than_all_buffers_hold_goes_through_both_ways(void **state)
{
    enum { STATEMENTS = 40, BYTES = 512 * 1024 };
    struct err_info error;
    struct pg *pg = connected(*state, PG_LIMITS_HOT);
    struct pg_batch *batch = pg_batch_new();
    char *text = malloc(BYTES + 1);
    assert_non_null(text);
    memset(text, 'x', BYTES);
    text[BYTES] = '\0';
    for (int i = 0; i < STATEMENTS; i++)
        pg_arg_text(pg_batch_add(batch, &echo), text);
    assert_fine(pg_batch_run(pg, batch, &error));
    for (int i = 0; i < STATEMENTS; i++)
        assert_int_equal(strlen(pg_text(pg_batch_result(batch, i), 0, 0)), BYTES);
    free(text);
    pg_batch_drop(batch);
    pg_drop(pg);
}

static void a_batch_left_under_way_is_given_up(void **state)
{
    struct err_info error;
    struct pg *pg = connected(*state, PG_LIMITS_HOT);
    struct pg_batch *batch = pg_batch_new();
    pg_arg_text(pg_batch_add(batch, &echo), "this is not read");
    assert_fine(pg_batch_start(pg, batch, &error));
    pg_abort(pg);
    assert_int_equal(pg_batch_end(pg, batch, &error), ERR_UNREACHABLE);
    assert_fine(pg_ready(pg, &error));
    number_of(pg, &count_items, NULL);
    pg_batch_drop(batch);
    pg_drop(pg);
}

static void a_plan_that_a_migration_made_stale_is_tried_again(void **state)
{
    struct err_info error;
    struct pg *pg = connected(*state, PG_LIMITS_HOT);
    struct pg *other = connected(*state, PG_LIMITS_HOT);
    assert_fine(pg_exec(pg, &all_columns, NULL, NULL, &error));
    assert_fine(pg_script(other, "ALTER TABLE widened ADD b integer", &error));
    assert_int_equal(pg_exec(pg, &all_columns, NULL, NULL, &error), ERR_RETRY);
    assert_string_equal(error.sqlstate, "0A000");
    assert_fine(pg_ready(pg, &error));
    assert_fine(pg_exec(pg, &all_columns, NULL, NULL, &error));
    pg_drop(other);
    pg_drop(pg);
}

static void a_script_says_in_which_line_it_failed(void **state)
{
    struct err_info error;
    struct pg *pg = connected(*state, PG_LIMITS_PROGRAM);
    assert_int_equal(pg_script(pg, "-- \xc3\xa9\xc3\xa9\nSELECT 1;\nSELECT nothing_like_it;\n", &error), ERR_PERMANENT);
    assert_string_equal(error.sqlstate, "42703");
    assert_int_equal(error.line, 3);
    pg_drop(pg);
}

static int setup(void **state)
{
    struct err_info error;
    stores_setup(state);
    struct pg *pg = connected(*state, PG_LIMITS_PROGRAM);
    assert_fine(pg_script(pg, SCHEMA, &error));
    pg_drop(pg);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_runs_in_order_and_gives_each_result),
        cmocka_unit_test(a_statement_is_prepared_once_on_each_connection),
        cmocka_unit_test(nothing_behind_an_error_runs),
        cmocka_unit_test(a_batch_can_be_repeated_with_its_parameters),
        cmocka_unit_test(a_statement_that_cannot_be_prepared_stops_the_batch_before_it_begins),
        cmocka_unit_test(what_fails_at_the_implicit_commit_fails_the_batch),
        cmocka_unit_test(copy_is_refused_and_the_connection_recovers),
        cmocka_unit_test(start_returns_while_the_server_works),
        cmocka_unit_test(more_than_all_buffers_hold_goes_through_both_ways),
        cmocka_unit_test(a_batch_left_under_way_is_given_up),
        cmocka_unit_test(a_plan_that_a_migration_made_stale_is_tried_again),
        cmocka_unit_test(a_script_says_in_which_line_it_failed),
    };
    return cmocka_run_group_tests(tests, setup, stores_teardown);
}
