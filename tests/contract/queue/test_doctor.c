/*
 * The checker itself: a healthy system gives no finding, and each thing broken on purpose is reported under its number
 * and no other. What may pass is looked at again before it is called wrong; what can be mended safely is.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "common/queue/dispatch.h"
#include "tests/contract/queue/queue_test.h"

/* One operation that runs (5 of 10 jobs open, one of them waiting for a retry, one holding a lease), one that has
 * re-synced two links, one that was cancelled ten minutes ago. */
#define RUNS "op_01HKM0000000000000000000A1"
#define DONE "op_01HKM0000000000000000000B2"
#define GONE "op_01HKM0000000000000000000C3"
#define LINK "app_1/repo_1"

static void insert_operation(struct queue_test *t, const char *id, const char *state, const char *counts,
                             const char *finished)
{
    sql(t,
        "INSERT INTO operation (operation_id, definition, digest, args, subject, phases, queue, chunk, \"window\", "
        "request_key,"
        " created_at, finished_at) VALUES ('%s', 'noop', 'd', '{}', 'a person', '[{\"id\": \"p\"}]', 'delivery', 2, 2, "
        "'\\x01',"
        " now() - interval '1 hour', %s);"
        "INSERT INTO tally (operation_id, state, planned, total, succeeded, failed, skipped, cancelled_jobs, last_seq, "
        "version)"
        " VALUES ('%s', '%s', true, %s, 5)",
        id, finished, id, state, counts);
}

static void insert_links(struct queue_test *t)
{
    sql(t,
        "INSERT INTO apps (app_id, app_name, base_url, client_auth_key_encrypted) VALUES ('app_1', 'a', 'https://a', "
        "'x');"
        "INSERT INTO repositories (repository_id, url, owner, name) SELECT 'repo_' || i, 'https://r/' || i, 'o', 'n'"
        "  FROM generate_series(1, 2) i;"
        "INSERT INTO app_repositories (app_id, repository_id, result, last_scanned_at, synced_tree_id, files, bytes, "
        "created_at)"
        " SELECT 'app_1', 'repo_' || i, 'synced', now() - interval '30 minutes', 't', 2, 20, now() - interval '1 day'"
        "  FROM generate_series(1, 2) i;"
        "INSERT INTO deliveries (app_id, repository_id, path_sha256, file_path, file_sha, blob_id, size)"
        " SELECT 'app_1', 'repo_' || i, int4send(j), 'f' || j, 's', 'b', 10"
        "  FROM generate_series(1, 2) i, generate_series(1, 2) j");
}

static void insert_jobs(struct queue_test *t)
{
    sql(t,
        "INSERT INTO job (operation_id, seq, phase, kind, key) SELECT '" RUNS
        "', i, 0, 'noop', i::text FROM generate_series(6, 10) i;"
        "UPDATE job SET run_at = now() + interval '1 hour', failures = 1 WHERE seq = 10;"
        "UPDATE job SET attempt = 3 WHERE seq = 9;"
        "INSERT INTO exclusive (key, operation_id, seq, attempt, worker) VALUES ('held', '" RUNS "', 9, 3, 'w_live');"
        "INSERT INTO job_outcome (operation_id, seq, phase, kind, key, outcome, attempt, worker, started_at, "
        "finished_at)"
        " SELECT '" RUNS
        "', i, 0, 'noop', i::text, CASE WHEN i <= 3 THEN 'succeeded' WHEN i = 4 THEN 'failed' ELSE 'skipped' END,"
        "        1, 'w', now(), now() FROM generate_series(1, 5) i"
        " UNION ALL SELECT '" DONE
        "', i, 0, 'resync', 'app_1/repo_' || i, 'succeeded', 1, 'w', now(), now() - interval '30 minutes'"
        "   FROM generate_series(1, 2) i"
        " UNION ALL SELECT '" GONE "', i, 0, 'noop', i::text, 'succeeded', 1, 'w', now(), now() - interval '11 minutes'"
        "   FROM generate_series(1, 2) i;"
        "UPDATE app_repositories l SET last_scanned_at = d.finished_at FROM job_outcome d" /* in one transaction, with
                                                                                              one time */
        " WHERE d.operation_id = '" DONE "' AND d.key = l.app_id || '/' || l.repository_id");
}

static void open_in_redis(struct queue_test *t)
{
    struct err_info error;
    PGresult *state = NULL;
    struct dispatch dispatch = {t->redis, t->prefix};
    assert_fine(dispatch_open(&dispatch, t->pg, RUNS, &error));
    assert_fine(pg_exec(t->pg, &sql_queue_store_state_get, NULL, &state, &error));
    run_command(t, "SET :epoch %s", pg_text(state, 0, 0));
    run_command(t, "ZADD :workers 99999999999999 w_live");
    PQclear(state);
}

static void make_healthy(struct queue_test *t)
{
    insert_operation(t, RUNS, "running", "10, 3, 1, 1, 0, 10", "NULL");
    insert_operation(t, DONE, "completed", "2, 2, 0, 0, 0, 2", "now() - interval '20 minutes'");
    insert_operation(t, GONE, "cancelled", "5, 2, 0, 0, 3, 5", "now() - interval '10 minutes'");
    insert_links(t);
    insert_jobs(t);
    open_in_redis(t);
}

static int healthy_system(void **state)
{
    queue_test_fresh(state);
    make_healthy(*state);
    return 0;
}

/* ---- what it says
 * ----------------------------------------------------------------------------------------------------------- */

static struct doctor_options options_at_rest(void)
{
    struct doctor_options options = DOCTOR_DEFAULTS;
    options.depth = DOCTOR_DEEP;
    options.wait_ms = 0;
    return options;
}

static struct doctor_report *check_with(struct queue_test *t, const struct doctor_options *options)
{
    struct err_info error;
    struct doctor_report *report = NULL;
    assert_fine(doctor_check(t->pg, t->redis, t->prefix, options, &report, &error));
    return report;
}

static void print_report(const struct doctor_report *report)
{
    for (size_t i = 0; i < report->count; i++)
        print_message("  I%d %s [%s] %s\n", report->findings[i].invariant, severity_name(report->findings[i].severity),
                      report->findings[i].subject, report->findings[i].text);
}

/* Asserts that of the invariants exactly this one (0: none) has findings of at least that severity, about that subject.
 */
static void expect(const struct doctor_report *report, int invariant, enum severity least, const char *subject)
{
    int found = 0, others = 0;
    for (size_t i = 0; i < report->count; i++) {
        const struct doctor_finding *f = &report->findings[i];
        if (f->invariant == 0 || f->severity <= DOCTOR_NOTE)
            continue;
        bool wanted = f->invariant == invariant && strstr(f->subject, subject) != NULL;
        found += wanted && f->severity >= least;
        others += !wanted;
    }
    if (others > 0 || (found > 0) != (invariant > 0)) {
        print_report(report);
        fail_msg("expected only I%d about %s", invariant, subject);
    }
}

static void assert_only(struct queue_test *t, int invariant, enum severity least, const char *subject)
{
    struct doctor_options options = options_at_rest();
    struct doctor_report *report = check_with(t, &options);
    expect(report, invariant, least, subject);
    doctor_report_drop(report);
}

static void assert_violation(struct queue_test *t, int invariant, const char *subject)
{
    assert_only(t, invariant, DOCTOR_VIOLATION, subject);
}

static void assert_well(struct queue_test *t)
{
    assert_only(t, 0, DOCTOR_OK, "");
}

/* Whether there is a finding with these words. */
static bool says(const struct doctor_report *report, int invariant, enum severity severity, const char *words)
{
    for (size_t i = 0; i < report->count; i++)
        if (report->findings[i].invariant == invariant && report->findings[i].severity == severity &&
            strstr(report->findings[i].text, words) != NULL)
            return true;
    print_report(report);
    return false;
}

/* Repairs what is found and returns what was done. */
static struct doctor_report *repaired(struct queue_test *t)
{
    struct err_info error;
    struct doctor_options options = options_at_rest();
    struct doctor_report *report = check_with(t, &options), *done = NULL;
    assert_fine(doctor_repair(t->pg, t->redis, t->prefix, report, &done, &error));
    doctor_report_drop(report);
    return done;
}

static void assert_repair(struct queue_test *t, const char *words)
{
    struct doctor_report *done = repaired(t);
    assert_int_equal(done->count, 1);
    assert_non_null(strstr(done->findings[0].text, words));
    doctor_report_drop(done);
}

/* ---- healthy
 * ----------------------------------------------------------------------------------------------------------------- */

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

/* ---- I1, I2
 * ------------------------------------------------------------------------------------------------------------------ */

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
    sql(*state, "UPDATE tally SET phase = 1 WHERE operation_id = '" RUNS "'");
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
           "UPDATE operation SET finished_at = now() - interval '40 days' WHERE operation_id = '" DONE "'");
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

/* ---- I3
 * ------------------------------------------------------------------------------------------------------------------------
 */

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

static void i3_an_outcome_without_its_effect(void **state)
{
    struct queue_test *t = *state;
    sql(t, "UPDATE app_repositories SET last_scanned_at = now() - interval '2 hours' WHERE repository_id = 'repo_2'");
    assert_violation(t, 3, DONE "/2");
    sql(t, "UPDATE operation SET dry_run = true WHERE operation_id = '" DONE "'");
    assert_well(t);
}

/* ---- I4
 * ------------------------------------------------------------------------------------------------------------------------
 */

/* A settle that counts rightly, but on a cancelled operation. */
static void settle_cancelled(struct queue_test *t, const char *when)
{
    sql(t,
        "INSERT INTO job_outcome (operation_id, seq, phase, kind, key, outcome, attempt, worker, started_at, "
        "finished_at)"
        " SELECT operation_id, 3, 0, 'noop', '3', 'succeeded', 1, 'w', now(), finished_at + interval '%s' FROM "
        "operation"
        "  WHERE operation_id = '" GONE "';"
        "UPDATE tally SET succeeded = 3, cancelled_jobs = 2 WHERE operation_id = '" GONE "'",
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
    assert_repair(t, "left alone"); /* somebody still touches it */
    sql(t, "UPDATE exclusive SET touched_at = now() - interval '6 minutes' WHERE key = '" LINK "'");
    assert_repair(t, "the lease of w removed");
    assert_well(t);
}

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
    redis_args_drop(t.args);
    redis_drop(t.redis);
    redis_address_fini(&t.address);
    pg_drop(t.pg);
    stores_drop(t.stores);
}

/* ---- I5, I6
 * --------------------------------------------------------------------------------------------------------------------
 */

static void i5_a_lost_chunk(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "LPOP :queue:delivery");
    assert_violation(t, 5, RUNS);
    assert_repair(t, "generation raised");
    run_command(t, "DEL :suspects:delivery"); /* chunks of the old generation stay in the queue: they die when taken */
    assert_well(t);
}

static void i5_an_operation_that_redis_does_not_know(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "DEL :op:" RUNS " :queue:delivery :delayed:delivery");
    assert_violation(t, 5, RUNS);
    assert_repair(t, "generation raised");
    assert_well(t);
}

static void i5_a_phase_that_nobody_advances(void **state)
{
    struct queue_test *t = *state;
    sql(t, "DELETE FROM exclusive; DELETE FROM job; UPDATE tally SET total = 5 WHERE operation_id = '" RUNS "'");
    run_command(t, "HSET :op:" RUNS " total 5");
    assert_violation(t, 5, RUNS);
    assert_repair(t, "advanced: now completed");
    assert_well(t);
}

static void i5_an_old_generation(void **state)
{
    sql(*state, "UPDATE tally SET generation = 2, version = version + 1 WHERE operation_id = '" RUNS "'");
    assert_violation(*state, 5, RUNS);
}

static void i5_nothing_is_wanted_of_what_is_paused(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "DEL :queue:delivery :delayed:delivery");
    sql(t, "UPDATE tally SET state = 'paused', version = version + 1 WHERE operation_id = '" RUNS "'");
    assert_well(t);
}

static void without_workers_what_they_would_mend_is_a_warning(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "DEL :workers");
    run_command(t, "LPOP :queue:delivery");
    assert_only(t, 5, DOCTOR_WARNING, RUNS);
    struct doctor_options options = options_at_rest();
    struct doctor_report *report = check_with(t, &options);
    assert_true(says(report, 0, DOCTOR_WARNING, "no worker lives; 1 operations wait"));
    assert_int_equal(doctor_worst(report), DOCTOR_WARNING);
    doctor_report_drop(report);
}

static void i6_chunks_of_a_silent_worker(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "LMOVE :queue:delivery :active:delivery:w_dead LEFT RIGHT");
    run_command(t, "ZADD :workers 1 w_dead");
    assert_violation(t, 6, "w_dead");
    run_command(t, "ZADD :workers 99999999999999 w_dead");
    assert_well(t);
}

static void i6_a_list_that_nobody_looks_at(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "RPUSH :inbox:active:w_forgotten item");
    assert_only(t, 6, DOCTOR_WARNING, "w_forgotten");
}

/* ---- I7
 * ------------------------------------------------------------------------------------------------------------------------
 */

static void i7_redis_ahead(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "HSET :op:" RUNS " version 6");
    assert_violation(t, 7, RUNS);
}

static void i7_other_counts_at_the_same_version(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "HSET :op:" RUNS " succeeded 4 completed 6");
    assert_violation(t, 7, RUNS);
}

static void i7_more_done_than_postgresql_knows(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "HSET :op:" RUNS " version 4 completed 6");
    assert_violation(t, 7, RUNS);
    run_command(t, "HSET :op:" RUNS " version 4 completed 4"); /* behind is allowed while it runs */
    assert_well(t);
}

static void i7_a_hash_that_does_not_see_the_end(void **state)
{
    struct queue_test *t = *state;
    struct err_info error;
    struct dispatch dispatch = {t->redis, t->prefix};
    sql(t, "UPDATE tally SET state = 'running' WHERE operation_id = '" DONE "'");
    assert_fine(dispatch_open(&dispatch, t->pg, DONE, &error));
    sql(t, "UPDATE tally SET state = 'completed', version = version + 1 WHERE operation_id = '" DONE "'");
    run_command(t, "EXPIRE :op:" DONE " 1000");
    assert_violation(t, 7, DONE);
    assert_repair(t, "carried into Redis");
    assert_well(t);
}

/* ---- I8
 * ------------------------------------------------------------------------------------------------------------------------
 */

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

/* ---- I9, I10
 * --------------------------------------------------------------------------------------------------------------------
 */

static void i9_more_chunks_than_the_window(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "RPUSH :queue:delivery {\"op\":\"" RUNS "\",\"gen\":1,\"from\":10,\"to\":10,\"w\":1}");
    run_command(t, "HINCRBY :op:" RUNS " out 1");
    assert_violation(t, 9, RUNS);
}

static void i9_chunks_that_are_not_counted(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "HINCRBY :op:" RUNS " out -1");
    assert_violation(t, 9, RUNS);
}

static void i9_a_list_of_refusals_without_end(void **state)
{
    struct queue_test *t = *state;
    redis_args_reset(t->args);
    redis_arg(t->args, "RPUSH");
    name_plain(t->args, t->prefix, "inbox:rejected");
    for (int i = 0; i < 1001; i++)
        redis_arg(t->args, "{}");
    struct err_info error;
    assert_fine(redis_run(t->redis, t->args, NULL, &error));
    assert_violation(t, 9, "inbox:rejected");
}

static void i9_a_hash_that_is_too_big(void **state)
{
    struct queue_test *t = *state;
    struct err_info error;
    char *text = mem_alloc(100000);
    memset(text, 'x', 100000);
    redis_args_reset(t->args);
    redis_arg(t->args, "HSET");
    name_operation(t->args, t->prefix, RUNS);
    redis_arg(t->args, "subject");
    redis_arg_len(t->args, text, 100000);
    assert_fine(redis_run(t->redis, t->args, NULL, &error));
    free(text);
    assert_violation(t, 9, ":op:" RUNS);
}

static void a_stray_hash_is_given_an_expiry(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "HSET :op:op_nobody cancelled true");
    assert_only(t, 9, DOCTOR_WARNING, ":op:op_nobody");
    assert_repair(t, "an expiry");
    assert_in_range(number_from(t, "TTL :op:op_nobody"), 1, DISPATCH_KEEP_S);
    assert_well(t);
}

static void i10_a_token_in_redis(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "HSET :op:" RUNS " subject https://ghp_abc@example.org/x");
    assert_violation(t, 10, ":op:" RUNS);
    run_command(t, "HSET :op:" RUNS " subject harmless");
    run_command(t, "RPUSH :inbox {\"definition\":\"x\",\"args\":{\"url\":\"https://name:word@example.org\"}}");
    assert_violation(t, 10, ":inbox");
}

static void i10_a_token_in_a_text_of_an_error(void **state)
{
    struct queue_test *t = *state;
    sql(t, "UPDATE job_outcome SET error = 'HTTP 401 for Bearer abc' WHERE operation_id = '" RUNS "' AND seq = 4");
    assert_violation(t, 10, "outcome " RUNS "/4");
    sql(t, "UPDATE job_outcome SET error = 'HTTP 401 https://example.org:80/a?b=c@d' WHERE operation_id = '" RUNS
           "' AND seq = 4");
    assert_well(t);
}

static void the_marks_of_secrets(void **state)
{
    (void)state;
    static const char *const secrets[] = {
        "x ghp_1",          "github_pat_11",
        "Authorization: x", "-----BEGIN RSA PRIVATE KEY",
        "https://a:b@c/",   "0123456789abcdef0123456789abcdef:0123456789abcdef0123456789abcdef:00ff",
    };
    static const char *const harmless[] = {
        "",
        "https://a.b:80/c@d",
        "https://name@host/",
        "a sha 0123456789abcdef0123456789abcdef:12",
        "ssh://git@host:22/x",
        "op_01HKM0000000000000000000A1",
    };
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (!doctor_looks_secret(secrets[i], strlen(secrets[i]), NULL))
            fail_msg("not noticed: %s", secrets[i]);
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (doctor_looks_secret(harmless[i], strlen(harmless[i]), NULL))
            fail_msg("wrongly noticed: %s", harmless[i]);
}

/* ---- the environment
 * ------------------------------------------------------------------------------------------------------------ */

static void an_unknown_schema_ends_the_check(void **state)
{
    struct queue_test *t = *state;
    struct doctor_options options = options_at_rest();
    sql(t, "DELETE FROM job WHERE seq = 7; UPDATE schema_migration SET checksum = 'other' WHERE version = 1");
    struct doctor_report *report = check_with(t, &options);
    assert_true(says(report, 0, DOCTOR_VIOLATION, "was changed"));
    expect(report, 0, DOCTOR_OK, "");
    doctor_report_drop(report);
    pg_close(t->pg);
    struct err_info error;
    assert_fine(pg_ready(t->pg, &error));
}

/* After the one above: puts the schema's record in order again. */
static int mend_schema(void **state)
{
    struct queue_test *t = *state;
    struct err_info error;
    sql(t, "DROP SCHEMA reprise CASCADE");
    int applied = 0;
    pg_close(t->pg);
    assert_fine(migrate_run(t->pg, &applied, &error));
    assert_fine(pg_ready(t->pg, &error));
    return 0;
}

static void without_redis_its_checks_are_noted_as_not_made(void **state)
{
    struct queue_test *t = *state;
    struct err_info error;
    struct doctor_options options = options_at_rest();
    struct doctor_report *report = NULL;
    sql(t, "UPDATE tally SET succeeded = 9 WHERE operation_id = '" DONE "'");
    assert_fine(doctor_check(t->pg, NULL, t->prefix, &options, &report, &error));
    assert_true(says(report, 2, DOCTOR_VIOLATION, "counts 9 succeeded"));
    for (int i = 5; i <= 7; i++)
        assert_true(says(report, i, DOCTOR_NOTE, "not checked"));
    doctor_report_drop(report);
}

static void a_redis_that_does_not_answer_is_a_finding(void **state)
{
    struct queue_test *t = *state;
    struct err_info error;
    struct doctor_options options = options_at_rest();
    struct doctor_report *report = NULL;
    struct redis_address nowhere;
    assert_fine(redis_address_parse("unix:///nowhere/redis.sock", &nowhere, &error));
    struct redis *redis = redis_new(&nowhere, 100, 100);
    assert_fine(doctor_check(t->pg, redis, t->prefix, &options, &report, &error));
    assert_true(says(report, 0, DOCTOR_WARNING, "/nowhere/redis.sock"));
    assert_true(says(report, 5, DOCTOR_NOTE, "not checked"));
    doctor_report_drop(report);
    redis_drop(redis);
    redis_address_fini(&nowhere);
}

static void settings_that_cost_promises_are_warned_about(void **state)
{
    struct queue_test *t = *state;
    struct doctor_options options = options_at_rest();
    options.has_encryption_key = false;
    sql(t, "SET synchronous_commit = off; SET default_transaction_read_only = on");
    run_command(t, "SET :epoch other");
    struct doctor_report *report = check_with(t, &options);
    sql(t, "SET default_transaction_read_only = off");
    assert_true(says(report, 0, DOCTOR_WARNING, "no encryption key"));
    assert_true(says(report, 0, DOCTOR_WARNING, "synchronous_commit off"));
    assert_true(says(report, 0, DOCTOR_WARNING, "read only"));
    assert_true(says(report, 0, DOCTOR_WARNING, "was wiped or is another one"));
    doctor_report_drop(report);
}

/* ---- while others work
 * ------------------------------------------------------------------------------------------------------------ */

struct running_check {
    struct queue_test *t;
    struct doctor_options options;
    struct doctor_report *report;
    struct pg *pg;
};

static void *check_in_thread(void *context)
{
    struct running_check *check = context;
    struct err_info error;
    struct redis *redis = redis_new(&check->t->address, 5000, 5000);
    if (doctor_check(check->pg, redis, check->t->prefix, &check->options, &check->report, &error) != ERR_OK)
        check->report = NULL;
    redis_drop(redis);
    return NULL;
}

static struct pg *second_connection(struct queue_test *t)
{
    struct err_info error;
    struct pg *pg = pg_new(stores_postgres_url(t->stores), "test", PG_LIMITS_PROGRAM);
    assert_fine(pg_ready(pg, &error));
    return pg;
}

static void what_passes_is_not_reported(void **state)
{
    struct queue_test *t = *state;
    struct running_check check = {t, options_at_rest(), NULL, second_connection(t)};
    check.options.wait_ms = 30000;
    char *chunk = joined(command(t, "LPOP :queue:delivery"));
    run_command(t, "ZADD :workers 1 w_dead");
    run_command(t, "RPUSH :active:delivery:w_dead %s", chunk);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, check_in_thread, &check), 0);
    /* Until it has looked once; then a reaper comes. */
    while (number_from(t, "EVAL return(redis.call('INFO','commandstats'):find('cmdstat_evalsha')or(0)) 0") == 0)
        continue;
    run_command(t, "LMOVE :active:delivery:w_dead :queue:delivery LEFT LEFT");
    pthread_join(thread, NULL);
    assert_non_null(check.report);
    expect(check.report, 0, DOCTOR_OK, "");
    doctor_report_drop(check.report);
    pg_drop(check.pg);
    free(chunk);
}

struct settler {
    struct pg *pg;
    atomic_bool stop;
    int settled;
};

/* Settles the jobs of an operation one by one, as the real one does: promise out, outcome in, count. */
static void *settle_all(void *context)
{
    struct settler *s = context;
    struct err_info error;
    char text[600];
    for (int seq = 1; seq <= 5000 && !atomic_load(&s->stop); seq++) {
        snprintf(text, sizeof text,
                 "BEGIN; DELETE FROM job WHERE operation_id = 'op_busy' AND seq = %d; INSERT INTO job_outcome "
                 "(operation_id, seq,"
                 " phase, kind, key, outcome, attempt, worker, started_at) VALUES ('op_busy', %d, 0, 'noop', 'k%d', "
                 "'succeeded', 1,"
                 " 'w', now()); SELECT settle_tally('op_busy', 1, 0, 0); COMMIT",
                 seq, seq, seq);
        if (pg_script(s->pg, text, &error) != ERR_OK)
            break;
        s->settled++;
    }
    return NULL;
}

static void a_running_system_gives_exact_answers(void **state)
{
    struct queue_test *t = *state;
    struct doctor_options options = options_at_rest();
    struct settler settler = {.pg = second_connection(t)};
    struct err_info error;
    pthread_t thread;
    insert_operation(t, "op_busy", "running", "5000, 0, 0, 0, 0, 5000", "NULL");
    sql(t, "INSERT INTO job (operation_id, seq, phase, kind, key) SELECT 'op_busy', i, 0, 'noop', 'k' || i FROM "
           "generate_series(1, 5000) i");
    assert_int_equal(pthread_create(&thread, NULL, settle_all, &settler), 0);
    for (int i = 0; i < 30; i++) {
        struct doctor_report *report = NULL;
        assert_fine(doctor_check(t->pg, NULL, t->prefix, &options, &report, &error));
        expect(report, 0, DOCTOR_OK, "");
        doctor_report_drop(report);
    }
    atomic_store(&settler.stop, true);
    pthread_join(thread, NULL);
    assert_true(settler.settled > 0);
    pg_drop(settler.pg);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, healthy_system)
    const struct CMUnitTest tests[] = {
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
        TEST(i3_an_outcome_without_its_effect),
        TEST(i4_a_settle_long_after_the_cancel),
        TEST(i4_a_settle_that_began_soon_after_the_cancel_is_in_doubt),
        TEST(i4_a_lease_that_outlives_the_cancel),
        cmocka_unit_test(i4_is_exact_with_the_times_of_commits),
        TEST(i5_a_lost_chunk),
        TEST(i5_an_operation_that_redis_does_not_know),
        TEST(i5_a_phase_that_nobody_advances),
        TEST(i5_an_old_generation),
        TEST(i5_nothing_is_wanted_of_what_is_paused),
        TEST(without_workers_what_they_would_mend_is_a_warning),
        TEST(i6_chunks_of_a_silent_worker),
        TEST(i6_a_list_that_nobody_looks_at),
        TEST(i7_redis_ahead),
        TEST(i7_other_counts_at_the_same_version),
        TEST(i7_more_done_than_postgresql_knows),
        TEST(i7_a_hash_that_does_not_see_the_end),
        TEST(i8_a_lease_of_an_attempt_that_never_was),
        TEST(i8_a_stale_attempt_that_keeps_its_key),
        TEST(i8_a_job_with_two_keys),
        TEST(i8_a_lease_of_no_operation),
        TEST(a_lease_of_one_who_is_gone_for_long_can_be_removed),
        TEST(i9_more_chunks_than_the_window),
        TEST(i9_chunks_that_are_not_counted),
        TEST(i9_a_list_of_refusals_without_end),
        TEST(i9_a_hash_that_is_too_big),
        TEST(a_stray_hash_is_given_an_expiry),
        TEST(i10_a_token_in_redis),
        TEST(i10_a_token_in_a_text_of_an_error),
        cmocka_unit_test(the_marks_of_secrets),
        TEST(without_redis_its_checks_are_noted_as_not_made),
        TEST(a_redis_that_does_not_answer_is_a_finding),
        TEST(settings_that_cost_promises_are_warned_about),
        TEST(what_passes_is_not_reported),
        TEST(a_running_system_gives_exact_answers),
        cmocka_unit_test_setup_teardown(an_unknown_schema_ends_the_check, healthy_system, mend_schema),
    };
    return cmocka_run_group_tests(tests, queue_test_open, queue_test_close);
}
