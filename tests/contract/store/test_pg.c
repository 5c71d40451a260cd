/* The connection: what it sets, what its errors mean, and how it comes back. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/store/pg_test.h"

STATEMENT(setting, "SELECT current_setting($1::text)");
STATEMENT(fail_with, "SELECT fail_with($1::text)");
STATEMENT(fenced_block, "DO $$ BEGIN RAISE 'not ours' USING ERRCODE = 'RP001', DETAIL = E'two\\nlines'; END $$");
STATEMENT(backend, "SELECT pg_backend_pid()");
STATEMENT(terminate, "SELECT pg_terminate_backend($1::integer, 30000)::integer");
STATEMENT(sleep_long, "SELECT pg_sleep(120)");
STATEMENT(begin, "BEGIN");
STATEMENT(one, "SELECT 1");
STATEMENT(lock, "SELECT pg_advisory_xact_lock(1)");
STATEMENT(locks_held, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()");
STATEMENT(insert_secret, "INSERT INTO guarded (n, token) VALUES (-1, 'hunter2')");
STATEMENT(wait_lock, "LOCK TABLE guarded IN ACCESS EXCLUSIVE MODE");

static const char SCHEMA[] = "CREATE TABLE guarded (n integer CHECK (n > 0), token text);"
                             "CREATE FUNCTION fail_with(code text) RETURNS integer LANGUAGE plpgsql AS "
                             "'BEGIN RAISE USING ERRCODE = code, MESSAGE = ''on purpose''; END'";

static void expect_setting(struct pg *pg, const char *name, const char *value)
{
    struct err_info error;
    PGresult *result = NULL;
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, name);
    assert_fine(pg_exec(pg, &setting, args, &result, &error));
    assert_string_equal(pg_text(result, 0, 0), value);
    PQclear(result);
    pg_args_drop(args);
}

static void every_limit_is_set(void **state)
{
    struct pg *pg = connected(*state, (struct pg_limits){5000, 61000, 11000, 6000, 70000, true, 0});
    expect_setting(pg, "statement_timeout", "61s");
    expect_setting(pg, "lock_timeout", "11s");
    expect_setting(pg, "idle_in_transaction_session_timeout", "6s");
    expect_setting(pg, "plan_cache_mode", "force_custom_plan");
    expect_setting(pg, "enable_seqscan", "off");
    expect_setting(pg, "search_path", "reprise, public");
    expect_setting(pg, "transaction_isolation", "read committed");
    expect_setting(pg, "TimeZone", "UTC");
    expect_setting(pg, "DateStyle", "ISO, MDY");
    expect_setting(pg, "bytea_output", "hex");
    expect_setting(pg, "client_encoding", "UTF8");
    expect_setting(pg, "application_name", "test");
    pg_drop(pg);

    pg = connected(*state, (struct pg_limits){5000, 0, 0, 0, 0, false, 0});
    expect_setting(pg, "statement_timeout", "0");
    expect_setting(pg, "enable_seqscan", "on");
    expect_setting(pg, "plan_cache_mode", "force_custom_plan");
    pg_drop(pg);
}

static void options_of_the_url_count_unless_they_are_ours(void **state)
{
    struct err_info error;
    struct buf url = BUF_INIT;
    buf_addf(&url, "%s&options=-c%%20work_mem%%3D5MB%%20-c%%20statement_timeout%%3D1", stores_postgres_url(*state));
    struct pg *pg = pg_new(url.data, "test", PG_LIMITS_PROGRAM);
    assert_fine(pg_ready(pg, &error));
    expect_setting(pg, "work_mem", "5MB");
    expect_setting(pg, "statement_timeout", "1min");
    pg_drop(pg);
    buf_fini(&url);
}

static void each_sqlstate_has_its_class(void **state)
{
    static const struct {
        const char *sqlstate;
        enum err code;
    } CASES[] = {
        {"RP001", ERR_FENCED},    {"RP002", ERR_FENCED},    {"RP003", ERR_BUSY},        {"RP404", ERR_NOT_FOUND},
        {"RP409", ERR_CONFLICT},  {"40P01", ERR_RETRY},     {"40001", ERR_RETRY},       {"55P03", ERR_RETRY},
        {"53300", ERR_RETRY},     {"53100", ERR_RETRY},     {"25006", ERR_RETRY},       {"57014", ERR_RETRY},
        {"53200", ERR_RETRY},     {"53400", ERR_RETRY},     {"58030", ERR_RETRY},       {"40003", ERR_RETRY},
        {"22012", ERR_PERMANENT}, {"RP999", ERR_PERMANENT}, {"57P01", ERR_UNREACHABLE},
    };
    struct err_info error;
    struct pg *pg = connected(*state, PG_LIMITS_HOT);
    struct pg_args *args = pg_args_new();
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        pg_args_reset(args);
        pg_arg_text(args, CASES[i].sqlstate);
        assert_fine(pg_ready(pg, &error));
        assert_int_equal(pg_exec(pg, &fail_with, args, NULL, &error), CASES[i].code);
        assert_int_equal(error.code, CASES[i].code);
        assert_string_equal(error.sqlstate, CASES[i].sqlstate);
        assert_string_equal(error.text, "test/fail_with: on purpose");
    }
    pg_args_drop(args);
    pg_drop(pg);
}

static void an_error_is_one_line_with_its_detail(void **state)
{
    struct err_info error;
    struct pg *pg = connected(*state, PG_LIMITS_HOT);
    assert_int_equal(pg_exec(pg, &fenced_block, NULL, NULL, &error), ERR_FENCED);
    assert_string_equal(error.text, "test/fenced_block: not ours (two lines)");
    pg_drop(pg);
}

static void an_error_does_not_show_the_row(void **state)
{
    struct err_info error;
    struct pg *pg = connected(*state, PG_LIMITS_HOT);
    assert_int_equal(pg_exec(pg, &insert_secret, NULL, NULL, &error), ERR_PERMANENT);
    assert_string_equal(error.sqlstate, "23514");
    assert_null(strstr(error.text, "hunter2"));
    pg_drop(pg);
}

static void end_backend(void **state, int64_t pid)
{
    struct pg *admin = connected(*state, PG_LIMITS_PROGRAM);
    struct pg_args *args = pg_args_new();
    pg_arg_int8(args, pid);
    assert_int_equal(number_of(admin, &terminate, args), 1);
    pg_args_drop(args);
    pg_drop(admin);
}

static void a_connection_that_was_ended_is_unreachable_and_comes_back(void **state)
{
    struct err_info error;
    struct pg *pg = connected(*state, PG_LIMITS_HOT);
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &one);
    for (int i = 0; i < 2; i++) {
        assert_fine(pg_batch_run(pg, batch, &error));
        end_backend(state, number_of(pg, &backend, NULL));
        assert_int_equal(pg_batch_run(pg, batch, &error), ERR_UNREACHABLE);
        assert_int_equal(strlen(error.sqlstate), 5);
        assert_int_equal(pg_socket(pg), -1);
        assert_int_equal(pg_batch_run(pg, batch, &error), ERR_UNREACHABLE); /* not by itself: it may be in the middle */
        assert_fine(pg_ready(pg, &error));
        assert_fine(pg_batch_run(pg, batch, &error));
    }
    pg_batch_drop(batch);
    pg_drop(pg);
}

static void a_connection_that_ends_within_a_batch_is_unreachable(void **state)
{
    struct err_info error;
    struct pg *pg = connected(*state, PG_LIMITS_HOT);
    int64_t pid = number_of(pg, &backend, NULL);
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &one);
    pg_batch_add(batch, &sleep_long);
    pg_batch_add(batch, &one);
    assert_fine(pg_batch_start(pg, batch, &error));
    end_backend(state, pid);
    assert_int_equal(pg_batch_end(pg, batch, &error), ERR_UNREACHABLE);
    assert_string_equal(error.sqlstate, "57P01");
    assert_non_null(strstr(error.text, "administrator command"));
    assert_fine(pg_ready(pg, &error));
    assert_int_equal(number_of(pg, &one, NULL), 1);
    pg_batch_drop(batch);
    pg_drop(pg);
}

static void ready_notices_a_connection_that_ended_unseen(void **state)
{
    struct err_info error;
    struct pg *pg = connected(*state, PG_LIMITS_HOT);
    end_backend(state, number_of(pg, &backend, NULL));
    assert_fine(pg_ready(pg, &error));
    assert_int_equal(number_of(pg, &one, NULL), 1);
    pg_drop(pg);
}

static void a_statement_that_takes_too_long_is_tried_again(void **state)
{
    struct err_info error;
    struct pg *pg = connected(*state, (struct pg_limits){5000, 50, 0, 0, 0, true, 0});
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &sleep_long);
    assert_int_equal(pg_batch_run(pg, batch, &error), ERR_RETRY);
    assert_string_equal(error.sqlstate, "57014");
    assert_int_equal(number_of(pg, &one, NULL), 1);
    pg_batch_drop(batch);
    pg_drop(pg);
}

static void a_lock_that_takes_too_long_is_tried_again(void **state)
{
    struct err_info error;
    struct pg *holder = connected(*state, PG_LIMITS_PROGRAM);
    assert_fine(pg_exec(holder, &begin, NULL, NULL, &error));
    assert_fine(pg_exec(holder, &wait_lock, NULL, NULL, &error));
    struct pg *pg = connected(*state, (struct pg_limits){5000, 0, 20, 0, 0, true, 0});
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &begin);
    pg_batch_add(batch, &wait_lock);
    assert_int_equal(pg_batch_run(pg, batch, &error), ERR_RETRY);
    assert_string_equal(error.sqlstate, "55P03");
    pg_batch_drop(batch);
    pg_drop(pg);
    pg_drop(holder);
}

static void ready_leaves_an_open_transaction(void **state)
{
    struct err_info error;
    struct pg *pg = connected(*state, PG_LIMITS_HOT);
    int64_t pid = number_of(pg, &backend, NULL);
    assert_fine(pg_exec(pg, &begin, NULL, NULL, &error));
    assert_fine(pg_exec(pg, &lock, NULL, NULL, &error));
    assert_int_equal(number_of(pg, &locks_held, NULL), 1);
    assert_fine(pg_ready(pg, &error));
    assert_int_equal(number_of(pg, &locks_held, NULL), 0);
    assert_int_equal(number_of(pg, &backend, NULL), pid);
    pg_drop(pg);
}

static void no_server_there_is_unreachable(void **state)
{
    (void)state;
    struct err_info error;
    struct pg *pg = pg_new("postgresql://nobody:hunter2@/x?host=/nonexistent", "test", PG_LIMITS_HOT);
    assert_int_equal(pg_ready(pg, &error), ERR_UNREACHABLE);
    assert_string_equal(error.sqlstate, "08001");
    assert_null(strstr(error.text, "hunter2"));
    assert_null(strchr(error.text, '\n'));
    assert_int_equal(pg_script(pg, "SELECT 1", &error), ERR_UNREACHABLE);
    pg_drop(pg);
}

static void a_url_that_spills_its_password_is_refused(void **state)
{
    static const char *const URLS[] = {
        "postgresql://me:hunter2@secret@host/db",
        "postgresql://me:hunter2/secret@host/db",
        "hunter2secret",
        "postgresql://me:hunter2secret@host:port/db",
        "postgresql://me:x@host/db?secret=hunter2",
        "password=hunter2 secret",
    };
    (void)state;
    for (size_t i = 0; i < sizeof URLS / sizeof *URLS; i++) {
        struct err_info error;
        struct pg *pg = pg_new(URLS[i], "test", PG_LIMITS_HOT);
        assert_int_equal(pg_ready(pg, &error), ERR_USAGE);
        assert_null(strstr(error.text, "hunter2"));
        assert_null(strstr(error.text, "secret"));
        pg_drop(pg);
    }
}

static void a_server_that_was_killed_and_started_is_found_again(void **state)
{
    (void)state;
    struct err_info error;
    struct stores *stores = stores_new_private(STORES_DURABLE);
    struct pg *pg = connected(stores, PG_LIMITS_HOT);
    assert_fine(pg_script(pg, "CREATE TABLE kept AS SELECT 1", &error));
    stores_end(stores, STORE_POSTGRES, SIGKILL);
    stores_start(stores);
    assert_fine(pg_ready(pg, &error));
    assert_fine(pg_script(pg, "SELECT FROM kept", &error));
    stores_end(stores, STORE_POSTGRES, SIGINT);
    assert_int_equal(pg_ready(pg, &error), ERR_UNREACHABLE);
    stores_start(stores);
    assert_fine(pg_ready(pg, &error));
    pg_drop(pg);
    stores_drop(stores);
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
        cmocka_unit_test(every_limit_is_set),
        cmocka_unit_test(options_of_the_url_count_unless_they_are_ours),
        cmocka_unit_test(each_sqlstate_has_its_class),
        cmocka_unit_test(an_error_is_one_line_with_its_detail),
        cmocka_unit_test(an_error_does_not_show_the_row),
        cmocka_unit_test(a_connection_that_was_ended_is_unreachable_and_comes_back),
        cmocka_unit_test(a_connection_that_ends_within_a_batch_is_unreachable),
        cmocka_unit_test(ready_notices_a_connection_that_ended_unseen),
        cmocka_unit_test(a_statement_that_takes_too_long_is_tried_again),
        cmocka_unit_test(a_lock_that_takes_too_long_is_tried_again),
        cmocka_unit_test(ready_leaves_an_open_transaction),
        cmocka_unit_test(no_server_there_is_unreachable),
        cmocka_unit_test(a_url_that_spills_its_password_is_refused),
        cmocka_unit_test(a_server_that_was_killed_and_started_is_found_again),
    };
    return cmocka_run_group_tests(tests, setup, stores_teardown);
}
