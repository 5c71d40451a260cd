/*
 * Every selection against a real, migrated database: what its check says before an operation is accepted, and which
 * jobs its plan writes, page by page.
 */
#include <stdlib.h>
#include <string.h>

#include "common/kinds/kinds.h"
#include "embedded/sql_count.h"
#include "tests/contract/kinds/kinds_test.h"

#define OPERATION "op_test"
#define LAST_SEQ 100
#define APP_A "{\"app_id\":\"app_a\"}"
#define APP_B "{\"app_id\":\"app_b\"}"
#define HOURLY "{\"age_ms\":3600000,\"max_wait_ms\":86400000}"
#define LINK(app, repository) "{\"app_id\":\"" app "\",\"repository_id\":\"" repository "\"}"

/* App A watches three repositories: one synced an hour and more ago, one failed, one never sent; app B one, synced just
 * now; app C none. The circuit of repository 4 is open. */
static const char *const sample[] = {
    "INSERT INTO apps (app_id, app_name, base_url, client_auth_key_encrypted) VALUES ('app_a', 'Docs', 'http://a', "
    "'x'), "
    "('app_b', 'Search', 'http://b', 'x'), ('app_c', 'Idle', 'http://c', 'x')",
    "INSERT INTO repositories (repository_id, url, owner, name, circuit_open_until) VALUES ('repo_1', 'u1', 'acme', "
    "'one', "
    "NULL), ('repo_2', 'u2', 'acme', 'two', NULL), ('repo_3', 'u3', 'acme', 'three', NULL), ('repo_4', 'u4', 'acme', "
    "'four', "
    "now() + interval '10 minutes')",
    "INSERT INTO app_repositories (app_id, repository_id, result, failed_scans, last_scanned_at, files, bytes) VALUES "
    "('app_a', 'repo_1', 'synced', 0, now() - interval '2 hours', 10, 1000), "
    "('app_a', 'repo_2', 'failed', 3, now() - interval '3 hours', NULL, NULL), "
    "('app_a', 'repo_3', 'never', 0, NULL, NULL, NULL), "
    "('app_b', 'repo_1', 'synced', 0, now(), 5, 500), "
    "('app_b', 'repo_4', 'never', 0, NULL, NULL, NULL)",
};

static PGresult *exec(struct world *world, const struct sql *statement, struct pg_args *args)
{
    struct err_info error = {.code = ERR_OK};
    PGresult *result = NULL;
    check_fine(pg_exec(world->pg, statement, args, &result, &error), &error);
    pg_args_drop(args);
    return result;
}

static int setup(void **state)
{
    world_setup(state);
    for (size_t i = 0; i < sizeof sample / sizeof *sample; i++)
        run_text(*state, sample[i]);
    return 0;
}

/* Each test plans from nothing. */
static int without_jobs(void **state)
{
    run_text(*state, "DELETE FROM job");
    run_text(*state, "DELETE FROM tally");
    return 0;
}

/* ---- what is asked of a selection ---------------------------------------------------------------------------- */

static const struct selection *selection(const char *kind_name, const char *name)
{
    const struct kind *kind = kind_find(&kinds, kind_name);
    assert_non_null(kind);
    const struct selection *found = selection_find(kind, name);
    assert_non_null(found);
    return found;
}

struct expected {
    const char *subject, *jobs, *files, *bytes, *refusal, *text;
};

static void assert_column(const PGresult *row, int column, const char *expected)
{
    if (expected == NULL)
        assert_null(pg_text(row, 0, column));
    else
        assert_string_equal(pg_text(row, 0, column), expected);
}

static void assert_check(struct world *world, const char *name, const char *args_json, struct expected expected)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, args_json);
    const char *kind = strcmp(name, "numbers") == 0 ? "noop" : "resync";
    PGresult *row = exec(world, selection(kind, name)->check, args);
    assert_int_equal(pg_rows(row), 1);
    assert_column(row, 4, expected.refusal);
    assert_column(row, 5, expected.text);
    if (expected.refusal == NULL) {
        assert_column(row, 0, expected.subject);
        assert_column(row, 1, expected.jobs);
        assert_column(row, 2, expected.files);
        assert_column(row, 3, expected.bytes);
    }
    PQclear(row);
}

/* One step. Returns how many jobs it planned; `*cursor` is replaced where there is a new one. */
static int64_t plan_step_of(struct world *world, const struct selection *from, const char *kind, const char *args_json,
                            int64_t last_seq, int limit, char **cursor)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, OPERATION);
    pg_arg_int8(args, last_seq);
    pg_arg_int4(args, 0);
    pg_arg_text(args, kind);
    pg_arg_text(args, args_json);
    pg_arg_text(args, *cursor);
    pg_arg_int4(args, limit);
    PGresult *row = exec(world, from->plan, args);
    assert_int_equal(pg_rows(row), 1);
    int64_t planned = pg_int8(row, 0, 0);
    if (pg_text(row, 0, 1) != NULL) {
        free(*cursor);
        *cursor = strdup(pg_text(row, 0, 1));
    }
    PQclear(row);
    return planned;
}

/* All steps of `limit` rows, as the planner takes them; then the keys in the order of their numbers. */
static void assert_planned(struct world *world, const char *kind, const char *name, const char *args_json, int limit,
                           const char *expected_keys)
{
    static const struct sql keys = {"test/keys", SQL_COUNT,
                                    "SELECT coalesce(string_agg(key, ' ' ORDER BY seq), ''), coalesce(min(seq), 101), "
                                    "coalesce(max(seq) - min(seq) + 1, 0), count(*) FROM job WHERE kind = $1"};
    char *cursor = NULL;
    int64_t total = 0, planned;
    do {
        planned = plan_step_of(world, selection(kind, name), kind, args_json, LAST_SEQ + total, limit, &cursor);
        total += planned;
    } while (planned == limit);
    free(cursor);

    struct pg_args *args = pg_args_new();
    pg_arg_text(args, kind);
    PGresult *row = exec(world, &keys, args);
    assert_string_equal(pg_text(row, 0, 0), expected_keys);
    assert_int_equal(pg_int8(row, 0, 1), LAST_SEQ + 1);
    assert_int_equal(pg_int8(row, 0, 2), pg_int8(row, 0, 3)); /* no gaps */
    assert_int_equal(pg_int8(row, 0, 3), total);
    PQclear(row);
}

/* ---- the table ----------------------------------------------------------------------------------------------- */

static bool is_job(const char *name)
{
    const char *job = NULL;
    for (size_t i = 0; (job = kinds_names.job(i, kinds_names.context)) && strcmp(job, name) != 0; i++)
        ;
    return job;
}

static bool is_selection(const char *job, const char *name)
{
    const char *selection = NULL;
    for (size_t i = 0; (selection = kinds_names.selection(job, i, kinds_names.context)) && strcmp(selection, name) != 0;
         i++)
        ;
    return selection;
}

static void knows_its_jobs_and_selections(void **state)
{
    (void)state;
    assert_true(is_job("resync"));
    assert_false(is_job("resync-app"));
    assert_true(is_selection("snapshot", "failed-links"));
    assert_false(is_selection("noop", "failed-links"));
    assert_false(is_selection("nothing", "numbers"));
}

/* ---- checks -------------------------------------------------------------------------------------------------- */

static void checks_numbers(void **state)
{
    assert_check(*state, "numbers", "{\"count\":12}",
                 (struct expected){"12 jobs without effect", "12", NULL, NULL, NULL, NULL});
}

static void checks_one_link(void **state)
{
    assert_check(*state, "link", LINK("app_a", "repo_1"),
                 (struct expected){"Docs: acme/one", "1", "10", "1000", NULL, NULL});
    assert_check(*state, "link", LINK("app_a", "repo_3"),
                 (struct expected){"Docs: acme/three", "1", NULL, NULL, NULL, NULL});
}

static void refuses_a_link_that_does_not_exist(void **state)
{
    assert_check(*state, "link", LINK("app_x", "repo_1"),
                 (struct expected){.refusal = "RP404", .text = "There is no app app_x"});
    assert_check(*state, "link", LINK("app_a", "repo_x"),
                 (struct expected){.refusal = "RP404", .text = "There is no repository repo_x"});
    assert_check(*state, "failed-link", LINK("app_b", "repo_2"),
                 (struct expected){.refusal = "RP404", .text = "The app app_b does not watch the repository repo_2"});
}

static void retries_only_what_has_failed(void **state)
{
    assert_check(*state, "failed-link", LINK("app_a", "repo_2"),
                 (struct expected){"Docs: acme/two", "1", NULL, NULL, NULL, NULL});
    assert_check(
        *state, "failed-link", LINK("app_a", "repo_1"),
        (struct expected){.refusal = "RP409", .text = "Only a failed repository can be retried; this one is synced"});
    assert_check(*state, "failed-link", LINK("app_a", "repo_3"),
                 (struct expected){.refusal = "RP409",
                                   .text = "Only a failed repository can be retried; this one was never sent"});
}

static void checks_the_links_of_an_app(void **state)
{
    static const struct expected none = {.refusal = "RP404", .text = "No repositories for this app"};
    assert_check(*state, "links-of-app", APP_A, (struct expected){"Docs", "3", "10", "1000", NULL, NULL});
    assert_check(*state, "links-of-app", "{\"app_id\":\"app_c\"}", none);
    assert_check(*state, "links-of-app", "{\"app_id\":\"app_x\"}", none);
    assert_check(*state, "failed-links-of-app", APP_A, (struct expected){"Docs", "1", NULL, NULL, NULL, NULL});
    assert_check(*state, "failed-links-of-app", APP_B,
                 (struct expected){.refusal = "RP404", .text = "No failed repositories for this app"});
    assert_check(*state, "failed-links-of-app", "{\"app_id\":\"app_c\"}", none);
}

static void checks_the_links_of_all_apps(void **state)
{
    assert_check(*state, "links-of-all", "{}", (struct expected){"all apps", "5", "15", "1500", NULL, NULL});
    assert_check(*state, "failed-links", "{}", (struct expected){"all apps", "1", NULL, NULL, NULL, NULL});
}

static void a_rescan_with_nothing_due_is_no_error(void **state)
{
    assert_check(*state, "links-to-rescan", HOURLY,
                 (struct expected){"repositories that are due", "2", NULL, NULL, NULL, NULL});
    run_text(*state, "BEGIN; DELETE FROM app_repositories");
    assert_check(*state, "links-to-rescan", "{}",
                 (struct expected){"repositories that are due", "0", NULL, NULL, NULL, NULL});
    assert_check(*state, "links-of-all", "{}",
                 (struct expected){.refusal = "RP404", .text = "No app watches a repository"});
    assert_check(*state, "failed-links", "{}", (struct expected){.refusal = "RP404", .text = "No failed repositories"});
    run_text(*state, "ROLLBACK");
}

/* ---- plans --------------------------------------------------------------------------------------------------- */

static void plans_numbers_in_pages(void **state)
{
    assert_planned(*state, "noop", "numbers", "{\"count\":7}", 3, "1 2 3 4 5 6 7");
}

static void plans_one_link(void **state)
{
    assert_planned(*state, "resync", "link", LINK("app_a", "repo_2"), 5000, "app_a/repo_2");
    assert_planned(*state, "snapshot", "failed-link", LINK("app_a", "repo_1"), 5000, "");
}

static void plans_the_links_of_an_app_in_pages(void **state)
{
    assert_planned(*state, "resync", "links-of-app", APP_A, 2, "app_a/repo_1 app_a/repo_2 app_a/repo_3");
    without_jobs(state);
    assert_planned(*state, "snapshot", "failed-links-of-app", APP_A, 1, "app_a/repo_2");
}

static void plans_all_links_in_pages(void **state)
{
    static const char all[] = "app_a/repo_1 app_a/repo_2 app_a/repo_3 app_b/repo_1 app_b/repo_4";
    for (int limit = 1; limit <= 6; limit++) {
        without_jobs(state);
        assert_planned(*state, "resync", "links-of-all", "{}", limit, all);
    }
    without_jobs(state);
    assert_planned(*state, "snapshot", "failed-links", "{}", 1, "app_a/repo_2");
}

static void a_full_last_page_is_followed_by_an_empty_one(void **state)
{
    char *cursor = NULL;
    const struct selection *links = selection("resync", "links-of-app");
    assert_int_equal(plan_step_of(*state, links, "resync", APP_A, 0, 3, &cursor), 3);
    assert_string_equal(cursor, "app_a/repo_3");
    assert_int_equal(plan_step_of(*state, links, "resync", APP_A, 3, 3, &cursor), 0);
    assert_string_equal(cursor, "app_a/repo_3");
    free(cursor);
}

/* ---- which links a rescan takes ------------------------------------------------------------------------------ */

static void rescans_what_is_due(void **state)
{
    /* repo_2 failed for the third time three hours ago: due after four hours. The circuit of repo_4 is open. */
    assert_planned(*state, "snapshot", "links-to-rescan", HOURLY, 1, "app_a/repo_1 app_a/repo_3");
    without_jobs(state);
    assert_planned(*state, "snapshot", "failed-links-to-rescan", HOURLY, 1, "");
}

static void rescans_a_failed_link_after_its_delay(void **state)
{
    run_text(*state,
             "BEGIN; UPDATE app_repositories SET last_scanned_at = now() - interval '5 hours' WHERE result = 'failed'");
    assert_planned(*state, "snapshot", "links-to-rescan", HOURLY, 10, "app_a/repo_1 app_a/repo_2 app_a/repo_3");
    without_jobs(state);
    assert_planned(*state, "snapshot", "failed-links-to-rescan", HOURLY, 10, "app_a/repo_2");
    run_text(*state, "ROLLBACK");
}

static void the_first_delay_of_a_failed_link_is_the_age_however_many_tries_it_had(void **state)
{
    run_text(*state, "BEGIN; UPDATE app_repositories SET failed_scans = 1, retry_count = 50, "
                     "last_scanned_at = now() - interval '299 seconds' WHERE result = 'failed'");
    assert_planned(*state, "snapshot", "failed-links-to-rescan", "{}", 10, "");
    run_text(*state, "UPDATE app_repositories SET last_scanned_at = now() - interval '301 seconds' "
                     "WHERE result = 'failed'");
    assert_planned(*state, "snapshot", "failed-links-to-rescan", "{}", 10, "app_a/repo_2");
    run_text(*state, "ROLLBACK");
}

/* All three links of app A have failed, the third longest ago. */
static void fail_app(struct world *world, const char *away_since)
{
    char text[512];
    snprintf(
        text, sizeof text,
        "BEGIN; UPDATE app_repositories SET result = 'failed', failed_scans = 20, away_since = %s, last_scanned_at = "
        "now() - CASE repository_id WHEN 'repo_3' THEN 16 ELSE 1 END * interval '1 second' WHERE app_id = 'app_a'",
        away_since);
    run_text(world, text);
}

static void of_an_app_that_is_away_one_link_is_tried_soon(void **state)
{
    fail_app(*state, "now() - interval '1 hour'");
    assert_planned(*state, "snapshot", "failed-links-to-rescan", "{}", 10, "");
    run_text(*state, "UPDATE app_repositories SET last_scanned_at = last_scanned_at - interval '15 seconds'");
    assert_planned(*state, "snapshot", "failed-links-to-rescan", "{}", 10, "app_a/repo_3");
    run_text(*state, "ROLLBACK");
}

static void an_app_that_is_away_for_long_is_tried_less_often(void **state)
{
    fail_app(*state, "now() - interval '30 days'");
    run_text(*state, "UPDATE app_repositories SET last_scanned_at = last_scanned_at - interval '400 seconds'");
    assert_planned(*state, "snapshot", "failed-links-to-rescan", "{}", 10, "");
    run_text(*state, "UPDATE app_repositories SET last_scanned_at = last_scanned_at - interval '60 seconds'");
    assert_planned(*state, "snapshot", "failed-links-to-rescan", "{}", 10, "app_a/repo_3");
    run_text(*state, "ROLLBACK");
}

static void a_link_whose_circuit_is_open_does_not_stand_for_its_app(void **state)
{
    fail_app(*state, "now()");
    run_text(*state, "UPDATE app_repositories SET last_scanned_at = last_scanned_at - interval '15 seconds'; "
                     "UPDATE repositories SET circuit_open_until = now() + interval '1 hour' "
                     "WHERE repository_id = 'repo_3'");
    assert_planned(*state, "snapshot", "failed-links-to-rescan", "{}", 10, "app_a/repo_1");
    run_text(*state, "ROLLBACK");
}

static void once_an_app_has_answered_all_its_failed_links_are_due(void **state)
{
    fail_app(*state, "now() - interval '1 hour'");
    run_text(*state, "UPDATE app_repositories SET answered_at = now() WHERE app_id = 'app_a'");
    assert_planned(*state, "snapshot", "failed-links-to-rescan", "{}", 1, "app_a/repo_1 app_a/repo_2 app_a/repo_3");
    run_text(*state, "ROLLBACK");
}

static void rescans_a_failed_link_each_hour_however_often_it_failed(void **state)
{
    run_text(
        *state,
        "BEGIN; UPDATE app_repositories SET failed_scans = 1000000, last_scanned_at = now() - interval '61 minutes' "
        "WHERE result = 'failed'");
    assert_planned(*state, "snapshot", "links-to-rescan", "{}", 10, "app_a/repo_1 app_a/repo_2 app_a/repo_3");
    run_text(*state, "ROLLBACK");
}

static void rescans_once_the_circuit_has_closed(void **state)
{
    run_text(*state, "BEGIN; UPDATE repositories SET circuit_open_until = now() - interval '1 second'");
    assert_planned(*state, "snapshot", "links-to-rescan", HOURLY, 10, "app_a/repo_1 app_a/repo_3 app_b/repo_4");
    run_text(*state, "ROLLBACK");
}

static void does_not_rescan_what_has_an_open_job(void **state)
{
    run_text(*state, "INSERT INTO tally (operation_id, state) VALUES ('op_live', 'paused'), ('op_over', 'cancelled')");
    run_text(*state, "INSERT INTO job (operation_id, seq, phase, kind, key) VALUES "
                     "('op_live', 1, 0, 'resync', 'app_a/repo_1'), ('op_over', 1, 0, 'resync', 'app_a/repo_3')");
    assert_planned(*state, "snapshot", "links-to-rescan", HOURLY, 10, "app_a/repo_3");
}

/* ---- what a cancel leaves ------------------------------------------------------------------------------------ */

static void cancel(struct world *world, const char *key, const char *checkpoint)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, OPERATION);
    pg_arg_texts(args, &key, 1);
    pg_arg_texts(args, &checkpoint, 1);
    PQclear(exec(world, kind_find(&kinds, "resync")->cancel_mark, args));
}

static void assert_link(struct world *world, const char *repository, const char *expected)
{
    static const struct sql link = {"test/link", SQL_COUNT + 1,
                                    "SELECT concat_ws(' | ', result, last_error) FROM app_repositories "
                                    "WHERE app_id = 'app_a' AND repository_id = $1"};
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, repository);
    PGresult *row = exec(world, &link, args);
    assert_string_equal(pg_text(row, 0, 0), expected);
    PQclear(row);
}

static void a_cancelled_resync_marks_the_link_that_it_had_cleared(void **state)
{
    run_text(*state, "BEGIN");
    cancel(*state, "app_a/repo_1", "{\"cleared\":true,\"done\":3,\"total\":10}");
    assert_link(*state, "repo_1", "failed | re-sync cancelled after 3 of 10 files");
    cancel(*state, "app_a/repo_3", "{\"cleared\":true}");
    assert_link(*state, "repo_3", "failed | re-sync cancelled before any file was sent");
    /* Nothing resumes them but a person. */
    assert_planned(*state, "snapshot", "links-to-rescan", HOURLY, 10, "");
    run_text(*state, "ROLLBACK");
}

static void a_cancelled_resync_leaves_other_links_alone(void **state)
{
    run_text(*state, "BEGIN; UPDATE app_repositories SET synced_tree_id = 'tree' WHERE repository_id = 'repo_1'");
    cancel(*state, "app_a/repo_1", "{\"cleared\":true,\"done\":3,\"total\":10}"); /* synced by another job since */
    assert_link(*state, "repo_1", "synced");
    cancel(*state, "app_a/repo_3", "{\"cleared\":false,\"done\":3,\"total\":10}");
    cancel(*state, "app_a/repo_3", NULL);
    assert_link(*state, "repo_3", "never");
    run_text(*state, "ROLLBACK");
}

#define PLAN_TEST(test) cmocka_unit_test_setup(test, without_jobs)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_its_jobs_and_selections),
        cmocka_unit_test(checks_numbers),
        cmocka_unit_test(checks_one_link),
        cmocka_unit_test(refuses_a_link_that_does_not_exist),
        cmocka_unit_test(retries_only_what_has_failed),
        cmocka_unit_test(checks_the_links_of_an_app),
        cmocka_unit_test(checks_the_links_of_all_apps),
        PLAN_TEST(a_rescan_with_nothing_due_is_no_error),
        PLAN_TEST(plans_numbers_in_pages),
        PLAN_TEST(plans_one_link),
        PLAN_TEST(plans_the_links_of_an_app_in_pages),
        PLAN_TEST(plans_all_links_in_pages),
        PLAN_TEST(a_full_last_page_is_followed_by_an_empty_one),
        PLAN_TEST(rescans_what_is_due),
        PLAN_TEST(rescans_a_failed_link_after_its_delay),
        PLAN_TEST(rescans_a_failed_link_each_hour_however_often_it_failed),
        PLAN_TEST(the_first_delay_of_a_failed_link_is_the_age_however_many_tries_it_had),
        PLAN_TEST(of_an_app_that_is_away_one_link_is_tried_soon),
        PLAN_TEST(an_app_that_is_away_for_long_is_tried_less_often),
        PLAN_TEST(a_link_whose_circuit_is_open_does_not_stand_for_its_app),
        PLAN_TEST(once_an_app_has_answered_all_its_failed_links_are_due),
        PLAN_TEST(rescans_once_the_circuit_has_closed),
        PLAN_TEST(does_not_rescan_what_has_an_open_job),
        PLAN_TEST(a_cancelled_resync_marks_the_link_that_it_had_cleared),
        PLAN_TEST(a_cancelled_resync_leaves_other_links_alone),
    };
    return cmocka_run_group_tests(tests, setup, world_teardown);
}
