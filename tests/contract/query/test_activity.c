/* What the chart and the counters tell of settles: exact whatever was added up already, by steps that are all there,
 * and nothing of what was undone; and what is too old goes, but for the sums. */
#include <time.h>

#include "common/query/overview.h"
#include "tests/contract/query/query_test.h"

static int setup(void **state)
{
    sql(*state, "TRUNCATE operation, tally, job, job_outcome, activity, activity_fresh;"
                "INSERT INTO tally (operation_id, state, total) VALUES ('op_1', 'running', 1000000)");
    return 0;
}

static char *ever(struct query_test *t)
{
    struct err_info error = {.code = ERR_OK};
    struct json_object *kinds = NULL;
    struct buf out = BUF_INIT;
    fine(activity_ever(t->pg, &kinds, &error), &error);
    for (size_t i = 0; i < json_object_array_length(kinds); i++) {
        struct json_object *kind = json_object_array_get_idx(kinds, i);
        buf_addf(&out, "%s%s %" PRId64 " %" PRId64 " %" PRId64, i == 0 ? "" : ", ", json_get_string(kind, "kind"),
                 json_get_int(kind, "succeeded", -1), json_get_int(kind, "failed", -1),
                 json_get_int(kind, "skipped", -1));
    }
    json_object_put(kinds);
    return buf_take(&out);
}

static void assert_ever(struct query_test *t, const char *expected)
{
    char *seen = ever(t);
    assert_string_equal(seen, expected);
    free(seen);
}

static void settles_count_by_kind_and_what_is_undone_does_not(void **state)
{
    struct query_test *t = *state;
    struct err_info error = {.code = ERR_OK};
    sql(t, "SELECT settle_tally('op_1', 'recost', 5, 1, 2); SELECT settle_tally('op_1', 'noop', 10, 0, 0)");
    sql(t, "BEGIN; SELECT settle_tally('op_1', 'noop', 100, 0, 0); ROLLBACK");
    assert_int_not_equal(pg_script(t->pg, "SELECT settle_tally('op_2', 'noop', 1000, 0, 0)", &error), ERR_OK);
    assert_non_null(strstr(error.text, "is not running"));
    fine(pg_ready(t->pg, &error), &error);
    assert_ever(t, "noop 10 0 0, recost 5 1 2");
    struct query_result answer = ask(t, overview_read, NULL);
    assert_member(&answer, "last_hour", "{\"failed\":1,\"skipped\":2,\"succeeded\":15,\"operations\":0}");
    query_result_fini(&answer);
}

/* Random settles, steps of folding, and another who folds at the same moment: no count is lost, none doubled. */
static void adding_up_changes_no_count(void **state)
{
    struct query_test *t = *state;
    struct err_info error = {.code = ERR_OK};
    unsigned seed = (unsigned)time(NULL);
    int64_t expected = 0;
    char text[200];
    struct pg *other = pg_new(stores_postgres_url(t->stores), "test", PG_LIMITS_PROGRAM);
    fine(pg_ready(other, &error), &error);
    print_message("seed %u\n", seed);
    for (int round = 0; round < 60; round++) {
        int jobs = (int)((unsigned)rand_r(&seed) % 1000);
        snprintf(text, sizeof text, "SELECT settle_tally('op_1', 'noop', %d, 0, 0)", jobs);
        sql(t, text);
        expected += jobs;
        if (rand_r(&seed) % 3 == 0) {
            fine(pg_script(other, "BEGIN; SELECT activity_fold(2, '8 days')", &error), &error);
            sql(t, "SELECT activity_fold(100, '8 days')"); /* the other is at it */
            fine(pg_script(other, rand_r(&seed) % 2 == 0 ? "COMMIT" : "ROLLBACK", &error), &error);
        }
        snprintf(text, sizeof text, "noop %" PRId64 " 0 0", expected);
        assert_ever(t, text);
    }
    sql(t, "SELECT activity_fold(100000, '8 days')");
    assert_ever(t, text);
    snprintf(text, sizeof text,
             "DO $$ BEGIN ASSERT (SELECT count(*) FROM activity_fresh) = 0 AND (SELECT sum(succeeded) FROM activity"
             " WHERE minute > '-infinity') = %" PRId64 "; END $$",
             expected);
    sql(t, text);
    pg_drop(other);
}

static void assert_steps(struct query_test *t, const char *hours, size_t steps, int64_t step_s, int64_t jobs)
{
    struct query_result answer = ask(t, activity_read, "hours", hours);
    struct json_object *array = json_get(answer.json, "steps");
    int64_t seen = 0;
    assert_int_equal(json_object_array_length(array), steps);
    assert_int_equal(json_get_int(answer.json, "step_s", 0), step_s);
    for (size_t i = 0; i < steps; i++)
        seen += json_get_int(json_object_array_get_idx(array, i), "succeeded", 0);
    assert_int_equal(seen, jobs);
    query_result_fini(&answer);
}

static void every_step_is_there_and_has_what_falls_into_it(void **state)
{
    struct query_test *t = *state;
    sql(t, "INSERT INTO activity SELECT date_trunc('minute', now()) - i * interval '1 minute', 'noop', 1, 0, 0"
           " FROM generate_series(1, 20000) i; SELECT settle_tally('op_1', 'noop', 1, 0, 0);"
           "INSERT INTO activity_fresh VALUES (date_trunc('minute', now()), 'file', 7, 0, 0)");
    assert_steps(t, "1", 60, 60, 60);
    struct query_result answer = ask(t, activity_read, NULL);
    assert_member(&answer, "hours", "24");
    assert_member(&answer, "files", "7");
    struct json_object *steps = json_get(answer.json, "steps");
    assert_int_equal(json_object_array_length(steps), 96);
    assert_int_equal(json_get_int(json_object_array_get_idx(steps, 0), "succeeded", 0), 15);
    assert_int_equal(json_get_int(json_object_array_get_idx(steps, 95), "files", 0), 7);
    query_result_fini(&answer);
    assert_values(ask(t, activity_read, "hours", "6"), "kinds", "kind", "noop");
    refused(t, activity_read, ERR_USAGE, "hours", "hours", "5");
}

/* What was done so many minutes ago, first and last (0 = nothing was), and the hours that are told unasked. */
static void a_span_that_shows_something_is_told_unasked(void **state)
{
    static const struct {
        int first, last;
        const char *hours;
    } cases[] = {
        {0, 0, "24"},        {3, 3, "1"},          {50, 10, "1"},       {70, 1, "6"},
        {300, 290, "6"},     {400, 5, "24"},       {8640, 3, "24"},     {1400, 1400, "24"},
        {2000, 2000, "168"}, {10000, 4320, "168"}, {9000, 9000, "168"}, {10500, 10500, "24"},
    };
    struct query_test *t = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];
        snprintf(text, sizeof text,
                 "TRUNCATE activity, activity_fresh; INSERT INTO activity VALUES ('-infinity', 'noop', 9, 0, 0);"
                 "INSERT INTO activity_fresh SELECT now() - %d * interval '1 minute', 'noop', 2, 0, 0 WHERE %d > 0",
                 cases[i].last, cases[i].last);
        sql(t, text);
        snprintf(text, sizeof text,
                 "INSERT INTO activity SELECT date_trunc('minute', now() - %d * interval '1 minute'), 'noop', 1, 0, 0"
                 " WHERE %d > 0",
                 cases[i].first, cases[i].first);
        sql(t, text);
        struct query_result answer = ask(t, activity_read, NULL);
        assert_member(&answer, "hours", cases[i].hours);
        struct json_object *kinds = json_get(answer.json, "kinds");
        assert_int_equal(json_object_array_length(kinds), cases[i].first > 0 && cases[i].first < 10080);
        query_result_fini(&answer);
    }
}

static void what_is_too_old_goes_and_the_sums_stay(void **state)
{
    struct query_test *t = *state;
    sql(t,
        "INSERT INTO activity_fresh SELECT now() - i * interval '1 day', 'noop', 1, 0, 0 FROM generate_series(0, 19) i;"
        "SELECT activity_fold(1000, '8 days')");
    assert_ever(t, "noop 20 0 0");
    sql(t, "DO $$ BEGIN ASSERT (SELECT count(*) FROM activity WHERE minute > '-infinity') = 9; END $$");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(settles_count_by_kind_and_what_is_undone_does_not, setup),
        cmocka_unit_test_setup(adding_up_changes_no_count, setup),
        cmocka_unit_test_setup(every_step_is_there_and_has_what_falls_into_it, setup),
        cmocka_unit_test_setup(a_span_that_shows_something_is_told_unasked, setup),
        cmocka_unit_test_setup(what_is_too_old_goes_and_the_sums_stay, setup),
    };
    return cmocka_run_group_tests(tests, query_test_open, query_test_close);
}
