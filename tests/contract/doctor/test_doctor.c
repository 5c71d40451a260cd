/* The checker of the invariants: what it finds in PostgreSQL (I1 to I4, I8), and that a healthy system gives no
 * finding. */
#include <signal.h>

#include "common/queue/operation.h"
#include "tests/contract/doctor/doctor_test.h"

/* ---- healthy --------------------------------------------------------------------------------------------------- */

static void a_healthy_system_gives_no_finding(void **state)
{
    struct doctor_options options = DOCTOR_DEFAULTS;
    options.wait_ms = 1000;
    struct doctor_report *report = check_with(*state, &options);
    expect(report, 0, DOCTOR_OK, "");
    for (int invariant = 1; invariant <= 10; invariant++)
        assert_true(says(report, invariant, DOCTOR_OK, "holds for"));
    doctor_report_drop(report);
    assert_well(*state);
}

static void findings_are_ordered(void **state)
{
    struct queue_test *t = *state;
    sql(t, "UPDATE tally SET succeeded = succeeded + 1; DELETE FROM job WHERE seq = 6");
    struct doctor_options options = options_at_rest();
    struct doctor_report *report = check_with(t, &options);
    for (size_t i = 1; i < report->count; i++) {
        const struct doctor_finding *a = &report->findings[i - 1], *b = &report->findings[i];
        assert_true(a->invariant < b->invariant || (a->invariant == b->invariant && a->severity >= b->severity));
    }
    assert_int_equal(doctor_worst(report), DOCTOR_VIOLATION);
    doctor_report_drop(report);
}

/* ---- I1, I2 ---------------------------------------------------------------------------------------------------- */

static void i1_a_lost_job(void **state)
{
    sql(*state, "DELETE FROM job WHERE operation_id = '" RUNS "' AND seq = 7");
    assert_violation(*state, 1, RUNS);
}

static void i1_a_job_that_is_open_and_settled(void **state)
{
    sql(*state, "INSERT INTO job (operation_id, seq, phase, kind, key) VALUES ('" RUNS "', 2, 0, 'noop', '2')");
    assert_violation(*state, 1, RUNS);
}

static void i1_an_open_job_of_a_completed_operation(void **state)
{
    sql(*state, "INSERT INTO job (operation_id, seq, phase, kind, key) VALUES ('" DONE "', 1, 0, 'noop', 'x')");
    assert_violation(*state, 1, DONE);
}

static void i1_a_job_of_a_phase_that_has_ended(void **state)
{
    sql(*state,
        "UPDATE operation SET phases = phases || phases; UPDATE tally SET phase = 1 WHERE operation_id = '" RUNS "'");
    assert_violation(*state, 1, RUNS);
}

static void i1_jobs_without_an_operation(void **state)
{
    struct queue_test *t = *state;
    sql(t, "INSERT INTO job (operation_id, seq, phase, kind, key) VALUES ('op_none', 1, 0, 'noop', 'x')");
    assert_violation(t, 1, "op_none");
    sql(t, "DELETE FROM job WHERE operation_id = 'op_none'; UPDATE job_outcome SET operation_id = 'op_lost' WHERE "
           "operation_id = '" DONE "'; DELETE FROM tally WHERE operation_id = '" DONE
           "'; DELETE FROM operation WHERE operation_id = '" DONE "'");
    assert_violation(t, 1, "op_lost");
}

static void i2_a_count_that_is_too_high(void **state)
{
    sql(*state, "UPDATE tally SET succeeded = succeeded + 1 WHERE operation_id = '" DONE "'");
    assert_violation(*state, 2, DONE);
}

static void i2_counts_of_the_wrong_kind(void **state)
{
    sql(*state, "UPDATE job_outcome SET outcome = 'skipped' WHERE operation_id = '" RUNS "' AND seq = 4");
    assert_violation(*state, 2, RUNS);
}

static void i2_more_jobs_than_the_total(void **state)
{
    sql(*state, "UPDATE tally SET total = 9 WHERE operation_id = '" RUNS "'");
    run_command((struct queue_test *)*state, "HSET :op:" RUNS " total 9");
    assert_violation(*state, 2, RUNS);
}

static void i2_an_end_without_a_time(void **state)
{
    sql(*state, "UPDATE operation SET finished_at = NULL WHERE operation_id = '" DONE "'");
    assert_violation(*state, 2, DONE);
}

static void pruned_outcomes_are_not_missed(void **state)
{
    struct queue_test *t = *state;
    sql(t, "DELETE FROM job_outcome WHERE operation_id = '" DONE "' AND seq = 1;"
           "UPDATE operation SET created_at = now() - interval '41 days', finished_at = now() - interval '40 days'"
           " WHERE operation_id = '" DONE "';"
           "UPDATE job_outcome SET started_at = now() - interval '40 days', finished_at = now() - interval '40 days'"
           " WHERE operation_id = '" DONE "'; DELETE FROM activity WHERE kind = 'resync'");
    assert_well(t); /* being pruned at this moment */
    sql(t, "DELETE FROM job_outcome WHERE operation_id = '" DONE
           "'; UPDATE operation SET pruned_at = now() WHERE operation_id = '" DONE "'");
    assert_well(t);
    sql(t, "UPDATE operation SET pruned_at = NULL, finished_at = now() WHERE operation_id = '" DONE "'");
    struct doctor_options options = options_at_rest();
    struct doctor_report *report = check_with(t, &options);
    assert_true(says(report, 2, DOCTOR_VIOLATION, "the tally counts 2 succeeded, there are 0"));
    doctor_report_drop(report);
}

/* ---- I3 ---------------------------------------------------------------------------------------------------------- */

static void i3_a_delivery_that_is_not_recorded(void **state)
{
    sql(*state, "DELETE FROM deliveries WHERE repository_id = 'repo_1' AND file_path = 'f1'");
    assert_violation(*state, 3, LINK);
}

static void i3_an_announcement_beside_a_synced_tree(void **state)
{
    sql(*state,
        "INSERT INTO delivery_intents (app_id, repository_id, path_sha256, file_path, verb, operation_id, seq, attempt)"
        " VALUES ('app_1', 'repo_1', '\\x01', 'f', 'update', 'op_x', 1, 1)");
    assert_violation(*state, 3, LINK);
}

static void i3_deliveries_without_their_link(void **state)
{
    struct queue_test *t = *state;
    sql(t, "DELETE FROM deliveries WHERE repository_id = 'repo_2';"
           "INSERT INTO deliveries (app_id, repository_id, path_sha256, file_path, file_sha, blob_id, size)"
           " VALUES ('app_1', 'repo_0', '\\x01', 'f', 's', 'b', 1), ('app_9', 'repo_1', '\\x01', 'f', 's', 'b', 1);"
           "UPDATE app_repositories SET synced_tree_id = NULL WHERE repository_id = 'repo_2'");
    assert_violation(t, 3, "/repo_");
    sql(t, "DELETE FROM deliveries WHERE repository_id = 'repo_0'");
    assert_violation(t, 3, "app_9/repo_1");
    sql(t, "DELETE FROM deliveries WHERE app_id = 'app_9'");
    assert_well(t);
    sql(t,
        "INSERT INTO delivery_intents (app_id, repository_id, path_sha256, file_path, verb, operation_id, seq, attempt)"
        " VALUES ('app_2', 'repo_7', '\\x01', 'f', 'update', 'op_x', 1, 1)");
    assert_violation(t, 3, "app_2/repo_7");
}

static void i3_an_outcome_without_its_effect(void **state)
{
    struct queue_test *t = *state;
    sql(t, "UPDATE app_repositories SET last_scanned_at = now() - interval '2 hours' WHERE repository_id = 'repo_2'");
    assert_violation(t, 3, DONE "/2");
    sql(t, "UPDATE operation SET dry_run = true WHERE operation_id = '" DONE "'");
    assert_well(t);
}

/* ---- I4 ---------------------------------------------------------------------------------------------------------- */

/* A settle that counts rightly, but on a cancelled operation. */
static void settle_cancelled(struct queue_test *t, const char *when)
{
    sql(t,
        "INSERT INTO job_outcome (operation_id, seq, phase, kind, key, outcome, attempt, worker, started_at, "
        "finished_at)"
        " SELECT operation_id, 3, 0, 'noop', '3', 'succeeded', 1, 'w', finished_at, finished_at + interval '%s' FROM "
        "operation"
        "  WHERE operation_id = '" GONE "';"
        "UPDATE tally SET succeeded = 3, cancelled_jobs = 2 WHERE operation_id = '" GONE "';"
        "TRUNCATE activity;"
        "INSERT INTO activity SELECT m.minute, kind, count(*) FILTER (WHERE outcome = 'succeeded'),"
        "                            count(*) FILTER (WHERE outcome = 'failed'), count(*) FILTER (WHERE outcome = "
        "'skipped')"
        "  FROM job_outcome d, LATERAL (VALUES (date_trunc('minute', d.finished_at)), ('-infinity')) m (minute) GROUP "
        "BY 1, 2",
        when);
}

static void i4_a_settle_long_after_the_cancel(void **state)
{
    settle_cancelled(*state, "2 minutes");
    assert_violation(*state, 4, GONE);
}

static void i4_a_settle_that_began_soon_after_the_cancel_is_in_doubt(void **state)
{
    settle_cancelled(*state, "2 seconds");
    struct doctor_options options = options_at_rest();
    struct doctor_report *report = check_with(*state, &options);
    expect(report, 0, DOCTOR_OK, "");
    assert_true(says(report, 4, DOCTOR_NOTE, "cannot be told"));
    doctor_report_drop(report);
}

static void i4_a_lease_that_outlives_the_cancel(void **state)
{
    struct queue_test *t = *state;
    sql(t,
        "INSERT INTO exclusive (key, operation_id, seq, attempt, worker) VALUES ('" LINK "', '" GONE "', 3, 1, 'w')");
    assert_violation(t, 4, LINK);
    assert_repair(t, "left alone"); /* it is still touched */
    sql(t, "UPDATE exclusive SET touched_at = now() - interval '6 minutes' WHERE key = '" LINK "'");
    assert_repair(t, "the lease of w removed");
    assert_well(t);
}

#define ANNOUNCE                                                                                                       \
    "INSERT INTO delivery_intents (app_id, repository_id, path_sha256, file_path, verb, operation_id, seq, attempt)"   \
    " VALUES ('app_1', 'repo_3', sha256('%c'), '%c', 'create', '" GONE "', 1, 1)"

/* Where the server keeps the times of commits, the order of these decides, however late a transaction began. */
static void i4_is_exact_with_the_times_of_commits(void **state)
{
    (void)state;
    struct queue_test t = {.stores = stores_new_private(STORES_FAST)};
    queue_test_connect(&t);
    sql(&t, "ALTER SYSTEM SET track_commit_timestamp = on");
    pg_close(t.pg);
    stores_end(t.stores, STORE_POSTGRES, SIGINT);
    stores_start(t.stores);
    struct err_info error;
    assert_fine(pg_ready(t.pg, &error));
    snprintf(t.prefix, sizeof t.prefix, "%s", stores_prefix(t.stores));
    make_healthy(&t);
    settle_cancelled(&t, "0 seconds"); /* began before, committed after the cancel's row was written */
    assert_violation(&t, 4, GONE);
    sql(&t,
        "UPDATE operation SET subject = subject WHERE operation_id = '" GONE "'"); /* now the cancel is the later one */
    assert_well(&t);
    /* A checkpoint that was in hand when the state flipped announces until the drain is over, and no longer. */
    sql(&t, "INSERT INTO repositories (repository_id, url, owner, name) VALUES ('repo_3', 'https://r/3', 'o', 'n');"
            "INSERT INTO app_repositories (app_id, repository_id) VALUES ('app_1', 'repo_3')");
    sql(&t, ANNOUNCE, 'a', 'a');
    struct err_info drained;
    struct tally tally;
    if (operation_cancel(t.pg, GONE, &tally, &drained) != ERR_OK) /* its flip finds nothing to do, its drain does */
        fail_msg("%s", drained.text);
    assert_well(&t);
    sql(&t, ANNOUNCE, 'b', 'b');
    assert_violation(&t, 4, GONE);
    redis_args_drop(t.args);
    redis_drop(t.redis);
    redis_address_fini(&t.address);
    pg_drop(t.pg);
    stores_drop(t.stores);
}

/* ---- I8 ---------------------------------------------------------------------------------------------------------- */

static void i8_a_lease_of_an_attempt_that_never_was(void **state)
{
    sql(*state, "UPDATE exclusive SET attempt = 4");
    assert_violation(*state, 8, "held");
}

static void i8_a_stale_attempt_that_keeps_its_key(void **state)
{
    struct queue_test *t = *state;
    sql(t, "UPDATE job SET attempt = 4 WHERE seq = 9");
    assert_violation(t, 8, "held");
    sql(t, "UPDATE exclusive SET touched_at = now() - interval '1 minute'");
    assert_well(t); /* a note: the next claim takes it */
}

static void i8_a_job_with_two_keys(void **state)
{
    struct queue_test *t = *state;
    sql(t, "INSERT INTO exclusive (key, operation_id, seq, attempt, worker) VALUES ('held too', '" RUNS
           "', 9, 3, 'w_live')");
    assert_violation(t, 8, "held");
}

static void i8_a_lease_of_no_operation(void **state)
{
    sql(*state, "UPDATE exclusive SET operation_id = 'op_none'");
    assert_violation(*state, 8, "held");
}

static void a_lease_of_one_who_is_gone_for_long_can_be_removed(void **state)
{
    struct queue_test *t = *state;
    sql(t, "UPDATE exclusive SET touched_at = now() - interval '2 minutes'");
    assert_repair(t, "left alone");
    sql(t, "UPDATE exclusive SET touched_at = now() - interval '6 minutes'");
    assert_repair(t, "the lease of w_live removed");
}

static void assert_recounted(struct queue_test *t, const char *table)
{
    assert_violation(t, 2, table);
    struct doctor_report *done = repaired(t);
    assert_true(says(done, 2, DOCTOR_NOTE, "counted again"));
    assert_int_equal(done->count, 1);
    doctor_report_drop(done);
    assert_well(t);
}

static void i2_sums_of_links_that_are_not_the_links(void **state)
{
    struct queue_test *t = *state;
    sql(t, "UPDATE link_sum SET failed = failed + 1 WHERE app_id = 'app_1'");
    assert_recounted(t, "link_sum");
    sql(t, "DELETE FROM link_sum");
    assert_recounted(t, "link_sum");
    sql(t, "INSERT INTO link_sum VALUES ('gone', 3, 0, 0, true)");
    assert_recounted(t, "link_sum");
    sql(t, "ALTER TABLE app_repositories DISABLE TRIGGER USER; UPDATE app_repositories SET result = 'failed' WHERE"
           " repository_id = 'repo_2'; ALTER TABLE app_repositories ENABLE TRIGGER USER");
    assert_recounted(t, "link_sum");
}

static void i2_sums_of_the_history_that_are_not_its_rows(void **state)
{
    struct queue_test *t = *state;
    sql(t, "INSERT INTO workflow_history (adw_id, status, start_time, duration_seconds, total_tokens, created_at)"
           " SELECT 'run_' || i, 'completed', now() - i * interval '9 hours', i * 1.1, i, now()"
           "  FROM generate_series(1, 20) i");
    assert_well(t);
    sql(t, "UPDATE history_sum SET tokens = tokens + 1 WHERE ctid = (SELECT min(ctid) FROM history_sum)");
    assert_recounted(t, "history_sum");
    sql(t, "UPDATE history_hour SET runs = runs + 1 WHERE ctid = (SELECT min(ctid) FROM history_hour)");
    assert_recounted(t, "history_sum");
    sql(t, "TRUNCATE workflow_history CASCADE");
    assert_well(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(i2_sums_of_links_that_are_not_the_links),
        TEST(i2_sums_of_the_history_that_are_not_its_rows),
        TEST(a_healthy_system_gives_no_finding),
        TEST(findings_are_ordered),
        TEST(i1_a_lost_job),
        TEST(i1_a_job_that_is_open_and_settled),
        TEST(i1_an_open_job_of_a_completed_operation),
        TEST(i1_a_job_of_a_phase_that_has_ended),
        TEST(i1_jobs_without_an_operation),
        TEST(i2_a_count_that_is_too_high),
        TEST(i2_counts_of_the_wrong_kind),
        TEST(i2_more_jobs_than_the_total),
        TEST(i2_an_end_without_a_time),
        TEST(pruned_outcomes_are_not_missed),
        TEST(i3_a_delivery_that_is_not_recorded),
        TEST(i3_an_announcement_beside_a_synced_tree),
        TEST(i3_deliveries_without_their_link),
        TEST(i3_an_outcome_without_its_effect),
        TEST(i4_a_settle_long_after_the_cancel),
        TEST(i4_a_settle_that_began_soon_after_the_cancel_is_in_doubt),
        TEST(i4_a_lease_that_outlives_the_cancel),
        cmocka_unit_test(i4_is_exact_with_the_times_of_commits),
        TEST(i8_a_lease_of_an_attempt_that_never_was),
        TEST(i8_a_stale_attempt_that_keeps_its_key),
        TEST(i8_a_job_with_two_keys),
        TEST(i8_a_lease_of_no_operation),
        TEST(a_lease_of_one_who_is_gone_for_long_can_be_removed),
    };
    return cmocka_run_group_tests(tests, queue_test_open, queue_test_close);
}
