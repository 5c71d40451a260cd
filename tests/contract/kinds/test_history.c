/*
 * The statements of the workflow history against a real, migrated database: what a cost re-sync writes and refuses to
 * write, which moments dates mean, and which changes a pass has dealt with.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kinds/kinds.h"
#include "embedded/sql_count.h"
#include "embedded/sql_history.h"
#include "tests/contract/kinds/kinds_test.h"

/* The one value of a statement whose parameters are texts; the caller's, NULL = null. */
static char *value_of(struct world *world, const struct sql *statement, const char *const *values, size_t count)
{
    struct err_info error = {.code = ERR_OK};
    PGresult *result = NULL;
    struct pg_args *args = pg_args_new();
    for (size_t i = 0; i < count; i++)
        pg_arg_text(args, values[i]);
    check_fine(pg_exec(world->pg, statement, args, &result, &error), &error);
    const char *text = pg_rows(result) == 1 ? pg_text(result, 0, 0) : NULL;
    char *copy = text == NULL ? NULL : strdup(text);
    PQclear(result);
    pg_args_drop(args);
    return copy;
}

static void assert_value(struct world *world, const struct sql *statement, const char *expected)
{
    char *got = value_of(world, statement, NULL, 0);
    if (expected == NULL)
        assert_null(got);
    else
        assert_string_equal(got, expected);
    free(got);
}

/* Two runs that have ended, as a sync left them. */
static int fresh(void **state)
{
    run_text(*state,
             "TRUNCATE workflow_history, cost_audit_log, cost_webhook, history_pass, tally, operation, job_outcome"
             " CASCADE");
    run_text(*state,
             "INSERT INTO workflow_history (adw_id, status, actual_cost_total, source_digest, source_signature) VALUES"
             " ('run1', 'completed', 1, 'd1', 's1'), ('run2', 'failed', 2, 'd2', 's2')");
    return 0;
}

/* ---- dates ------------------------------------------------------------------------------------------------------- */

static void a_date_is_a_moment_or_nothing(void **state)
{
    static const struct sql instant = {"test/instant", SQL_COUNT,
                                       "SELECT to_char(history_instant($1, $2::text::boolean) AT TIME ZONE 'UTC', "
                                       "'YYYY-MM-DD HH24:MI:SS.US')"};
    static const struct {
        const char *written, *at_end, *expected;
    } cases[] = {
        {"2026-01-31", "false", "2026-01-31 00:00:00.000000"},
        {"2026-01-31", "true", "2026-01-31 23:59:59.999999"},
        {"2026-01-31T12:30", "true", "2026-01-31 12:30:00.000000"},
        {"2026-01-31 12:30:15.25", "false", "2026-01-31 12:30:15.250000"},
        {"2026-01-31T00:30:00+01:00", "false", "2026-01-30 23:30:00.000000"},
        {"2026-01-31T00:30:00-0530", "false", "2026-01-31 06:00:00.000000"},
        {"2026-01-31T00:30:00Z", "false", "2026-01-31 00:30:00.000000"},
        {"2024-02-29", "false", "2024-02-29 00:00:00.000000"},
        {"2026-02-29", "false", NULL},
        {"2026-13-01", "false", NULL},
        {"2026-01-31T25:00", "false", NULL},
        {"2026-01-31T12", "false", NULL},
        {"31.1.2026", "false", NULL},
        {"yesterday", "false", NULL},
        {"infinity", "false", NULL},
        {"2026-01-31; DROP TABLE", "false", NULL},
        {"2026-01-31T00:00:00+99:99", "false", NULL},
        {"", "true", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *got = value_of(*state, &instant, (const char *const[]){cases[i].written, cases[i].at_end}, 2);
        if ((got == NULL) != (cases[i].expected == NULL) || (got != NULL && strcmp(got, cases[i].expected) != 0))
            fail_msg("%s (%s): %s", cases[i].written, cases[i].at_end, got == NULL ? "null" : got);
        free(got);
    }
}

/* ---- the effect of a cost re-sync ------------------------------------------------------------------------------ */

/* What a job had read of both runs, and 7 dollars as the new cost of each. */
struct reading {
    const char *digests[2], *statuses[2];
    int64_t costs[2];
};
#define AS_STORED                                                                                                      \
    {                                                                                                                  \
        {"d1", "d2"}, {"completed", "failed"},                                                                         \
        {                                                                                                              \
            1000000000, 2000000000                                                                                     \
        }                                                                                                              \
    }

static enum err write_costs(struct world *world, const struct reading *read, struct err_info *error)
{
    static const int64_t fresh_costs[] = {7000000000, 7000000000}, some[] = {5, 6};
    static const char *const ids[] = {"run1", "run2"}, *const digests[] = {"n1", "n2"},
                             *const floats[] = {"12.5", NULL}, *const parts[] = {"{\"by_phase\":{}}", "{}"};
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, "op_test");
    pg_arg_text(args, "resync");
    pg_arg_bool(args, true);
    pg_arg_texts(args, ids, 2);
    pg_arg_texts(args, read->digests, 2);
    pg_arg_int8s(args, read->costs, 2);
    pg_arg_texts(args, read->statuses, 2);
    pg_arg_texts(args, digests, 2);
    pg_arg_int8s(args, fresh_costs, 2);
    for (int column = 0; column < 7; column++)
        pg_arg_int8s(args, some, 2);
    pg_arg_texts(args, floats, 2);
    pg_arg_texts(args, parts, 2);
    pg_arg_texts(args, parts, 2);
    PGresult *result = NULL;
    enum err err = pg_exec(world->pg, &sql_history_recost, args, &result, error);
    PQclear(result);
    pg_args_drop(args);
    return err;
}

static const struct sql written = {
    "test/written", SQL_COUNT + 1,
    "SELECT string_agg(adw_id || ' ' || trim_scale(actual_cost_total) || ' ' || coalesce(input_tokens::text, '-') || ' "
    "' || "
    "source_digest || ' ' || source_signature, '|' ORDER BY adw_id) FROM workflow_history"};
static const struct sql logged = {
    "test/logged", SQL_COUNT + 2,
    "SELECT string_agg(adw_id || ' ' || trim_scale(old_cost) || '-' || trim_scale(new_cost) || ' ' || reason || ' ' || "
    "new_status, '|' ORDER BY adw_id) FROM cost_audit_log WHERE operation_id = 'op_test'"};
static const struct sql queued = {"test/queued", SQL_COUNT + 3, "SELECT count(*)::text FROM cost_webhook"};

static void all_columns_are_written_with_the_log(void **state)
{
    struct err_info error = {.code = ERR_OK};
    struct reading read = AS_STORED;
    check_fine(write_costs(*state, &read, &error), &error);
    assert_value(*state, &written, "run1 7 5 n1 |run2 7 6 n2 "); /* newer files: the next sync reads them */
    assert_value(*state, &logged, "run1 1-7 resync completed|run2 2-7 resync failed");
    assert_value(*state, &queued, "2");
}

static void what_is_not_as_it_was_read_is_not_written(void **state)
{
    static const struct reading stale[] = {
        {{"d1", "other"}, {"completed", "failed"}, {1000000000, 2000000000}},
        {{"d1", NULL}, {"completed", "failed"}, {1000000000, 2000000000}},
        {{"d1", "d2"}, {"running", "failed"}, {1000000000, 2000000000}},
        {{"d1", "d2"}, {"completed", "failed"}, {1000000000, 2000000001}},
        {{"d1", "d2"}, {"completed", "failed"}, {INT64_MIN, 2000000000}},
    };
    for (size_t i = 0; i < sizeof stale / sizeof *stale; i++) {
        struct err_info error = {.code = ERR_OK};
        assert_int_equal(write_costs(*state, &stale[i], &error), ERR_CONFLICT);
        assert_string_equal(error.sqlstate, "RP004");
        assert_value(*state, &written, "run1 1 - d1 s1|run2 2 - d2 s2");
        assert_value(*state, &logged, NULL);
        assert_value(*state, &queued, "0");
    }
}

/* The row stays in its page and no index is written: what a re-sync changes stands in none. */
static void a_cost_is_written_in_place(void **state)
{
    static const struct sql elsewhere = {"test/elsewhere", SQL_COUNT + 5,
                                         "SELECT (pg_stat_get_xact_tuples_updated('workflow_history'::regclass)"
                                         " - pg_stat_get_xact_tuples_hot_updated('workflow_history'::regclass))::text"};
    struct err_info error = {.code = ERR_OK};
    struct reading read = AS_STORED;
    run_text(*state, "BEGIN");
    char *before = value_of(*state, &elsewhere, NULL, 0); /* what other transactions left to be reported counts too */
    check_fine(write_costs(*state, &read, &error), &error);
    assert_value(*state, &elsewhere, before);
    run_text(*state, "COMMIT");
    free(before);
}

/* Whether a change is folded or not, and whichever came first: the order by cost and what passes look at are the runs'.
 */
static void the_order_by_cost_is_that_of_the_runs(void **state)
{
    static const char *const changes[] = {
        "UPDATE workflow_history SET actual_cost_total = 0.5 WHERE adw_id = 'run2'",
        "SELECT history_fold(1)",
        "UPDATE workflow_history SET actual_cost_total = NULL, status = 'running' WHERE adw_id = 'run1'",
        "INSERT INTO workflow_history (adw_id, status, actual_cost_total) VALUES ('run3', 'completed', 3)",
        "SELECT history_fold(100)",
        "UPDATE workflow_history SET content_xid = pg_current_xact_id(), model_used = 'm'",
        "DELETE FROM workflow_history WHERE adw_id = 'run2'",
        "SELECT history_fold(100)",
    };
    static const struct sql differences = {
        "test/differences", SQL_COUNT + 6,
        "SELECT count(*)::text FROM workflow_ranked k FULL JOIN workflow_history h ON h.id = k.id"
        " AND (h.actual_cost_total, h.total_tokens, h.status, h.model_used, h.workflow_template, h.start_time,"
        " h.created_at, h.content_xid) IS NOT DISTINCT FROM (k.actual_cost_total, k.total_tokens, k.status,"
        " k.model_used, k.workflow_template, k.start_time, k.created_at, k.content_xid)"
        " WHERE h.id IS NULL OR k.id IS NULL"};
    static const struct sql left = {"test/left", SQL_COUNT + 7, "SELECT count(*)::text FROM workflow_rank_fresh"};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        run_text(*state, changes[i]);
        assert_value(*state, &differences, "0");
    }
    assert_value(*state, &left, "0");
}

/* ---- passes ------------------------------------------------------------------------------------------------------ */

static const struct sql seen = {"test/seen", SQL_COUNT + 4, "SELECT history_seen('score')::text"};

/* A pass and its operation: planned and finished so many hours ago; finished 0 = not yet. */
static void add_pass(struct world *world, const char *operation, const char *state, const char *through,
                     const int hours_ago[2])
{
    char text[1000];
    snprintf(
        text, sizeof text,
        "INSERT INTO operation (operation_id, definition, digest, args, subject, phases, queue, chunk, \"window\", "
        "request_key, finished_at) VALUES ('%s', 'sync-history', 'd', '{}', 's', '[]', 'history', 1, 1, '\\x00', "
        "CASE WHEN %d > 0 THEN now() - %d * interval '1 hour' END);"
        "INSERT INTO tally (operation_id, state, phase) VALUES ('%s', '%s', 3);"
        "INSERT INTO history_pass (operation_id, phase, kind, through, planned_at) VALUES ('%s', 3, 'score', '%s', "
        "now() - %d * interval '1 hour')",
        operation, hours_ago[1], hours_ago[1], operation, state, operation, through, hours_ago[0]);
    run_text(world, text);
}

static void only_a_pass_that_is_complete_has_seen_changes(void **state)
{
    assert_value(*state, &seen, NULL);
    add_pass(*state, "op_1", "completed", "100", (int[]){9, 8});
    assert_value(*state, &seen, "100");
    add_pass(*state, "op_2", "cancelled", "300", (int[]){7, 6});
    add_pass(*state, "op_3", "running", "200", (int[]){5, 0});
    assert_value(*state, &seen, "100");
    run_text(*state, "UPDATE tally SET phase = 4 WHERE operation_id = 'op_3'");
    assert_value(*state, &seen, "200");
    run_text(
        *state,
        "INSERT INTO job_outcome (operation_id, seq, phase, kind, key, outcome, attempt, worker, started_at) VALUES"
        " ('op_3', 1, 3, 'score', 'run1', 'failed', 1, 'w', now())");
    assert_value(*state, &seen, "100");
}

/* What one found out it may have written over what the other had: neither counts. */
static void a_pass_beside_another_has_seen_nothing(void **state)
{
    add_pass(*state, "op_1", "completed", "100", (int[]){9, 8});
    add_pass(*state, "op_2", "completed", "200", (int[]){7, 4});
    add_pass(*state, "op_3", "completed", "300", (int[]){5, 3});
    assert_value(*state, &seen, "100");
    run_text(*state, "UPDATE operation SET finished_at = now() - interval '6 hours' WHERE operation_id = 'op_2'");
    assert_value(*state, &seen, "300");
}

/* A database that was restored into a new cluster: its transactions begin again. */
static void a_pass_of_another_cluster_has_seen_nothing(void **state)
{
    add_pass(*state, "op_1", "completed", "999999999999", (int[]){2, 1});
    assert_value(*state, &seen, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_date_is_a_moment_or_nothing, fresh),
        cmocka_unit_test_setup(all_columns_are_written_with_the_log, fresh),
        cmocka_unit_test_setup(what_is_not_as_it_was_read_is_not_written, fresh),
        cmocka_unit_test_setup(a_cost_is_written_in_place, fresh),
        cmocka_unit_test_setup(the_order_by_cost_is_that_of_the_runs, fresh),
        cmocka_unit_test_setup(only_a_pass_that_is_complete_has_seen_changes, fresh),
        cmocka_unit_test_setup(a_pass_beside_another_has_seen_nothing, fresh),
        cmocka_unit_test_setup(a_pass_of_another_cluster_has_seen_nothing, fresh),
    };
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
