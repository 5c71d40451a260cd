/* The numbers of links that the overview and the list of apps tell, against the links themselves, after many changes of
 * every sort; and the list of pending links, deep in and where a job has outlived its link. */
#include <time.h>

#include "common/query/apps.h"
#include "common/query/overview.h"
#include "embedded/sql_count.h"
#include "embedded/sql_registry.h"
#include "tests/contract/query/query_test.h"

#define APPS "4"
#define REPOSITORIES "40"

/* Differences by app between sums and links, either way; fresh rows; folded rows of no link. */
static const struct sql compare = {
    "test", SQL_COUNT + 1,
    "WITH kept AS (SELECT app_id, sum(links) AS links, sum(never) AS never, sum(failed) AS failed FROM link_sum"
    " GROUP BY app_id HAVING (sum(links), sum(never), sum(failed)) <> (0, 0, 0)),"
    " real AS (SELECT app_id, count(*)::numeric, count(*) FILTER (WHERE result = 'never'),"
    " count(*) FILTER (WHERE result = 'failed') FROM app_repositories GROUP BY app_id)"
    " SELECT (SELECT count(*) FROM ((TABLE kept EXCEPT TABLE real) UNION ALL (TABLE real EXCEPT TABLE kept)) d),"
    " (SELECT count(*) FROM link_sum WHERE fresh), (SELECT count(*) FROM link_sum WHERE NOT fresh AND links = 0)"};

static int setup(void **state)
{
    sql(*state, "TRUNCATE operation, tally, job, job_outcome, exclusive, apps, repositories CASCADE;"
                "INSERT INTO apps (app_id, app_name, base_url, client_auth_key_encrypted)"
                " SELECT 'app_' || i, 'App ' || i, 'http://a', 'sealed' FROM generate_series(1, " APPS ") i;"
                "INSERT INTO repositories (repository_id, url, owner, name)"
                " SELECT 'repo_' || i, 'https://h/o/' || i, 'o', 'n' || i FROM generate_series(1, " REPOSITORIES ") i");
    return 0;
}

static void assert_sums_hold(struct query_test *t, int64_t *fresh, int64_t *empty)
{
    struct err_info error = {.code = ERR_OK};
    PGresult *result = NULL;
    fine(pg_exec(t->pg, &compare, NULL, &result, &error), &error);
    assert_int_equal(pg_int8(result, 0, 0), 0);
    *fresh = pg_int8(result, 0, 1);
    *empty = pg_int8(result, 0, 2);
    PQclear(result);
}

static void sums_are_those_of_the_links_whatever_was_changed(void **state)
{
    static const char *const changes[] = {
        "INSERT INTO app_repositories (app_id, repository_id, result) SELECT 'app_' || a, 'repo_' || r,"
        " (ARRAY['never', 'synced', 'failed'])[1 + (random() * 2)::integer] FROM generate_series(1, " APPS ") a,"
        " generate_series(1, " REPOSITORIES ") r WHERE random() < 0.5 ON CONFLICT DO NOTHING",
        "INSERT INTO app_repositories (app_id, repository_id) VALUES ('app_1', 'repo_1') ON CONFLICT (app_id, "
        "repository_id) DO UPDATE SET result = 'failed'",
        "UPDATE app_repositories SET result = 'synced', last_scanned_at = now() WHERE random() < 0.3",
        "UPDATE app_repositories SET result = 'failed', retry_count = retry_count + 1 WHERE random() < 0.2",
        "UPDATE app_repositories SET result = 'never' WHERE random() < 0.1",
        "UPDATE app_repositories SET last_error = 'no sum has this'",
        "DELETE FROM app_repositories WHERE random() < 0.1",
        "DELETE FROM app_repositories WHERE app_id = 'app_2'",
        "SELECT remove_link_step('app_3', 'repo_3', 10)",
        "SELECT link_fold(30)",
        "BEGIN; DELETE FROM app_repositories; SELECT link_fold(1000); ROLLBACK",
        "BEGIN; UPDATE app_repositories SET result = 'never'; SAVEPOINT s; DELETE FROM app_repositories;"
        " ROLLBACK TO s; COMMIT",
    };
    struct query_test *t = *state;
    unsigned seed = (unsigned)time(NULL);
    int64_t fresh = 0, empty = 0;
    print_message("seed %u\n", seed);
    for (int step = 0; step < 120; step++) {
        sql(t, changes[step == 0 ? 0 : (size_t)rand_r(&seed) % (sizeof changes / sizeof *changes)]);
        assert_sums_hold(t, &fresh, &empty);
    }
    sql(t, changes[0]);
    assert_sums_hold(t, &fresh, &empty);
    assert_true(fresh > 0);
    sql(t, "DELETE FROM app_repositories WHERE app_id = 'app_2'; SELECT link_fold(1000000)");
    assert_sums_hold(t, &fresh, &empty);
    assert_int_equal(fresh, 0);
    assert_int_equal(empty, 0);
    sql(t, "TRUNCATE app_repositories");
    assert_sums_hold(t, &fresh, &empty);
}

/* Fresh rows and folded ones, and what another has not committed, which does not count. */
static void answers_are_exact_at_every_instant(void **state)
{
    struct query_test *t = *state;
    struct err_info error = {.code = ERR_OK};
    struct pg *other = pg_new(stores_postgres_url(t->stores), "test", PG_LIMITS_PROGRAM);
    sql(t, "INSERT INTO app_repositories (app_id, repository_id) SELECT 'app_1', repository_id FROM repositories;"
           "SELECT link_fold(1000); UPDATE app_repositories SET result = 'failed' WHERE repository_id < 'repo_2'");
    fine(pg_ready(other, &error), &error);
    fine(pg_script(other, "BEGIN; UPDATE app_repositories SET result = 'synced'; SELECT link_fold(1000)", &error),
         &error);
    struct query_result answer = ask(t, overview_read, NULL);
    assert_member(&answer, "repositories", REPOSITORIES);
    assert_member(&answer, "failed", "11"); /* 1 and 10 to 19 */
    query_result_fini(&answer);
    assert_values(ask(t, apps_list, NULL), "apps", "failed_repositories", "11 0 0 0");
    fine(pg_script(other, "COMMIT", &error), &error);
    assert_values(ask(t, apps_list, NULL), "apps", "failed_repositories", "0 0 0 0");
    assert_values(ask(t, apps_list, NULL), "apps", "repositories", REPOSITORIES " 0 0 0");
    pg_drop(other);
}

/* However many there are: in the list, of the app alone, and in what is asked before it is removed. */
static void an_apps_links_are_counted_to_the_last(void **state)
{
    struct query_test *t = *state;
    struct err_info error = {.code = ERR_OK};
    PGresult *result = NULL;
    struct pg_args *args = pg_args_new();
    sql(t, "INSERT INTO repositories (repository_id, url, owner, name) SELECT 'repo_' || i, 'https://h/o/' || i, 'o',"
           " 'n' || i FROM generate_series(1001, 2234) i;"
           "INSERT INTO app_repositories (app_id, repository_id, result) SELECT 'app_1', repository_id, 'failed'"
           " FROM repositories WHERE repository_id <> 'repo_1'");
    assert_values(ask(t, apps_list, NULL), "apps", "repositories", "1273 0 0 0");
    assert_values(ask(t, apps_list, NULL), "apps", "failed_repositories", "1273 0 0 0");
    struct query_result app = ask(t, apps_one, "app_id", "app_1", "limit", "1");
    assert_member(&app, "repositories_count", "1273");
    query_result_fini(&app);
    pg_arg_text(args, "app_1");
    fine(pg_exec(t->pg, &sql_registry_app_summary, args, &result, &error), &error);
    assert_int_equal(pg_int8(result, 0, 1), 1273);
    PQclear(result);
    pg_args_drop(args);
}

static void a_link_does_not_move_to_another_app(void **state)
{
    struct query_test *t = *state;
    struct err_info error = {.code = ERR_OK};
    sql(t, "INSERT INTO app_repositories (app_id, repository_id) VALUES ('app_1', 'repo_1')");
    assert_int_not_equal(pg_script(t->pg, "UPDATE app_repositories SET app_id = 'app_2'", &error), ERR_OK);
    assert_non_null(strstr(error.text, "a link stays with its app"));
    fine(pg_ready(t->pg, &error), &error);
}

/* Every fourth link was never sent, every second has an open job, some have two; a job is left of a link that is gone.
 */
static void pending_links_come_once_and_in_order_however_deep(void **state)
{
    struct query_test *t = *state;
    sql(t, "INSERT INTO app_repositories (app_id, repository_id, result) SELECT 'app_' || a, 'repo_' || r,"
           " CASE WHEN r % 4 = 1 THEN 'never' ELSE 'synced' END"
           " FROM generate_series(1, 2) a, generate_series(10, 29) r;"
           "INSERT INTO tally (operation_id, state, planned, total) VALUES ('op_1', 'running', true, 21),"
           " ('op_2', 'paused', true, 2), ('op_3', 'cancelled', true, 1);"
           "INSERT INTO job (operation_id, seq, phase, kind, key) SELECT 'op_1', r, 0, 'resync', 'app_1/repo_' || r"
           " FROM generate_series(10, 30) r WHERE r % 2 = 0;"
           "INSERT INTO job (operation_id, seq, phase, kind, key) VALUES ('op_2', 1, 0, 'snapshot', 'app_1/repo_12'),"
           " ('op_2', 2, 0, 'noop', 'app_1/repo_11'), ('op_3', 1, 0, 'resync', 'app_2/repo_10')");
    assert_values(ask(t, links_list, "status", "pending_snapshot", "limit", "6", "offset", "6"), "repositories",
                  "link_id", "app_1/repo_18 app_1/repo_20 app_1/repo_21 app_1/repo_22 app_1/repo_24 app_1/repo_25");
    assert_values(ask(t, links_list, "status", "pending_snapshot", "limit", "6", "offset", "12"), "repositories",
                  "link_id", "app_1/repo_26 app_1/repo_28 app_1/repo_29 app_2/repo_13 app_2/repo_17 app_2/repo_21");
    assert_values(ask(t, links_list, "status", "pending_snapshot", "offset", "18"), "repositories", "link_id",
                  "app_2/repo_25 app_2/repo_29");
    assert_values(ask(t, links_list, "status", "pending_snapshot", "search", "n12", "limit", "5"), "repositories",
                  "link_id", "app_1/repo_12");
}

/* What few links match is looked up one by one; what more than 2000 match is looked for along the jobs. Three in four
 * of 3000 links have an open job, 2200 bear the name. */
static void pending_links_are_found_among_few_and_among_many(void **state)
{
    struct query_test *t = *state;
    sql(t, "INSERT INTO repositories (repository_id, url, owner, name) SELECT 'repo_' || i, 'https://h/o/' || i, 'o',"
           " CASE WHEN i <= 3200 THEN 'broad' ELSE 'narrow' END || i FROM generate_series(1001, 4000) i;"
           "INSERT INTO app_repositories (app_id, repository_id, result) SELECT 'app_1', 'repo_' || i, 'synced'"
           " FROM generate_series(1001, 4000) i;"
           "INSERT INTO tally (operation_id, state, planned, total) VALUES ('op_1', 'running', true, 2250);"
           "INSERT INTO job (operation_id, seq, phase, kind, key) SELECT 'op_1', i, 0, 'resync', 'app_1/repo_' || i"
           " FROM generate_series(1001, 4000) i WHERE i % 4 > 0");
    assert_values(ask(t, links_list, "status", "pending_snapshot", "search", "broad", "offset", "1648"), "repositories",
                  "name", "broad3198 broad3199");
    assert_values(ask(t, links_list, "status", "pending_snapshot", "search", "narrow", "offset", "598"), "repositories",
                  "name", "narrow3998 narrow3999");
    assert_values(ask(t, links_list, "status", "pending_snapshot", "search", "broad", "app_id", "app_2"),
                  "repositories", "name", "");
    struct query_result first = ask(t, links_list, "status", "pending_snapshot", "search", "narrow", "limit", "1");
    assert_values(
        ask(t, links_list, "status", "pending_snapshot", "search", "narrow", "limit", "2", "cursor", first.next),
        "repositories", "name", "narrow3202 narrow3203");
    query_result_fini(&first);
    assert_values(ask(t, links_list, "status", "pending_snapshot", "search", "3196"), "repositories", "name", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(sums_are_those_of_the_links_whatever_was_changed, setup),
        cmocka_unit_test_setup(answers_are_exact_at_every_instant, setup),
        cmocka_unit_test_setup(an_apps_links_are_counted_to_the_last, setup),
        cmocka_unit_test_setup(a_link_does_not_move_to_another_app, setup),
        cmocka_unit_test_setup(pending_links_come_once_and_in_order_however_deep, setup),
        cmocka_unit_test_setup(pending_links_are_found_among_few_and_among_many, setup),
    };
    return cmocka_run_group_tests(tests, query_test_open, query_test_close);
}
