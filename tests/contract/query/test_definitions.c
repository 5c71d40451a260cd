/* Questions on definitions, schedules and projects, against a real database whose content is known. */
#include "common/query/definitions.h"
#include "tests/contract/query/query_test.h"

/* One of each state, one of them of a project; "ready" has ticks and two versions. */
static int setup(void **state)
{
    struct query_test *t = *state;
    sql(t, "TRUNCATE projects, workflow_definitions, definition_versions, operation, tally CASCADE");
    sql(t,
        "INSERT INTO projects (id, name, path) VALUES ('shop', 'The shop', '/srv/shop'), ('farm', 'F', '/srv/farm')");
    sql(t, "INSERT INTO definition_versions (digest, body) VALUES ('one', '{}'), ('two', '{}')");
    sql(t, "INSERT INTO workflow_definitions (id, project_id, identifier, name, type, path, status, file_exists,"
           " load_error, load_error_line, load_error_column, current_version, args_schema, every_ms, cron, "
           "scheduled_since,"
           " archived_at) OVERRIDING SYSTEM VALUE VALUES"
           " (1, NULL, 'ready', 'R', 'yaml', 'r', 'active', true, NULL, NULL, NULL, 'two',"
           "  '{\"b\": {\"type\": \"string\", \"required\": true}, \"a\": {\"type\": \"string\"}}', 90000, NULL, "
           "now(), NULL),"
           " (2, NULL, 'away', 'A', 'yaml', 'a', 'active', false, NULL, NULL, NULL, 'one', NULL, 60000, NULL, now(), "
           "now()),"
           " (3, NULL, 'bad', 'bad', 'json', 'b', 'active', true, 'odd', 3, 7, NULL, NULL, NULL, NULL, NULL, NULL),"
           " (4, NULL, 'older', 'O', 'yaml', 'o', 'active', true, 'odd', 3, 7, 'one', NULL, NULL, '0 3 1 1 *', now(), "
           "NULL),"
           " (5, NULL, 'put-by', 'P', 'yaml', 'p', 'archived', true, NULL, NULL, NULL, 'one', NULL, NULL, NULL, NULL, "
           "now()),"
           " (6, 'shop', 'ready', 'S', 'yaml', 's', 'active', true, NULL, NULL, NULL, 'one', NULL, NULL, NULL, NULL, "
           "NULL)");
    sql(t, "INSERT INTO definition_history (definition_id, since, digest) VALUES (1, '2026-01-01Z', 'one'),"
           " (1, '2026-02-01Z', 'two')");
    sql(t, "INSERT INTO schedule_tick (definition_id, tick, operation_id, skipped) VALUES (1, '2026-03-01 00:00Z', "
           "'op_1', NULL),"
           " (1, '2026-03-01 00:01:30Z', NULL, 'busy'), (1, date_trunc('second', now()) + interval '1 year', 'op_9', "
           "NULL)");
    sql(t, "INSERT INTO tally (operation_id, state) VALUES ('op_1', 'completed')");
    return 0;
}

static void definitions_are_listed_with_their_state(void **state)
{
    struct query_test *t = *state;
    assert_values(ask(t, definitions_list, NULL), "definitions", "id", "away bad older put-by ready shop/ready");
    assert_values(ask(t, definitions_list, NULL), "definitions", "state",
                  "missing broken older version archived ready ready");
    assert_values(ask(t, definitions_list, NULL), "definitions", "load_error_column", "null 7 7 null null null");
    struct query_result first = ask(t, definitions_list, "limit", "4");
    assert_values(ask(t, definitions_list, "limit", "4", "cursor", first.next), "definitions", "arguments",
                  "[a] b null");
    query_result_fini(&first);
    refused(t, definitions_list, ERR_USAGE, "limit", "limit", "0");
}

static void what_has_a_schedule_tells_its_ticks(void **state)
{
    struct query_test *t = *state;
    assert_values(ask(t, definitions_scheduled, NULL), "schedule", "id", "away older ready");
    assert_values(ask(t, definitions_scheduled, NULL), "schedule", "schedule", "every 60 s 0 3 1 1 * every 90 s");
    /* The last tick that is not in the future. */
    assert_values(ask(t, definitions_scheduled, NULL), "schedule", "last_tick", "null null 2026-03-01T00:01:30Z");
    assert_values(ask(t, definitions_scheduled, NULL), "schedule", "last_tick_skipped", "null null busy");
    struct query_result answer = ask(t, definitions_scheduled, NULL);
    struct json_object *list = json_get(answer.json, "schedule");
    assert_null(json_get_string(json_object_array_get_idx(list, 0), "next_tick")); /* its file is gone */
    const char *next = json_get_string(json_object_array_get_idx(list, 1), "next_tick");
    assert_non_null(next);
    assert_string_equal(next + 4, "-01-01T03:00:00.000Z");
    assert_null(json_get(json_object_array_get_idx(list, 2), "now_ms"));
    query_result_fini(&answer);
}

static void one_shows_its_versions(void **state)
{
    struct query_test *t = *state;
    struct query_result answer = ask(t, definitions_one, "definition_id", "ready");
    assert_member(&answer, "version", "\"two\"");
    assert_member(&answer, "versions",
                  "[{\"version\":\"two\",\"in_force_since\":\"2026-02-01T00:00:00.000Z\"},"
                  "{\"version\":\"one\",\"in_force_since\":\"2026-01-01T00:00:00.000Z\"}]");
    assert_member(&answer, "args_schema",
                  "{\"a\":{\"type\":\"string\"},\"b\":{\"type\":\"string\",\"required\":true}}");
    query_result_fini(&answer);
    answer = ask(t, definitions_one, "definition_id", "shop/ready");
    assert_member(&answer, "project_id", "\"shop\"");
    assert_member(&answer, "next_tick", "null");
    query_result_fini(&answer);
    refused(t, definitions_one, ERR_NOT_FOUND, "there is no definition \"shop\"", "definition_id", "shop");
}

static void ticks_are_listed_newest_first(void **state)
{
    struct query_test *t = *state;
    struct query_result first = ask(t, definitions_ticks, "definition_id", "ready", "limit", "1");
    assert_values(ask(t, definitions_ticks, "definition_id", "ready", "cursor", first.next), "ticks", "tick",
                  "2026-03-01T00:01:30Z 2026-03-01T00:00:00Z");
    assert_values(first, "ticks", "operation_id", "op_9");
    assert_values(ask(t, definitions_ticks, "definition_id", "ready"), "ticks", "state", "null null completed");
    assert_values(ask(t, definitions_ticks, "definition_id", "bad"), "ticks", "tick", "");
    refused(t, definitions_ticks, ERR_NOT_FOUND, "there is no definition \"x\"", "definition_id", "x");
}

static void projects_are_listed_with_their_definitions(void **state)
{
    struct query_test *t = *state;
    assert_values(ask(t, definitions_projects, NULL), "projects", "id", "farm shop");
    assert_values(ask(t, definitions_projects, NULL), "projects", "definitions", "0 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(definitions_are_listed_with_their_state, setup),
        cmocka_unit_test_setup(what_has_a_schedule_tells_its_ticks, setup),
        cmocka_unit_test_setup(one_shows_its_versions, setup),
        cmocka_unit_test_setup(ticks_are_listed_newest_first, setup),
        cmocka_unit_test_setup(projects_are_listed_with_their_definitions, setup),
    };
    return cmocka_run_group_tests(tests, query_test_open, query_test_close);
}
