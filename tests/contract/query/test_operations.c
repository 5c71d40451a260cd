/* Questions on operations and their outcomes, against a real database whose content is known. */
#include "common/query/operations.h"
#include "common/query/page.h"
#include "tests/contract/query/query_test.h"

/* Five operations, two of them of one instant; the third has three phases and outcomes. */
static int setup(void **state)
{
    struct query_test *t = *state;
    sql(t, "TRUNCATE operation, tally, job, job_outcome, exclusive, apps, repositories CASCADE");
    sql(t,
        "INSERT INTO operation (operation_id, definition, digest, args, subject, phases, queue, chunk, \"window\", "
        "request_key, created_at)"
        " SELECT 'op_' || i, 'noop', 'd', '{\"n\":1}', 's', "
        "'[{\"id\":\"a\",\"job\":\"noop\"},{\"id\":\"b\"},{\"id\":\"c\"}]',"
        " 'history', 1, 1, '\\x01', now() - interval '10 s' + (i / 2) * interval '1 s' FROM generate_series(1, 5) i");
    sql(t, "INSERT INTO tally (operation_id, state, phase, planned, total, succeeded, failed, skipped, cancelled_jobs)"
           " SELECT 'op_' || i, CASE i WHEN 3 THEN 'running' WHEN 4 THEN 'cancelled' ELSE 'completed' END,"
           " 1, true, 20, 5, 3, 2, 0 FROM generate_series(1, 5) i");
    sql(t, "INSERT INTO job_outcome (operation_id, seq, phase, kind, key, outcome, attempt, error, worker, started_at)"
           " SELECT 'op_3', i, 0, 'noop', 'k' || i, CASE WHEN i % 2 = 0 THEN 'failed' ELSE 'succeeded' END, 1,"
           " CASE WHEN i % 2 = 0 THEN 'error ' || i % 3 END, 'w', now() FROM generate_series(1, 10) i");
    return 0;
}

static void operations_are_listed_newest_first(void **state)
{
    struct query_test *t = *state;
    assert_values(ask(t, operations_list, NULL), "operations", "operation_id", "op_5 op_4 op_3 op_2 op_1");
    assert_values(ask(t, operations_list, "state", "completed"), "operations", "operation_id", "op_5 op_2 op_1");
    refused(t, operations_list, ERR_USAGE, "state: \"done\" is none of running, paused", "state", "done");
}

/* A schedule every minute must not fill the list. */
static void operations_of_schedules_can_be_left_out(void **state)
{
    struct query_test *t = *state;
    sql(t, "UPDATE operation SET requested_by = 'schedule' WHERE operation_id IN ('op_2', 'op_5')");
    assert_values(ask(t, operations_list, "scheduled", "false"), "operations", "operation_id", "op_4 op_3 op_1");
    assert_values(ask(t, operations_list, "scheduled", "true"), "operations", "operation_id", "op_5 op_2");
    refused(t, operations_list, ERR_USAGE, "scheduled: \"no\" is none of true, false", "scheduled", "no");
    sql(t, "UPDATE operation SET requested_by = ''");
}

/* However such an operation ended, or while it goes on. */
static void operations_with_failures_are_found_whatever_their_state(void **state)
{
    struct query_test *t = *state;
    sql(t, "UPDATE tally SET failed = 0 WHERE operation_id IN ('op_1', 'op_4')");
    assert_values(ask(t, operations_list, "state", "with-failures"), "operations", "operation_id", "op_5 op_3 op_2");
    sql(t, "UPDATE tally SET failed = 3 WHERE operation_id IN ('op_1', 'op_4')");
}

/* A job that a worker holds is there with its checkpoint; one that failed, with its reason; no other. */
static void work_in_hand_is_visible(void **state)
{
    struct query_test *t = *state;
    sql(t, "INSERT INTO job (operation_id, seq, phase, kind, key, attempt, failures, checkpoint, run_at, last_error)"
           " VALUES ('op_3', 11, 0, 'snapshot', 'app/repo', 2, 0, '{\"done\":60,\"total\":400}', NULL, NULL),"
           " ('op_3', 12, 0, 'noop', 'k12', 1, 1, NULL, now() + interval '1 h', 'no route'),"
           " ('op_3', 13, 0, 'noop', 'k13', 0, 0, NULL, NULL, NULL)");
    sql(t, "INSERT INTO exclusive (key, operation_id, seq, attempt, worker) VALUES ('app/repo', 'op_3', 11, 2, 'w1')");
    assert_values(ask(t, jobs_open, "operation_id", "op_3"), "jobs", "seq", "11 12");
    assert_values(ask(t, jobs_open, "operation_id", "op_3"), "jobs", "state", "running trying again");
    assert_values(ask(t, jobs_open, "operation_id", "op_3", "limit", "1"), "jobs", "worker", "w1");
    struct query_result operation = ask(t, operations_one, "operation_id", "op_3"),
                        job = ask(t, job_one, "operation_id", "op_3", "seq", "11");
    assert_member(&operation, "running_jobs", "1");
    assert_member(&operation, "files_done", "60");
    assert_member(&operation, "files_total", "400");
    assert_member(&job, "state", "\"running\"");
    assert_member(&job, "done", "60");
    assert_member(&job, "tries", "2");
    assert_member(&job, "of_batch", "false");
    query_result_fini(&operation);
    query_result_fini(&job);
    job = ask(t, job_one, "operation_id", "op_3", "seq", "12");
    assert_member(&job, "state", "\"trying again\"");
    assert_member(&job, "error", "\"no route\"");
    query_result_fini(&job);
    sql(t, "UPDATE exclusive SET touched_at = now() - interval '1 min'");
    assert_values(ask(t, jobs_open, "operation_id", "op_3"), "jobs", "seq", "12");
    sql(t, "DELETE FROM job; DELETE FROM exclusive");
    refused(t, job_one, ERR_NOT_FOUND, "there is no job 99 of an operation op_3", "operation_id", "op_3", "seq", "99");
}

/* A chunked job's attempt counts failures from 0, an exclusive one's claims from 1: people count tries. */
static void tries_are_counted_from_one_for_every_kind(void **state)
{
    struct query_test *t = *state;
    sql(t, "INSERT INTO job_outcome (operation_id, seq, phase, kind, key, outcome, attempt, worker, started_at)"
           " VALUES ('op_7', 1, 0, 'noop', 'a', 'succeeded', 0, 'w', now()), ('op_7', 2, 0, 'noop', 'b', 'failed', 4, "
           "'w', now()),"
           " ('op_7', 3, 0, 'resync', 'a/b', 'succeeded', 1, 'w', now())");
    assert_values(ask(t, outcomes_list, "operation_id", "op_7"), "outcomes", "tries", "1 5 1");
    assert_values(ask(t, outcomes_list, "operation_id", "op_7"), "outcomes", "of_batch", "true true false");
    sql(t, "DELETE FROM job_outcome WHERE operation_id = 'op_7'");
}

static int64_t expected(struct query_test *t, const char *handle, const char *job, size_t phases, int64_t jobs)
{
    char id[64], kind[64];
    snprintf(id, sizeof id, "%s", handle);
    snprintf(kind, sizeof kind, "%s", job);
    struct definition_phase first = {.job = kind};
    struct definition definition = {.phases = &first, .phase_count = phases};
    const struct submission submission = {.found = {.definition = &definition, .handle = id}, .preview.jobs = jobs};
    struct err_info error = {.code = ERR_OK};
    int64_t ms = 0;
    fine(operations_expected_ms(t->pg, &submission, &ms, &error), &error);
    return ms;
}

/* Ten jobs of one app took 2 s, one alone took 1 s; all of a sync took 6 s, most of it in later phases. */
static void how_long_it_takes_is_known_by_the_kind_and_the_size(void **state)
{
    struct query_test *t = *state;
    sql(t, "INSERT INTO operation (operation_id, definition, digest, args, subject, phases, queue, chunk, \"window\", "
           "request_key, created_at, finished_at)"
           " SELECT 'op_' || d, d, 'd', '{}', 's', p::jsonb, 'delivery', 1, 1, '\\x01', now() - interval '1 h',"
           " now() - interval '1 h' + s * interval '1 s' FROM (VALUES ('resync-app', '[{\"job\":\"resync\"}]', 2),"
           " ('resync-link', '[{\"job\":\"resync\"}]', 1),"
           " ('sync-history', '[{\"job\":\"scan\"},{\"job\":\"enrich\"}]', 6)) v (d, p, s)");
    sql(t, "INSERT INTO tally (operation_id, state, phase, planned, total, succeeded, failed, skipped, cancelled_jobs)"
           " VALUES ('op_resync-app', 'completed', 0, true, 10, 10, 0, 0, 0),"
           " ('op_resync-link', 'completed', 0, true, 1, 1, 0, 0, 0),"
           " ('op_sync-history', 'completed', 1, true, 5001, 5001, 0, 0, 0)");
    assert_in_range(expected(t, "resync-all", "resync", 1, 10), 2000, 2800); /* another definition did the same */
    assert_in_range(expected(t, "resync-all", "resync", 1, 100), 20000, 28000);
    assert_int_equal(expected(t, "resync-all", "resync", 1, 101), -1); /* far more than was ever seen */
    assert_int_equal(expected(t, "resync-all", "resync", 1, -1), -1);
    assert_int_equal(expected(t, "resync-all", "resync", 1, 0), 0);
    assert_int_equal(expected(t, "snapshot-all", "snapshot", 1, 1), -1);
    assert_int_equal(expected(t, "sync-history", "scan", 2, 1), 6000);
    assert_int_equal(expected(t, "sync-history", "scan", 2, -1), 6000);
    sql(t, "DELETE FROM operation WHERE queue = 'delivery'; DELETE FROM tally WHERE operation_id LIKE 'op\\_%-%'");
}

static void pages_part_operations_of_one_instant(void **state)
{
    struct query_test *t = *state;
    struct query_result first = ask(t, operations_list, "limit", "1"),
                        second = ask(t, operations_list, "limit", "2", "cursor", first.next);
    assert_values(ask(t, operations_list, "cursor", second.next), "operations", "operation_id", "op_2 op_1");
    assert_values(second, "operations", "operation_id", "op_4 op_3");
    query_result_fini(&first);
}

static void a_forged_cursor_is_a_mistake_of_who_asks(void **state)
{
    struct query_test *t = *state;
    struct cursor forged = {.count = 2, .keys = {mem_strdup("yesterday or so"), mem_strdup("op_1")}};
    char *text = cursor_write("operations", &forged);
    refused(t, operations_list, ERR_USAGE, "the cursor was not given by this list", "cursor", text);
    cursor_fini(&forged);
    free(text);
}

static void an_operation_shows_its_counts_and_phases(void **state)
{
    struct query_test *t = *state;
    struct query_result answer = ask(t, operations_one, "operation_id", "op_3");
    assert_member(&answer, "state", "\"running\"");
    assert_member(&answer, "completed", "10");
    assert_member(&answer, "open", "10");
    assert_member(&answer, "cancelled", "false");
    assert_member(&answer, "phase", "2");
    assert_member(&answer, "args", "{\"n\":1}");
    double rate = json_get_double(answer.json, "rate_per_s", -1);
    assert_true(rate > 0.2 && rate < 1.2); /* ten in the nine seconds since it was made, and a slow machine's more */
    assert_in_range(json_get_int(answer.json, "eta_s", -1), 8, 50);
    assert_values(answer, "phase_list", "state", "ended running waiting");
    assert_values(ask(t, operations_one, "operation_id", "op_5"), "phase_list", "state", "ended ended ended");
    answer = ask(t, operations_one, "operation_id", "op_4");
    assert_member(&answer, "cancelled", "true");
    assert_member(&answer, "eta_s", "null");
    query_result_fini(&answer);
    refused(t, operations_one, ERR_NOT_FOUND, "there is no operation op_9", "operation_id", "op_9");
}

static void outcomes_are_paged_and_filtered(void **state)
{
    struct query_test *t = *state;
    struct query_result first = ask(t, outcomes_list, "operation_id", "op_3", "outcome", "failed", "limit", "2");
    assert_values(ask(t, outcomes_list, "operation_id", "op_3", "outcome", "failed", "cursor", first.next), "outcomes",
                  "seq", "6 8 10");
    assert_values(first, "outcomes", "seq", "2 4");
    assert_values(ask(t, outcomes_list, "operation_id", "op_1"), "outcomes", "seq", "");
}

/* What differs in numbers, ids and addresses is one form; the list by that form has just those jobs. */
static void errors_of_one_form_stand_together_and_their_jobs_are_listed(void **state)
{
    struct query_test *t = *state;
    sql(t, "INSERT INTO job_outcome (operation_id, seq, phase, kind, key, outcome, attempt, error, worker, started_at)"
           " SELECT 'op_8', i, 0, 'noop', i::text, CASE WHEN i > 90 THEN 'succeeded' ELSE 'failed' END, 0,"
           " CASE WHEN i > 90 THEN NULL WHEN i % 3 = 0 THEN 'no route to 10.0.0.' || i || ':80'"
           "      WHEN i % 3 = 1 THEN 'create docs/' || i || '.md: HTTP ' || 400 + i % 2 WHEN i = 2 THEN '' END, 'w', "
           "now()"
           " FROM generate_series(1, 100) i");
    assert_values(ask(t, outcomes_errors, "operation_id", "op_8"), "errors", "form",
                  "(no text) no route to <address> create <path>: HTTP 401 create <path>: HTTP 400");
    assert_values(ask(t, outcomes_errors, "operation_id", "op_8"), "errors", "jobs", "30 30 15 15");
    assert_values(ask(t, outcomes_errors, "operation_id", "op_8"), "errors", "texts", "1 30 15 15");
    assert_values(ask(t, outcomes_errors, "operation_id", "op_8", "limit", "2"), "errors", "first_job_id",
                  "op_8/2 op_8/3");
    struct query_result first =
        ask(t, outcomes_list, "operation_id", "op_8", "form", "create <path>: HTTP 400", "limit", "5");
    assert_values(
        ask(t, outcomes_list, "operation_id", "op_8", "form", "create <path>: HTTP 400", "cursor", first.next),
        "outcomes", "seq", "34 40 46 52 58 64 70 76 82 88");
    assert_values(first, "outcomes", "seq", "4 10 16 22 28");
    assert_values(ask(t, outcomes_list, "operation_id", "op_8", "form", "(no text)", "limit", "3"), "outcomes", "seq",
                  "2 5 8");
    assert_values(ask(t, outcomes_list, "operation_id", "op_8", "form", "another"), "outcomes", "seq", "");
    sql(t, "DELETE FROM job_outcome WHERE operation_id = 'op_8'");
}

static void errors_are_grouped_by_their_text(void **state)
{
    struct query_test *t = *state;
    assert_values(ask(t, outcomes_errors, "operation_id", "op_3"), "errors", "error", "error 2 error 1 error 0");
    assert_values(ask(t, outcomes_errors, "operation_id", "op_3"), "errors", "jobs", "2 2 1");
    assert_values(ask(t, outcomes_errors, "operation_id", "op_3"), "errors", "first_seq", "2 4 6");
    struct query_result answer = ask(t, outcomes_errors, "operation_id", "op_3", "limit", "1");
    assert_member(&answer, "examined", "5");
    assert_member(&answer, "capped", "false");
    assert_values(answer, "errors", "examined", "null");
    answer = ask(t, outcomes_errors, "operation_id", "op_1");
    assert_member(&answer, "examined", "0");
    query_result_fini(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(operations_are_listed_newest_first, setup),
        cmocka_unit_test_setup(operations_of_schedules_can_be_left_out, setup),
        cmocka_unit_test_setup(operations_with_failures_are_found_whatever_their_state, setup),
        cmocka_unit_test_setup(work_in_hand_is_visible, setup),
        cmocka_unit_test_setup(tries_are_counted_from_one_for_every_kind, setup),
        cmocka_unit_test_setup(how_long_it_takes_is_known_by_the_kind_and_the_size, setup),
        cmocka_unit_test_setup(pages_part_operations_of_one_instant, setup),
        cmocka_unit_test_setup(a_forged_cursor_is_a_mistake_of_who_asks, setup),
        cmocka_unit_test_setup(an_operation_shows_its_counts_and_phases, setup),
        cmocka_unit_test_setup(outcomes_are_paged_and_filtered, setup),
        cmocka_unit_test_setup(errors_are_grouped_by_their_text, setup),
        cmocka_unit_test_setup(errors_of_one_form_stand_together_and_their_jobs_are_listed, setup),
    };
    return cmocka_run_group_tests(tests, query_test_open, query_test_close);
}
