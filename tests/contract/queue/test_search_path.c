/*
 * A person who mends something by hand has no search_path of ours: whatever is written to a table, its triggers and
 * functions must find what they need.
 */
#include "embedded/sql_count.h"
#include "tests/contract/queue/queue_test.h"

/* What is done to each table that has triggers: insert, update of all columns, delete. */
static const struct {
    const char *table, *statements[5];
} written[] = {
    {"app_repositories",
     {"INSERT INTO reprise.app_repositories (app_id, repository_id) VALUES ('app_1', 'repo_1'), ('app_1', 'repo_2')",
      "UPDATE reprise.app_repositories SET result = 'failed', retry_count = 1",
      "SELECT status FROM reprise.link_status", "DELETE FROM reprise.app_repositories",
      "TRUNCATE reprise.app_repositories CASCADE"}},
    {"workflow_history",
     {"INSERT INTO reprise.workflow_history (adw_id, status, nl_input, start_time) VALUES ('a', 'completed', 'some "
      "words', now()),"
      " ('b', 'failed', 'other words', now())",
      "UPDATE reprise.workflow_history SET nl_input = 'changed', actual_cost_total = 1, status = 'failed'",
      "UPDATE reprise.workflow_history SET nl_input = NULL", "DELETE FROM reprise.workflow_history",
      "TRUNCATE reprise.workflow_history CASCADE"}},
};
#define WRITTEN (sizeof written / sizeof *written)

static int64_t count(struct queue_test *t, const char *query)
{
    struct err_info error;
    PGresult *result = NULL;
    struct sql statement = {"test/count", SQL_COUNT + 1, query};
    pg_close(t->pg); /* what was prepared under this number */
    assert_fine(pg_ready(t->pg, &error));
    assert_fine(pg_exec(t->pg, &statement, NULL, &result, &error));
    int64_t number = pg_int8(result, 0, 0);
    PQclear(result);
    return number;
}

static void tables_are_written_without_a_search_path(void **state)
{
    struct queue_test *t = *state;
    sql(t, "INSERT INTO apps (app_id, app_name, base_url, client_auth_key_encrypted) VALUES ('app_1', 'a', "
           "'https://a', 'x')");
    sql(t, "INSERT INTO repositories (repository_id, url, owner, name) SELECT 'repo_' || i, 'https://r/' || i, 'o', 'n'"
           " FROM generate_series(1, 2) i");
    for (size_t i = 0; i < WRITTEN; i++)
        for (size_t k = 0; k < sizeof written[i].statements / sizeof *written[i].statements; k++)
            sql(t, "BEGIN; SET LOCAL search_path = ''; %s; COMMIT", written[i].statements[k]);
}

static void no_table_with_triggers_is_left_out_above(void **state)
{
    assert_int_equal(count(*state, "SELECT count(DISTINCT tgrelid) FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid"
                                   " WHERE NOT tgisinternal AND c.relnamespace = 'reprise'::regnamespace"),
                     WRITTEN);
}

/* Also those that a later migration makes. recipe_enter names each schema that it uses: the path that it sets must
 * stay. */
static void each_function_brings_its_path_along(void **state)
{
    assert_int_equal(count(*state, "SELECT count(*) FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang"
                                   " WHERE p.pronamespace = 'reprise'::regnamespace AND l.lanname = 'plpgsql'"
                                   " AND p.proname <> 'recipe_enter'"
                                   " AND NOT coalesce(array_to_string(p.proconfig, ' '), '') LIKE '%search_path=%'"),
                     0);
}

static void views_and_plain_functions_are_read_without_a_search_path(void **state)
{
    sql(*state, "BEGIN; SET LOCAL search_path = ''; SELECT * FROM reprise.link_status;"
                " SELECT reprise.timeline(), reprise.history_seen('scan'), reprise.history_mean_of_others(10, 3, 1),"
                " reprise.history_instant('2026-01-08', true), reprise.from_nusd(1), reprise.known_count(1),"
                " reprise.history_micros(1), reprise.history_differs('1', 2), reprise.history_enter('[]', '[]'),"
                " reprise.activity_fold(1, '1 day'), reprise.link_fold(1), reprise.history_fold(1); COMMIT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(tables_are_written_without_a_search_path, queue_test_fresh),
        cmocka_unit_test_setup(no_table_with_triggers_is_left_out_above, queue_test_fresh),
        cmocka_unit_test_setup(each_function_brings_its_path_along, queue_test_fresh),
        cmocka_unit_test_setup(views_and_plain_functions_are_read_without_a_search_path, queue_test_fresh),
    };
    return cmocka_run_group_tests(tests, queue_test_open, queue_test_close);
}
