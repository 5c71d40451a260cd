/* Sums of the history, one run of it, and trends, against a real database: compared with what was worked out by hand,
 * and with the runs themselves after a lot of changes. */
#include <time.h>

#include "common/query/overview.h"
#include "common/query/workflows.h"
#include "embedded/sql_count.h"
#include "tests/contract/query/query_test.h"

static const struct sql compare = {
    "test", SQL_COUNT + 1,
    "WITH kept AS (SELECT day, status, workflow_template AS t, model_used AS m, sum(runs) AS runs, sum(cost_runs) AS "
    "cost_runs, sum(cost) AS cost,"
    " sum(timed_runs) AS timed_runs, sum(seconds) AS seconds, sum(token_runs) AS token_runs, sum(tokens) AS tokens,"
    " sum(cached_runs) AS cached_runs, sum(efficiency) AS efficiency FROM history_sum GROUP BY 1, 2, 3, 4"
    " HAVING (sum(runs), sum(cost_runs), sum(cost), sum(timed_runs), sum(seconds), sum(token_runs), sum(tokens), "
    "sum(cached_runs),"
    " sum(efficiency)) <> (0, 0, 0, 0, 0, 0, 0, 0, 0)),"
    " real AS (SELECT (coalesce(start_time, created_at) AT TIME ZONE 'UTC')::date, status, coalesce(workflow_template, "
    "''), coalesce(model_used, ''),"
    " count(*)::numeric, count(*) FILTER (WHERE actual_cost_total > 0), coalesce(sum(actual_cost_total) FILTER (WHERE "
    "actual_cost_total > 0), 0),"
    " count(duration_seconds) FILTER (WHERE status = 'completed'), coalesce(sum(round(duration_seconds::numeric, 6)) "
    "FILTER "
    "(WHERE status = 'completed'), 0),"
    " count(total_tokens), coalesce(sum(total_tokens), 0), count(cache_efficiency_percent), "
    "coalesce(sum(round(cache_efficiency_percent::numeric, 6)), 0)"
    " FROM workflow_history GROUP BY 1, 2, 3, 4),"
    " hours AS (SELECT day_of_week, hour_of_day, sum(runs) AS runs FROM history_hour GROUP BY 1, 2 HAVING sum(runs) <> "
    "0),"
    " real_hours AS (SELECT day_of_week, hour_of_day, count(*)::numeric FROM workflow_history GROUP BY 1, 2)"
    " SELECT (SELECT count(*) FROM ((TABLE kept EXCEPT TABLE real) UNION ALL (TABLE real EXCEPT TABLE kept)) d)"
    " + (SELECT count(*) FROM ((TABLE hours EXCEPT TABLE real_hours) UNION ALL (TABLE real_hours EXCEPT TABLE hours)) "
    "d),"
    " (SELECT count(*) FROM history_sum WHERE fresh), (SELECT count(*) FROM workflow_history)"};

/* Today, yesterday, and eight days ago; noon, so that no midnight comes between. */
static int setup(void **state)
{
    sql(*state,
        "TRUNCATE workflow_history, cost_audit_log CASCADE;"
        "INSERT INTO workflow_history (adw_id, status, workflow_template, model_used, start_time, duration_seconds,"
        " actual_cost_total, total_tokens, cache_efficiency_percent, hour_of_day, day_of_week, cost_breakdown, "
        "phase_durations,"
        " similar_workflows) VALUES"
        " ('run1', 'completed', 'sdlc', 'sonnet', date_trunc('day', now(), 'UTC'), 100, 2.37, 1000, 50, 9, 0,"
        "  '{\"by_phase\": {\"plan\": 0.37, \"build\": 2}, \"by_model\": {\"sonnet\": {\"cost\": 2.37, \"input\": "
        "7}}}',"
        "  '{\"plan\": 30.5, \"test\": 5}', NULL),"
        " ('run2', 'failed', 'sdlc', NULL, date_trunc('day', now(), 'UTC') - interval '1 day', 50, 0, NULL, NULL, 9, "
        "1, NULL, NULL, NULL),"
        " ('run3', 'completed', 'patch', 'haiku', date_trunc('day', now(), 'UTC') - interval '8 days', 200, 1.58, "
        "3000, 100, 22, 6,"
        "  NULL, NULL, NULL),"
        " ('run4', 'running', NULL, 'haiku', NULL, 12.3, NULL, NULL, NULL, -1, -1, NULL, NULL, NULL);"
        "UPDATE workflow_history SET similar_workflows = (SELECT jsonb_build_array("
        " jsonb_build_object('id', id, 'similarity_score', 0.9), jsonb_build_object('id', 0, 'similarity_score', 0.8))"
        " FROM workflow_history WHERE adw_id = 'run3') WHERE adw_id = 'run1';"
        "INSERT INTO cost_audit_log (adw_id, old_cost, new_cost, old_status, new_status, reason, operation_id) VALUES"
        " ('run1', NULL, 1.5, NULL, 'running', 'sync_progressive', 'op_1'),"
        " ('run1', 1.5, 2.37, 'running', 'completed', 'sync_final', 'op_2'), ('run2', 1, 2, 'failed', 'failed', "
        "'resync', 'op_3');");
    return 0;
}

static void analytics_are_what_they_were_worked_out_to_be(void **state)
{
    struct query_test *t = *state;
    struct query_result answer = ask(t, analytics_read, NULL);
    assert_member(&answer, "total_workflows", "4");
    assert_member(&answer, "completed_count", "2");
    assert_member(&answer, "failed_count", "1");
    assert_member(&answer, "success_rate_percent", "66.67");
    assert_member(&answer, "total_cost", "3.95");
    assert_member(&answer, "average_cost", "1.975"); /* a cost of 0 is none */
    assert_member(&answer, "average_duration_seconds", "150");
    assert_member(&answer, "average_tokens", "2000");
    assert_member(&answer, "average_cache_efficiency_percent", "75");
    assert_member(&answer, "workflows_by_status", "{\"failed\":1,\"running\":1,\"completed\":2}");
    assert_member(&answer, "workflows_by_template", "{\"sdlc\":2,\"patch\":1,\"unknown\":1}");
    assert_member(&answer, "workflows_by_model", "{\"haiku\":2,\"sonnet\":1,\"unknown\":1}");
    assert_member(&answer, "cost_trend_7day", "50"); /* 2.37 after 1.58 */
    assert_member(&answer, "cost_trend_30day", "null");
    assert_member(&answer, "hourly_distribution", "{\"9\":2,\"22\":1}");
    assert_member(&answer, "daily_distribution", "{\"0\":1,\"1\":1,\"6\":1}");
    assert_member(&answer, "peak_hours", "[9,22]");
    assert_non_null(json_get_string(answer.json, "as_of"));
    query_result_fini(&answer);
}

/* The charts follow the filters of the list that the sums know, by day as by hour. */
static void trends_follow_status_model_and_template(void **state)
{
    struct query_test *t = *state;
    assert_values(ask(t, analytics_trends, "days", "9", "status", "failed"), "trends", "workflows",
                  "0 0 0 0 0 0 0 1 0");
    assert_values(ask(t, analytics_trends, "days", "9", "status", "completed,failed"), "trends", "workflows",
                  "1 0 0 0 0 0 0 1 1");
    const char *const groups[] = {"day", "hour"};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        for (int known = 0; known < 2; known++) {
            int64_t runs = 0;
            struct query_result found =
                ask(t, analytics_trends, "days", "31", "group_by", groups[i], "model", known ? "haiku" : "none");
            struct json_object *periods = json_get(found.json, "trends");
            for (size_t p = 0; p < json_object_array_length(periods); p++)
                runs += json_get_int(json_object_array_get_idx(periods, p), "workflows", 0);
            assert_int_equal(known ? 2 : 0, runs);
            query_result_fini(&found);
        }
    refused(t, analytics_trends, ERR_USAGE, "status: \"done\" is none of pending", "status", "done");
}

/* A run whose cost is not known is no run that cost nothing: each sum says of how many it is, and is null of none. */
static void what_is_not_known_is_not_added(void **state)
{
    struct query_test *t = *state;
    struct query_result some = ask(t, analytics_read, NULL);
    assert_member(&some, "workflows_with_cost", "2");
    assert_member(&some, "workflows_with_duration", "2");
    assert_member(&some, "workflows_with_tokens", "2");
    query_result_fini(&some);
    sql(t, "UPDATE workflow_history SET actual_cost_total = NULL, total_tokens = NULL");
    struct query_result none = ask(t, analytics_read, NULL);
    assert_member(&none, "total_workflows", "4");
    assert_member(&none, "workflows_with_cost", "0");
    assert_member(&none, "total_cost", "null");
    query_result_fini(&none);
    const char *const groups[] = {"day", "hour"};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        struct query_result trends = ask(t, analytics_trends, "days", "2", "group_by", groups[i]);
        struct json_object *periods = json_get(trends.json, "trends");
        for (size_t p = 0; p < json_object_array_length(periods); p++) {
            struct json_object *period = json_object_array_get_idx(periods, p);
            bool is_empty = json_get_int(period, "workflows", -1) == 0;
            assert_int_equal(is_empty, json_get(period, "total_cost") != NULL);
            assert_int_equal(is_empty, json_get(period, "total_tokens") != NULL);
        }
        query_result_fini(&trends);
    }
}

static void an_empty_history_has_no_means(void **state)
{
    struct query_test *t = *state;
    sql(t, "TRUNCATE workflow_history CASCADE");
    struct query_result answer = ask(t, analytics_read, NULL);
    assert_member(&answer, "total_workflows", "0");
    assert_member(&answer, "success_rate_percent", "null");
    assert_member(&answer, "total_cost", "0");
    assert_member(&answer, "average_cost", "null");
    assert_member(&answer, "workflows_by_status", "{}");
    assert_member(&answer, "peak_hours", "[]");
    query_result_fini(&answer);
    assert_values(ask(t, analytics_trends, "days", "2"), "trends", "workflows", "0 0");
}

static void trends_show_each_period_once(void **state)
{
    struct query_test *t = *state;
    assert_values(ask(t, analytics_trends, "days", "9"), "trends", "total_cost", "1.58 0 0 0 0 0 0 null 2.37");
    assert_values(ask(t, analytics_trends, "days", "9"), "trends", "workflows_with_cost", "1 0 0 0 0 0 0 0 1");
    assert_values(ask(t, analytics_trends, "days", "9"), "trends", "completed", "1 0 0 0 0 0 0 0 1");
    assert_values(ask(t, analytics_trends, "days", "2"), "trends", "success_rate_percent", "0 100");
    assert_values(ask(t, analytics_trends, "days", "8"), "trends", "average_duration_seconds",
                  "null null null null null null null 100");
    struct query_result weeks = ask(t, analytics_trends, "days", "14", "group_by", "week"),
                        hours = ask(t, analytics_trends, "days", "2", "group_by", "hour");
    assert_in_range(weeks.rows, 2, 3);
    assert_member(&weeks, "group_by", "\"week\"");
    assert_in_range(hours.rows, 25, 48);
    struct json_object *first = json_object_array_get_idx(json_get(hours.json, "trends"), 0);
    assert_int_equal(json_get_int(first, "failed", -1), 1);
    assert_int_equal(json_get_int(json_object_array_get_idx(json_get(hours.json, "trends"), 24), "completed", -1), 1);
    query_result_fini(&weeks);
    query_result_fini(&hours);
    refused(t, analytics_trends, ERR_USAGE, "days: \"32\" is not a number from 1 to 31", "days", "32", "group_by",
            "hour");
    refused(t, analytics_trends, ERR_USAGE, "group_by: \"month\" is none of day, week, hour", "group_by", "month");
}

static void a_number_has_the_digits_that_mean_it(void **state)
{
    struct query_test *t = *state;
    struct query_result answer = ask(t, workflow_one, "adw_id", "run4");
    assert_member(&answer, "duration_seconds", "12.3");
    query_result_fini(&answer);
}

static void a_run_has_its_phases_models_likenesses_and_changes(void **state)
{
    struct query_test *t = *state;
    assert_values(ask(t, workflow_one, "adw_id", "run1"), "phases", "phase", "plan build test"); /* as they run */
    assert_values(ask(t, workflow_one, "adw_id", "run1"), "phases", "cost", "0.37 2 null");
    assert_values(ask(t, workflow_one, "adw_id", "run1"), "phases", "duration_seconds", "30.5 null 5");
    assert_values(ask(t, workflow_one, "adw_id", "run1"), "models", "model", "sonnet");
    assert_values(ask(t, workflow_one, "adw_id", "run1"), "models", "input", "7");
    assert_values(ask(t, workflow_one, "adw_id", "run1"), "similar_runs", "id", "run3");
    assert_values(ask(t, workflow_one, "adw_id", "run1"), "similar_runs", "actual_cost_total", "1.58");
    assert_values(ask(t, workflow_one, "adw_id", "run1"), "similar_workflows", "similarity_score", "0.9 0.8");
    assert_values(ask(t, workflow_one, "adw_id", "run1"), "audit_trail", "reason", "sync_final sync_progressive");
    assert_values(ask(t, workflow_one, "adw_id", "run1"), "audit_trail", "old_cost", "1.5 null");
    struct query_result bare = ask(t, workflow_one, "adw_id", "run4");
    assert_member(&bare, "phases", "null");
    assert_member(&bare, "audit_trail", "null");
    assert_member(&bare, "actual_cost_total", "null");
    query_result_fini(&bare);
    refused(t, workflow_one, ERR_NOT_FOUND, "there is no workflow run9", "adw_id", "run9");
}

/* Differences between the sums and the runs; how many rows are not added up yet. */
static int64_t differences(struct query_test *t, int64_t *fresh, int64_t *runs)
{
    struct err_info error = {.code = ERR_OK};
    PGresult *result = NULL;
    fine(pg_exec(t->pg, &compare, NULL, &result, &error), &error);
    int64_t count = pg_int8(result, 0, 0);
    *fresh = pg_int8(result, 0, 1);
    *runs = pg_int8(result, 0, 2);
    PQclear(result);
    return count;
}

static void sums_are_those_of_the_runs_whatever_was_changed(void **state)
{
    static const char *const changes[] = {
        ("INSERT INTO workflow_history (adw_id, status, workflow_template, model_used, start_time, duration_seconds, "
         "actual_cost_total,"
         " total_tokens, cache_efficiency_percent, hour_of_day, day_of_week)"
         " SELECT gen_random_uuid(), (ARRAY['pending', 'running', 'completed', 'failed'])[1 + i % 4], nullif('t' || i "
         "% "
         "3, 't0'),"
         " nullif('m' || i % 2, 'm0'), CASE WHEN i % 5 > 0 THEN now() - i % 9 * interval '1 day' END, nullif(random() "
         "* "
         "(i % 6), 0),"
         " nullif((random() * (i % 4))::numeric(18, 9), 0), nullif(i % 7, 0), nullif(random() * (i % 3), 0), i % 24, i "
         "% 7"
         " FROM generate_series(1, 200) i"),
        ("UPDATE workflow_history SET actual_cost_total = (random() * 3)::numeric(18, 9), total_tokens = total_tokens "
         "+ "
         "1"
         " WHERE random() < 0.3"),
        "UPDATE workflow_history SET actual_cost_total = 0 WHERE random() < 0.05",
        "UPDATE workflow_history SET actual_cost_total = NULL, total_tokens = NULL WHERE random() < 0.05",
        "UPDATE workflow_history SET status = 'completed', duration_seconds = random() WHERE random() < 0.2",
        "UPDATE workflow_history SET start_time = start_time - interval '1 d', model_used = NULL WHERE id % 9 = 0",
        "UPDATE workflow_history SET hour_of_day = -1, cache_efficiency_percent = random() * 100 WHERE random() < 0.1",
        "UPDATE workflow_history SET error_message = 'no sum has this'",
        "DELETE FROM workflow_history WHERE random() < 0.1",
        "SELECT history_fold(150)",
        "BEGIN; DELETE FROM workflow_history; ROLLBACK",
    };
    struct query_test *t = *state;
    unsigned seed = (unsigned)time(NULL);
    int64_t fresh = 0, runs = 0;
    print_message("seed %u\n", seed);
    for (int step = 0; step < 80; step++) {
        sql(t, changes[step == 0 ? 0 : (size_t)rand_r(&seed) % (sizeof changes / sizeof *changes)]);
        assert_int_equal(differences(t, &fresh, &runs), 0);
    }
    sql(t, changes[0]);
    sql(t, "SELECT history_fold(1000000)");
    assert_int_equal(differences(t, &fresh, &runs), 0);
    assert_int_equal(fresh, 0);
    assert_true(runs > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(analytics_are_what_they_were_worked_out_to_be, setup),
        cmocka_unit_test_setup(trends_follow_status_model_and_template, setup),
        cmocka_unit_test_setup(what_is_not_known_is_not_added, setup),
        cmocka_unit_test_setup(an_empty_history_has_no_means, setup),
        cmocka_unit_test_setup(trends_show_each_period_once, setup),
        cmocka_unit_test_setup(a_number_has_the_digits_that_mean_it, setup),
        cmocka_unit_test_setup(a_run_has_its_phases_models_likenesses_and_changes, setup),
        cmocka_unit_test_setup(sums_are_those_of_the_runs_whatever_was_changed, setup),
    };
    return cmocka_run_group_tests(tests, query_test_open, query_test_close);
}
