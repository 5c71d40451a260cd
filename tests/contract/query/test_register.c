/* Questions on apps, links and the overview, against a real database whose content is known. */
#include "common/query/apps.h"
#include "common/query/overview.h"
#include "tests/contract/query/query_test.h"

/* App A watches four repositories: one synced, one failed, one never sent, one synced with an open job; app B the first
 * of them, on which a worker works. */
static int setup(void **state)
{
    struct query_test *t = *state;
    sql(t, "TRUNCATE operation, tally, job, job_outcome, exclusive, apps, repositories CASCADE");
    sql(t, "INSERT INTO apps (app_id, app_name, base_url, client_auth_key_encrypted)"
           " VALUES ('app_a', 'Search', 'http://a', 'sealed'), ('app_b', 'Docs', 'http://b', 'sealed')");
    sql(t, "INSERT INTO repositories (repository_id, url, owner, name, circuit_open_until) VALUES"
           " ('repo_1', 'https://h/acme/one', 'acme', 'one', NULL),"
           " ('repo_2', 'https://h/acme/two', 'acme', 'two', now() + interval '1 hour'),"
           " ('repo_3', 'https://h/acme/100%_a', 'acme', '100%_a', NULL),"
           " ('repo_4', 'https://h/other/four', 'other', 'four', NULL)");
    sql(t,
        "INSERT INTO app_repositories (app_id, repository_id, result, retry_count, last_error, last_scanned_at, files, "
        "bytes) VALUES"
        " ('app_a', 'repo_1', 'synced', 0, NULL, '2026-01-02 03:04:05.678+00', 10, 1000),"
        " ('app_a', 'repo_2', 'failed', 3, 'no route', '2026-01-03 00:00:00+00', NULL, NULL),"
        " ('app_a', 'repo_3', 'never', 0, NULL, NULL, NULL, NULL),"
        " ('app_a', 'repo_4', 'synced', 0, NULL, now(), 1, 1),"
        " ('app_b', 'repo_1', 'synced', 0, NULL, now(), 1, 1)");
    sql(t, "INSERT INTO operation (operation_id, definition, digest, args, subject, phases, queue, chunk, \"window\", "
           "request_key) VALUES ('op_1', 'resync-link', 'd', '{}', 's', '[{\"job\":\"resync\"}]', 'delivery', 1, 1, "
           "'\\x01')");
    sql(t, "INSERT INTO tally (operation_id, state, planned, total, succeeded, failed) VALUES ('op_1', 'running', "
           "true, 4, "
           "2, 1)");
    sql(t, "INSERT INTO job (operation_id, seq, phase, kind, key) VALUES ('op_1', 4, 0, 'resync', 'app_a/repo_4')");
    sql(t,
        "INSERT INTO exclusive (key, operation_id, seq, attempt, worker) VALUES ('app_b/repo_1', 'op_1', 3, 1, 'w')");
    return 0;
}

static void apps_are_listed_by_name(void **state)
{
    struct query_test *t = *state;
    assert_values(ask(t, apps_list, NULL), "apps", "app_id", "app_b app_a");
    assert_values(ask(t, apps_list, NULL), "apps", "repositories", "1 4");
    assert_values(ask(t, apps_list, NULL), "apps", "failed_repositories", "0 1");
    assert_values(ask(t, apps_list, NULL), "apps", "client_auth_key_encrypted", "null null");
    assert_values(ask(t, apps_list, NULL), "apps", "created_ago_ms", "null null");
    struct query_result first = ask(t, apps_list, "limit", "1");
    assert_values(ask(t, apps_list, "cursor", first.next), "apps", "app_id", "app_a");
    refused(t, links_list, ERR_USAGE, "cursor: ", "cursor", first.next);
    refused(t, apps_list, ERR_USAGE, "cursor: ", "cursor", first.next, "page", "2");
    query_result_fini(&first);
    assert_values(ask(t, apps_list, "limit", "1", "page", "2"), "apps", "app_id", "app_a");
    assert_values(ask(t, apps_list, "limit", "1", "offset", "2"), "apps", "app_id", "");
    refused(t, apps_list, ERR_USAGE, "limit: \"0\" is not a number from 1 to 1000", "limit", "0");
    refused(t, apps_list, ERR_USAGE, "page: \"10002\" is not a number from 1 to 10001", "limit", "1", "page", "10002");
}

static void an_app_has_its_repositories(void **state)
{
    struct query_test *t = *state;
    struct query_result answer = ask(t, apps_one, "app_id", "app_a", "limit", "3");
    assert_member(&answer, "app_name", "\"Search\"");
    assert_member(&answer, "repositories_count", "4");
    assert_non_null(answer.next);
    assert_values(answer, "repositories", "status", "synced failed pending_snapshot");
    refused(t, apps_one, ERR_NOT_FOUND, "there is no app app_x", "app_id", "app_x");
}

static void links_show_their_words(void **state)
{
    struct query_test *t = *state;
    assert_values(ask(t, links_list, NULL), "repositories", "status",
                  "synced failed pending_snapshot pending_snapshot scanning");
    assert_values(ask(t, links_list, "app_id", "app_a"), "repositories", "circuit_open", "false true false false");
    assert_values(ask(t, links_list, "app_id", "app_a", "limit", "1"), "repositories", "last_scanned_at",
                  "2026-01-02T03:04:05.678Z");
}

static void links_are_filtered_by_status(void **state)
{
    struct query_test *t = *state;
    assert_values(ask(t, links_list, "status", "synced"), "repositories", "link_id",
                  "app_a/repo_1 app_a/repo_4 app_b/repo_1");
    assert_values(ask(t, links_list, "status", "failed"), "repositories", "link_id", "app_a/repo_2");
    assert_values(ask(t, links_list, "status", "pending_snapshot"), "repositories", "link_id",
                  "app_a/repo_3 app_a/repo_4");
    assert_values(ask(t, links_list, "status", "pending_snapshot", "app_id", "app_b"), "repositories", "link_id", "");
    assert_values(ask(t, links_list, "status", "scanning"), "repositories", "link_id", "app_b/repo_1");
    struct query_result first = ask(t, links_list, "status", "pending_snapshot", "limit", "1");
    assert_values(ask(t, links_list, "status", "pending_snapshot", "cursor", first.next), "repositories", "link_id",
                  "app_a/repo_4");
    query_result_fini(&first);
    sql(t, "UPDATE tally SET state = 'cancelled'");
    assert_values(ask(t, links_list, "status", "pending_snapshot"), "repositories", "link_id", "app_a/repo_3");
    refused(t, links_list, ERR_USAGE, "status: \"done\" is none of synced, failed, pending_snapshot, scanning",
            "status", "done");
}

static void links_are_searched_as_text(void **state)
{
    struct query_test *t = *state;
    assert_values(ask(t, links_list, "search", "ACME/"), "repositories", "repository_id",
                  "repo_1 repo_2 repo_3 repo_1");
    assert_values(ask(t, links_list, "search", "0%_"), "repositories", "repository_id", "repo_3");
    assert_values(ask(t, links_list, "search", "o_e"), "repositories", "repository_id", "");
    assert_values(ask(t, links_list, "search", "h/other"), "repositories", "repository_id", "repo_4");
    assert_values(ask(t, links_list, "search", "\\"), "repositories", "repository_id", "");
    assert_values(ask(t, links_list, "search", "100%", "status", "pending_snapshot"), "repositories", "repository_id",
                  "repo_3");
}

static void failed_links_tell_why(void **state)
{
    struct query_test *t = *state;
    struct query_result answer = ask(t, links_failed, NULL);
    struct json_object *failed = json_object_array_get_idx(json_get(answer.json, "failed"), 0);
    assert_string_equal(json_object_to_json_string_ext(failed, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
                        "{\"app_id\":\"app_a\",\"app_name\":\"Search\",\"repository_id\":\"repo_2\",\"repository\":"
                        "\"acme/two\",\"url\":\"https://h/acme/two\",\"error\":\"no route\",\"retry_count\":3,"
                        "\"failed_at\":\"2026-01-03T00:00:00.000Z\"}");
    assert_int_equal(answer.rows, 1);
    query_result_fini(&answer);
    assert_values(ask(t, links_failed, "app_id", "app_b"), "failed", "app_id", "");
}

static void the_overview_counts_each_link_once(void **state)
{
    struct query_test *t = *state;
    sql(t, "TRUNCATE activity, activity_fresh; INSERT INTO activity_fresh VALUES (now(), 'resync', 2, 1, 0),"
           " (now(), 'file', 5, 0, 0)");
    struct query_result answer = ask(t, overview_read, NULL);
    assert_member(&answer, "apps", "2");
    assert_member(&answer, "repositories", "5");
    assert_member(&answer, "failed", "1");
    struct json_object *links = json_get(answer.json, "links");
    assert_int_equal(json_get_int(links, "synced", -1), 3);
    assert_int_equal(json_get_int(links, "failed", -1), 1);
    assert_int_equal(json_get_int(links, "never_sent", -1), 1);
    assert_int_equal(json_get_int(links, "scanning", -1), 1);
    assert_int_equal(json_get_int(links, "pending_snapshot", -1), 1); /* of two, one is worked on */
    assert_member(&answer, "running_operations", "1");
    assert_member(&answer, "open_jobs", "1");
    struct json_object *hour = json_get(answer.json, "last_hour");
    assert_int_equal(json_get_int(hour, "succeeded", -1), 2);
    assert_int_equal(json_get_int(hour, "failed", -1), 1);
    query_result_fini(&answer);
    sql(t, "TRUNCATE operation, tally, job, exclusive, apps, repositories CASCADE");
    answer = ask(t, overview_read, NULL);
    assert_member(&answer, "repositories", "0");
    assert_member(&answer, "running_operations", "0");
    query_result_fini(&answer);
    assert_values(ask(t, apps_list, NULL), "apps", "app_id", "");
    assert_values(ask(t, links_list, NULL), "repositories", "app_id", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(apps_are_listed_by_name, setup),
        cmocka_unit_test_setup(an_app_has_its_repositories, setup),
        cmocka_unit_test_setup(links_show_their_words, setup),
        cmocka_unit_test_setup(links_are_filtered_by_status, setup),
        cmocka_unit_test_setup(links_are_searched_as_text, setup),
        cmocka_unit_test_setup(failed_links_tell_why, setup),
        cmocka_unit_test_setup(the_overview_counts_each_link_once, setup),
    };
    return cmocka_run_group_tests(tests, query_test_open, query_test_close);
}
