/*
 * A healthy system for the tests of its checker, and what the checker says of it. Each test breaks one thing on
 * purpose; it must be reported under its number and no other.
 */
#ifndef REPRISE_TESTS_DOCTOR_DOCTOR_TEST_H
#define REPRISE_TESTS_DOCTOR_DOCTOR_TEST_H

#include "common/doctor/doctor_private.h"
#include "common/queue/redis_owner.h"
#include "embedded/sql_queue.h"
#include "tests/contract/queue/queue_test.h"

/* One operation that runs (5 of 10 jobs open, one of them waiting for a retry, one holding a lease), one that has
 * re-synced two links, one that was cancelled ten minutes ago. */
#define RUNS "op_01HKM0000000000000000000A1"
#define DONE "op_01HKM0000000000000000000B2"
#define GONE "op_01HKM0000000000000000000C3"
#define LINK "app_1/repo_1"

static inline void insert_operation(struct queue_test *t, const char *id, const char *state, const char *counts,
                                    const char *finished)
{
    sql(t,
        "INSERT INTO operation (operation_id, definition, digest, args, subject, phases, queue, chunk, \"window\", "
        "request_key,"
        " created_at, finished_at) VALUES ('%s', 'noop', encode(sha256('d'), 'hex'), '{}', 'a person',"
        " jsonb_build_array(jsonb_build_object('id', 'p', 'job', CASE '%s' WHEN 'completed' THEN 'resync' ELSE 'noop' "
        "END)),"
        " 'delivery', 2, 2, sha256('1'),"
        " now() - interval '1 hour', %s);"
        "INSERT INTO tally (operation_id, state, planned, total, succeeded, failed, skipped, cancelled_jobs, last_seq, "
        "version, loaded_at)"
        " VALUES ('%s', '%s', true, %s, 5, now())",
        id, state, finished, id, state, counts);
}

static inline void insert_links(struct queue_test *t)
{
    sql(t,
        "INSERT INTO apps (app_id, app_name, base_url, client_auth_key_encrypted) VALUES ('app_1', 'a', 'https://a', "
        "'x');"
        "INSERT INTO repositories (repository_id, url, owner, name) SELECT 'repo_' || i, 'https://r/' || i, 'o', 'n'"
        "  FROM generate_series(1, 2) i;"
        "INSERT INTO app_repositories (app_id, repository_id, result, last_scanned_at, synced_tree_id, synced_commit, "
        "files, bytes, "
        "created_at)"
        " SELECT 'app_1', 'repo_' || i, 'synced', now() - interval '30 minutes', 't', 'c', 2, 20, now() - interval '1 "
        "day'"
        "  FROM generate_series(1, 2) i;"
        "INSERT INTO deliveries (app_id, repository_id, path_sha256, file_path, file_sha, blob_id, size, fingerprint, "
        "fingerprint_at)"
        " SELECT a, r, d, p, s, 'b', 10, delivery_fingerprint(a, r, d, p, s, 'b', 10), now()"
        "  FROM (SELECT 'app_1' AS a, 'repo_' || i AS r, int4send(j) AS d, 'f' || j AS p, 's' AS s"
        "          FROM generate_series(1, 2) i, generate_series(1, 2) j) f");
}

static inline void insert_jobs(struct queue_test *t)
{
    sql(t,
        "INSERT INTO job (operation_id, seq, phase, kind, key) SELECT '" RUNS
        "', i, 0, 'noop', i::text FROM generate_series(6, 10) i;"
        "UPDATE job SET run_at = now() + interval '1 hour', failures = 1, attempt = 1 WHERE seq = 10;"
        "UPDATE job SET attempt = 3 WHERE seq = 9;"
        "INSERT INTO exclusive (key, operation_id, seq, attempt, worker) VALUES ('held', '" RUNS "', 9, 3, 'w_live');"
        "INSERT INTO job_outcome (operation_id, seq, phase, kind, key, outcome, error, attempt, worker, started_at, "
        "finished_at)"
        " SELECT '" RUNS
        "', i, 0, 'noop', i::text, CASE WHEN i <= 3 THEN 'succeeded' WHEN i = 4 THEN 'failed' ELSE 'skipped' END,"
        "        CASE WHEN i = 4 THEN 'an error' END,"
        "        1, 'w', now(), now() FROM generate_series(1, 5) i"
        " UNION ALL SELECT '" DONE "', i, 0, 'resync', 'app_1/repo_' || i, 'succeeded', NULL, 1, 'w', now() - interval "
        "'31 minutes', now() - interval '30 minutes'"
        "   FROM generate_series(1, 2) i"
        " UNION ALL SELECT '" GONE "', i, 0, 'noop', i::text, 'succeeded', NULL, 1, 'w', now() - interval '12 "
        "minutes', now() - interval '11 minutes'"
        "   FROM generate_series(1, 2) i;"
        "UPDATE app_repositories l SET last_scanned_at = d.finished_at FROM job_outcome d" /* in one transaction, with
                                                                                              one time */
        " WHERE d.operation_id = '" DONE "' AND d.key = l.app_id || '/' || l.repository_id;"
        "INSERT INTO activity SELECT m.minute, kind, count(*) FILTER (WHERE outcome = 'succeeded'),"
        "                            count(*) FILTER (WHERE outcome = 'failed'), count(*) FILTER (WHERE outcome = "
        "'skipped')"
        "  FROM job_outcome d, LATERAL (VALUES (date_trunc('minute', d.finished_at)), ('-infinity')) m (minute) GROUP "
        "BY 1, 2");
}

static inline void open_in_redis(struct queue_test *t)
{
    struct err_info error;
    PGresult *state = NULL;
    struct dispatch dispatch = {t->redis, t->prefix};
    assert_fine(dispatch_open(&dispatch, t->pg, RUNS, &error));
    assert_fine(pg_exec(t->pg, &sql_queue_store_state_get, NULL, &state, &error));
    run_command(t, "SET :epoch %s", pg_text(state, 0, 0));
    run_command(t, "ZADD :workers 99999999999999 w_live");
    assert_fine(redis_owner_check(&dispatch, t->pg, &error));
    PQclear(state);
}

static inline void make_healthy(struct queue_test *t)
{
    sql(t, "INSERT INTO definition_versions (digest, body) VALUES (encode(sha256('d'), 'hex'), 'd')");
    insert_operation(t, RUNS, "running", "10, 3, 1, 1, 0, 10", "NULL");
    insert_operation(t, DONE, "completed", "2, 2, 0, 0, 0, 2", "now() - interval '20 minutes'");
    insert_operation(t, GONE, "cancelled", "5, 2, 0, 0, 3, 5", "now() - interval '10 minutes'");
    insert_links(t);
    insert_jobs(t);
    open_in_redis(t);
}

static inline int healthy_system(void **state)
{
    queue_test_fresh(state);
    make_healthy(*state);
    return 0;
}

/* ---- what it says ---------------------------------------------------------------------------------------------- */

static inline struct doctor_options options_at_rest(void)
{
    struct doctor_options options = DOCTOR_DEFAULTS;
    options.depth = DOCTOR_DEEP;
    options.wait_ms = 0;
    return options;
}

static inline struct doctor_report *check_with(struct queue_test *t, const struct doctor_options *options)
{
    struct err_info error;
    struct doctor_report *report = NULL;
    assert_fine(doctor_check(t->pg, &(struct dispatch){t->redis, t->prefix}, options, &report, &error));
    return report;
}

static inline void print_report(const struct doctor_report *report)
{
    for (size_t i = 0; i < report->count; i++)
        print_message("  I%d %s [%s] %s\n", report->findings[i].invariant, severity_name(report->findings[i].severity),
                      report->findings[i].subject, report->findings[i].text);
}

/* Asserts that of the invariants exactly this one (0: none) has findings of at least that severity, about that subject.
 */
static inline void expect(const struct doctor_report *report, int invariant, enum severity least, const char *subject)
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

static inline void assert_only(struct queue_test *t, int invariant, enum severity least, const char *subject)
{
    struct doctor_options options = options_at_rest();
    struct doctor_report *report = check_with(t, &options);
    expect(report, invariant, least, subject);
    doctor_report_drop(report);
}

static inline void assert_violation(struct queue_test *t, int invariant, const char *subject)
{
    assert_only(t, invariant, DOCTOR_VIOLATION, subject);
}

static inline void assert_well(struct queue_test *t)
{
    assert_only(t, 0, DOCTOR_OK, "");
}

/* Whether there is a finding with these words. */
static inline bool says(const struct doctor_report *report, int invariant, enum severity severity, const char *words)
{
    for (size_t i = 0; i < report->count; i++)
        if (report->findings[i].invariant == invariant && report->findings[i].severity == severity &&
            strstr(report->findings[i].text, words) != NULL)
            return true;
    print_report(report);
    return false;
}

/* Repairs what is found and returns what was done. */
static inline struct doctor_report *repaired(struct queue_test *t)
{
    struct err_info error;
    struct doctor_options options = options_at_rest();
    struct doctor_report *report = check_with(t, &options), *done = NULL;
    assert_fine(doctor_repair(t->pg, &(struct dispatch){t->redis, t->prefix}, report, &done, &error));
    doctor_report_drop(report);
    return done;
}

static inline void assert_repair(struct queue_test *t, const char *words)
{
    struct doctor_report *done = repaired(t);
    assert_int_equal(done->count, 1);
    assert_non_null(strstr(done->findings[0].text, words));
    doctor_report_drop(done);
}

/* A row of a test's table: the system is healthy when it begins. */
#define TEST(name) cmocka_unit_test_setup(name, healthy_system)

#endif
