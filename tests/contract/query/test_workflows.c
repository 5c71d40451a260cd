/*
 * Lists of the history, against a real database: what each filter and key gives, in both ways of reading (few matches
 * are sorted, many are walked along an index), page by page.
 */
#include <time.h>

#include "common/query/page.h"
#include "common/query/workflows.h"
#include "embedded/sql_count.h"
#include "tests/contract/query/query_test.h"

#define MANY "12000" /* above WORKFLOWS_COUNTED_MAX */

static const struct sql read_expected = {"test", SQL_COUNT + 1, "SELECT ids FROM expected"};

static int open_group(void **state)
{
    int failed = query_test_open(state);
    sql(*state, "CREATE TABLE expected (ids text)");
    return failed;
}

/* Five runs whose every key is known; the fifth is all unknown. */
static int few(void **state)
{
    sql(*state,
        "TRUNCATE workflow_history CASCADE;"
        "INSERT INTO workflow_history (adw_id, issue_number, nl_input, workflow_template, model_used, status, "
        "start_time,"
        " end_time, duration_seconds, actual_cost_total, total_tokens, cache_efficiency_percent, created_at, "
        "updated_at)"
        " VALUES"
        " ('aaaa0001', '9', 'Fix the login page', 'adw_sdlc', 'sonnet', 'completed', '2026-01-01 10:00+00',"
        "  '2026-01-01 10:10+00', 600, 2.37, 1000, 50, '2026-03-01', '2026-03-09'),"
        " ('aaaa0002', '10', '100% of\\_it', 'adw_sdlc', 'haiku', 'failed', '2026-01-02 00:00+00',"
        "  '2026-01-02 01:00+00', 3600, 0.261538850, 200000, 80, '2026-03-02', '2026-03-08'),"
        " ('aaaa0003', 'PROJ-7', 'fix  LOGIN ÄÖÜ', 'adw_patch', 'sonnet', 'running', '2026-01-02 23:59:59.999999+00',"
        "  NULL, NULL, 0.26, 5000, 80, '2026-03-03', '2026-03-07'),"
        " ('aaaa0004', '9', 'add a button', 'adw_patch', 'sonnet', 'completed', '2026-01-03 00:00+00',"
        "  '2026-01-03 00:10+00', 600, 0.49, 100001, 10, '2026-03-04', '2026-03-06'),"
        " ('aaaa0005', NULL, NULL, NULL, NULL, 'pending', NULL, NULL, NULL, NULL, NULL, NULL, '2026-01-02 12:00+00',"
        "  '2026-03-05');");
    return 0;
}

/* Many with ties and nulls in every key; an eighth of them has a word that is searched. */
static int many(void **state)
{
    sql(*state, "TRUNCATE workflow_history CASCADE;"
                "INSERT INTO workflow_history (adw_id, issue_number, nl_input, workflow_template, model_used, status, "
                "start_time,"
                " end_time, duration_seconds, actual_cost_total, total_tokens, cache_efficiency_percent, created_at, "
                "updated_at)"
                " SELECT lpad(to_hex(i * 2654435761 % 4294967296), 8, '0'), nullif(i % 50, 0), CASE WHEN i % 20 = 0 "
                "THEN 'rare needle ' || i"
                " ELSE 'common hay' END, 'template ' || i % 4, CASE WHEN i % 9 > 0 THEN 'model ' || i % 3 END,"
                " (ARRAY['completed', 'completed', 'failed', 'running'])[1 + i % 4],"
                " CASE WHEN i % 11 > 0 THEN timestamptz '2026-01-01' + i % 5000 * interval '1 hour' END,"
                " CASE WHEN i % 13 > 0 THEN timestamptz '2026-02-01' + i % 700 * interval '1 hour' END,"
                " CASE WHEN i % 7 > 0 THEN i % 1000 / 7.0 END, CASE WHEN i % 5 > 0 THEN i % 997 * 0.000000001 END, i % "
                "300, i % 101 / 3.0,"
                " timestamptz '2026-01-01' + i % 4000 * interval '1 hour', timestamptz '2026-03-01' + i % 100 * "
                "interval '1 hour'"
                " FROM generate_series(1, " MANY ") i; SELECT history_fold(" MANY " / 2);"
                " ANALYZE workflow_history, workflow_search;");
    return 0;
}

#define LIST(expected, ...)                                                                                            \
    assert_values_at(ask(t, workflows_list, __VA_ARGS__), "workflows", "adw_id", expected, __LINE__)
#define A1 "aaaa0001"
#define A2 "aaaa0002"
#define A3 "aaaa0003"
#define A4 "aaaa0004"
#define A5 "aaaa0005"

static void runs_are_sorted_by_every_key_those_without_it_last(void **state)
{
    struct query_test *t = *state;
    LIST(A4 " " A3 " " A2 " " A1 " " A5, NULL); /* created_at, the newest first */
    LIST(A5 " " A1 " " A2 " " A3 " " A4, "sort_order", "asc");
    LIST(A4 " " A3 " " A2 " " A1 " " A5, "sort_by", "start_time");
    LIST(A1 " " A2 " " A3 " " A4 " " A5, "sort_by", "start_time", "sort_order", "asc");
    LIST(A1 " " A4 " " A2 " " A3 " " A5, "sort_by", "actual_cost_total");
    LIST(A2 " " A4 " " A1 " " A5 " " A3, "sort_by", "duration_seconds"); /* of two equal ones, the later row */
    LIST(A5 " " A4 " " A3 " " A2 " " A1, "sort_by", "adw_id");
    LIST(A1 " " A2 " " A3 " " A4 " " A5, "sort_by", "updated_at");
    LIST(A4 " " A2 " " A1 " " A5 " " A3, "sort_by", "end_time");
    LIST(A3 " " A5 " " A2 " " A4 " " A1, "sort_by", "status");
    LIST(A1 " " A4 " " A2 " " A3 " " A5, "sort_by", "issue_number", "sort_order", "asc"); /* 9, 9, 10, a word, none */
    LIST(A2 " " A4 " " A3 " " A1 " " A5, "sort_by", "total_tokens");
    LIST(A3 " " A2 " " A1 " " A4 " " A5, "sort_by", "cache_efficiency_percent");
}

static void filters_take_what_they_say(void **state)
{
    struct query_test *t = *state;
    LIST(A4 " " A1, "status", "completed");
    LIST(A2 " " A5, "status", "failed,pending", "sort_by", "updated_at");
    refused(t, workflows_list, ERR_USAGE, "status: \"\" is none of", "status", "failed,");
    LIST(A4 " " A3, "model", "sonnet", "template", "adw_patch");
    LIST("", "model", "opus");
    LIST(A3 " " A1, "search", "LOGIN");
    LIST(A3, "search", "äöü");
    LIST(A2, "search", "100% of\\_");
    LIST("", "search", "100_");
    LIST(A1, "search", "login", "status", "completed");
}

static void a_range_holds_both_its_ends_and_falls_back_to_the_rows_time(void **state)
{
    struct query_test *t = *state;
    LIST(A3 " " A2 " " A5, "from", "2026-01-02", "to", "2026-01-02"); /* the pending one was made on that day */
    LIST(A2 " " A5, "from", "2026-01-02", "to", "2026-01-02T23:59");
    LIST(A4, "from", "2026-01-03");
    LIST(A3, "from", "2026-01-01T23:00:00-01:00", "to", "2026-01-02T23:59:59.999999Z", "template", "adw_patch");
}

static void what_is_wrong_is_named(void **state)
{
    struct query_test *t = *state;
    refused(t, workflows_list, ERR_USAGE, "status: \"done\" is none of pending, running, completed, failed; several",
            "status", "done");
    refused(t, workflows_list, ERR_USAGE, "sort_by: \"cost\" is none of created_at", "sort_by", "cost");
    refused(t, workflows_list, ERR_USAGE, "sort_order: \"up\" is none of asc, desc", "sort_order", "up");
    refused(t, workflows_list, ERR_USAGE, "from: \"2026-02-30\" is no date; give 2026-01-31", "from", "2026-02-30");
    refused(t, workflows_list, ERR_USAGE, "to: \"soon\" is no date", "to", "soon");
    refused(t, workflows_list, ERR_USAGE, "from: 2026-02-01 is later than 2026-01-01", "from", "2026-02-01", "to",
            "2026-01-01");
    refused(t, workflows_list, ERR_USAGE, "search: \"ab\" is too short: it takes 3 letters or digits", "search", "ab");
    refused(t, workflows_list, ERR_USAGE, "search: \"%%%%\" is too short", "search", "%%%%");
    refused(t, workflows_list, ERR_USAGE, "limit: \"1001\" is not a number from 1 to 1000", "limit", "1001");
    refused(t, workflows_list, ERR_USAGE, "offset: \"10001\" is not a number from 0 to 10000", "offset", "10001");
    struct query_result first = ask(t, workflows_list, "limit", "1");
    refused(t, workflows_list, ERR_USAGE, "cursor: ", "cursor", first.next, "sort_by", "adw_id");
    query_result_fini(&first);
}

static void the_answer_has_its_total_and_a_run_its_types(void **state)
{
    struct query_test *t = *state;
    struct query_result answer = ask(t, workflows_list, "limit", "1", "offset", "2");
    assert_member(&answer, "total", "5");
    assert_member(&answer, "total_capped", "false");
    assert_member(&answer, "limit", "1");
    assert_member(&answer, "offset", "2");
    struct json_object *run = json_object_array_get_idx(json_get(answer.json, "workflows"), 0);
    assert_string_equal(json_object_to_json_string(json_get(run, "actual_cost_total")), "0.26153885");
    assert_string_equal(json_get_string(run, "issue_number"), "10");
    assert_int_equal(json_get_int(run, "total_tokens", -1), 200000);
    assert_string_equal(json_get_string(run, "start_time"), "2026-01-02T00:00:00.000Z");
    assert_null(json_get(run, "begun_ago_ms"));
    assert_null(json_get(run, "source_digest"));
    query_result_fini(&answer);
    sql(t, "TRUNCATE workflow_history CASCADE");
    answer = ask(t, workflows_list, "sort_by", "status");
    assert_member(&answer, "total", "0");
    assert_member(&answer, "workflows", "[]");
    assert_member(&answer, "next", "null");
    query_result_fini(&answer);
}

static void stale_costs_are_completed_cheap_and_long(void **state)
{
    struct query_test *t = *state;
    assert_values(ask(t, workflows_stale, "max_cost", "0.50"), "workflows", "adw_id", A4);
    assert_values(ask(t, workflows_stale, "min_tokens", "999", "max_cost", "3"), "workflows", "adw_id", A4 " " A1);
    assert_values(ask(t, workflows_stale, "max_cost", "0.49"), "workflows", "adw_id", "");
    assert_values(ask(t, workflows_stale, "min_tokens", "100001"), "workflows", "adw_id", "");
    struct query_result first = ask(t, workflows_stale, "min_tokens", "999", "max_cost", "3", "limit", "1");
    assert_values(ask(t, workflows_stale, "min_tokens", "999", "max_cost", "3", "cursor", first.next), "workflows",
                  "adw_id", A1);
    query_result_fini(&first);
    refused(t, workflows_stale, ERR_USAGE, "max_cost: \"$1\" is no amount of dollars such as 0.50", "max_cost", "$1");
    refused(t, workflows_stale, ERR_USAGE, "min_tokens: \"-1\" is not a number", "min_tokens", "-1");
}

/* A run is one of them whatever its status and its tokens; what is not known of a part makes none. */
static void stale_costs_are_not_the_sum_of_their_parts(void **state)
{
    struct query_test *t = *state;
    assert_values(ask(t, workflows_stale, NULL), "workflows", "adw_id", "");
    sql(t, "UPDATE workflow_history SET cost_breakdown = CASE adw_id"
           " WHEN 'aaaa0001' THEN '{\"by_phase\":{\"plan\":1,\"build\":1.37},\"by_model\":{\"m\":{\"cost\":2.37}}}'"
           " WHEN 'aaaa0002' THEN '{\"by_phase\":{\"plan\":0.5},\"by_model\":{\"m\":{\"cost\":0.26153885}}}'"
           " WHEN 'aaaa0003' THEN '{\"by_phase\":{\"plan\":0.1,\"build\":null},\"by_model\":{}}'"
           " WHEN 'aaaa0004' THEN '{\"by_phase\":[],\"by_model\":{\"m\":{\"cost\":0.4},\"n\":{\"cost\":0.3}}}'"
           " ELSE '{\"by_phase\":{\"plan\":0.2}}' END::jsonb");
    assert_values(ask(t, workflows_stale, NULL), "workflows", "adw_id", "aaaa0005 " A4 " " A2);
    assert_values(ask(t, workflows_stale, NULL), "workflows", "cost_of_phases", "0.2 null 0.5");
    assert_values(ask(t, workflows_stale, NULL), "workflows", "cost_of_models", "null 0.7 0.26153885");
    struct query_result first = ask(t, workflows_stale, "limit", "2");
    assert_values(ask(t, workflows_stale, "cursor", first.next), "workflows", "adw_id", A2);
    query_result_fini(&first);
    struct query_result run = ask(t, workflow_one, "adw_id", A1);
    assert_member(&run, "cost_of_phases", "2.37");
    assert_member(&run, "cost_of_models", "2.37");
    query_result_fini(&run);
    assert_values(ask(t, workflow_one, "adw_id", A1), "phases", "phase", "plan build");
}

/* The page ends after so many runs, and the next one goes on behind them. */
static void a_page_of_stale_costs_looks_at_a_bounded_number_of_runs(void **state)
{
    struct query_test *t = *state;
    sql(t, "UPDATE workflow_history SET cost_breakdown = '{\"by_phase\":{\"plan\":99}}'"
           " WHERE id = (SELECT min(id) FROM workflow_history)");
    struct query_result newest = ask(t, workflows_stale, NULL);
    assert_int_equal(newest.rows, 0);
    assert_non_null(newest.next);
    struct query_result answer = {.next = mem_strdup(newest.next)};
    int found = 0;
    for (int page = 0; answer.next != NULL; page++) {
        assert_in_range(page, 0, 10);
        struct query_result next = ask(t, workflows_stale, "cursor", answer.next);
        query_result_fini(&answer);
        answer = next;
        found += answer.rows;
    }
    assert_int_equal(found, 1);
    query_result_fini(&answer);
    query_result_fini(&newest);
}

/* ---- many -------------------------------------------------------------------------------------------------------- */

static void beyond_the_count_the_total_is_capped_and_only_indexed_keys_sort(void **state)
{
    struct query_test *t = *state;
    struct query_result answer = ask(t, workflows_list, "limit", "1");
    assert_member(&answer, "total", "10000");
    assert_member(&answer, "total_capped", "true");
    query_result_fini(&answer);
    refused(t, workflows_list, ERR_USAGE,
            "sort_by: more than 10000 workflows match, too many to sort by status, which has no index; narrow the "
            "filter, or "
            "sort by created_at, start_time, actual_cost_total, duration_seconds or adw_id",
            "sort_by", "status");
    answer = ask(t, workflows_list, "sort_by", "status", "search", "needle", "limit", "1");
    assert_member(&answer, "total", "600");
    query_result_fini(&answer);
}

#define INDEXED 5
static const char *const keys[] = {
    "created_at", "start_time",   "actual_cost_total", "duration_seconds",        "adw_id", "updated_at", "end_time",
    "status",     "issue_number", "total_tokens",      "cache_efficiency_percent"};
static const struct {
    const char *name, *value, *condition;
} filters[] = {
#define HAY 5
    {"nothing", NULL, "true"},
    {"status", "completed", "status = 'completed'"},
    {"model", "model 1", "model_used = 'model 1'"},
    {"template", "template 2", "workflow_template = 'template 2'"},
    {"search", "needle", "nl_input LIKE '%needle%'"},
    {"search", "hay", "nl_input LIKE '%hay%'"},
    {"from", "2026-02-01", "coalesce(start_time, created_at) >= '2026-02-01'"},
    {"to", "2026-06-30T12:00", "coalesce(start_time, created_at) <= '2026-06-30 12:00'"},
};

/* All ids that paging by cursor gives, joined by spaces; `*refused` where the key cannot sort so many. The caller
 * frees. */
static char *all_pages(struct query_test *t, const char *const *pairs, int *pages, bool *is_refused)
{
    struct buf ids = BUF_INIT;
    char *cursor = NULL;
    for (*pages = 0; *pages == 0 || cursor != NULL; ++*pages) {
        const char *with[PAIRS_MAX + 2] = {"cursor", cursor};
        memcpy(with + 2, pairs, (PAIRS_MAX - 2) * sizeof *pairs);
        const char *const *asked_pairs = cursor == NULL ? pairs : with;
        struct err_info error = {.code = ERR_OK};
        struct query_params asked = {query_test_value, asked_pairs, QUERY_PARAMS_BY_PARAMETERS};
        struct query_result answer;
        enum err err = workflows_list(t->pg, &asked, &answer, &error);
        *is_refused = err == ERR_USAGE && strstr(error.text, "too many to sort") != NULL;
        if (*is_refused)
            break;
        fine(err, &error);
        char *some = values_of(&answer, "workflows", "id");
        buf_addf(&ids, "%s%s", *pages == 0 ? "" : " ", some);
        free(some);
        free(cursor);
        cursor = answer.next == NULL ? NULL : mem_strdup(answer.next);
        query_result_fini(&answer);
        assert_true(*pages < 1000);
    }
    return buf_take(&ids);
}

/* The same by the plainest statement. The caller frees. */
static char *expected_ids(struct query_test *t, const char *conditions, const char *key, const char *order)
{
    struct buf text = BUF_INIT;
    struct err_info error = {.code = ERR_OK};
    PGresult *result = NULL;
    bool is_issue = strcmp(key, "issue_number") == 0; /* numbers here, all of them */
    buf_addf(
        &text,
        "TRUNCATE expected; INSERT INTO expected SELECT string_agg(id::text, ' ' ORDER BY %s IS NULL, %s%s %s, id %s)"
        " FROM workflow_history WHERE %s",
        key, key, is_issue ? "::int" : "", order, order, conditions);
    sql(t, text.data);
    buf_fini(&text);
    fine(pg_exec(t->pg, &read_expected, NULL, &result, &error), &error);
    char *ids = mem_strdup(pg_is_null(result, 0, 0) ? "" : pg_text(result, 0, 0));
    PQclear(result);
    return ids;
}

static void paging_gives_every_run_once_in_order_whatever_is_asked(void **state)
{
    struct query_test *t = *state;
    unsigned seed = (unsigned)time(NULL);
    int walked = 0, sorted = 0;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 40; round++) {
        size_t first = (size_t)rand_r(&seed) % (sizeof filters / sizeof *filters);
        size_t second = (size_t)rand_r(&seed) % (sizeof filters / sizeof *filters);
        bool is_walk = round % 3 == 0; /* so many match that an index is walked along */
        first = is_walk ? 0 : first;
        second = is_walk ? (size_t)rand_r(&seed) % 2 * HAY : second;
        if (strcmp(filters[first].name, filters[second].name) == 0)
            second = first;
        const char *key = keys[(size_t)rand_r(&seed) % (is_walk ? INDEXED : sizeof keys / sizeof *keys)];
        const char *order = rand_r(&seed) % 2 == 0 ? "asc" : "desc";
        const char *pairs[PAIRS_MAX] = {"sort_by",
                                        key,
                                        "sort_order",
                                        order,
                                        "limit",
                                        rand_r(&seed) % 2 == 0 ? "1000" : "613",
                                        filters[first].name,
                                        filters[first].value,
                                        filters[second].name,
                                        filters[second].value};
        struct buf conditions = BUF_INIT;
        bool is_refused = false;
        int pages = 0;
        buf_addf(&conditions, "%s AND %s", filters[first].condition, filters[second].condition);
        char *got = all_pages(t, pairs, &pages, &is_refused), *expected = expected_ids(t, conditions.data, key, order);
        if (!is_refused && strcmp(got, expected) != 0)
            fail_msg("%s by %s %s: %d pages differ", conditions.data, key, order, pages);
        walked += pages > 10;
        sorted += !is_refused && pages <= 10;
        buf_fini(&conditions);
        free(got);
        free(expected);
    }
    assert_true(walked > 0 && sorted > 0);
}

/* Runs that are not touched are seen once, though others come, go and move between the pages. */
static void pages_stay_whole_while_rows_change(void **state)
{
    struct query_test *t = *state;
    struct buf seen = BUF_INIT;
    struct query_result answer = ask(t, workflows_list, "sort_by", "actual_cost_total", "limit", "1000");
    for (int page = 0; page < 20; page++) {
        char *ids = values_of(&answer, "workflows", "id");
        buf_addf(&seen, "%s ", ids);
        free(ids);
        char *cursor = answer.next == NULL ? NULL : mem_strdup(answer.next);
        query_result_fini(&answer);
        if (cursor == NULL)
            break;
        sql(t, "UPDATE workflow_history SET actual_cost_total = random() WHERE id % 10 = 3;"
               "DELETE FROM workflow_history WHERE id IN (SELECT id FROM workflow_history WHERE id % 10 = 7 LIMIT 50);"
               "INSERT INTO workflow_history (adw_id, status, actual_cost_total)"
               " SELECT 'new' || random(), 'completed', random() * 0.000001 FROM generate_series(1, 50);"
               "SELECT history_fold(500)");
        answer = ask(t, workflows_list, "sort_by", "actual_cost_total", "limit", "1000", "cursor", cursor);
        free(cursor);
    }
    struct err_info error = {.code = ERR_OK};
    PGresult *result = NULL;
    struct buf text = BUF_INIT;
    buf_addf(&text,
             "TRUNCATE expected; INSERT INTO expected SELECT count(*) || ' ' || count(s.times) || ' ' || max(s.times) "
             "FROM workflow_history h"
             " LEFT JOIN (SELECT id::bigint AS id, count(*) AS times FROM string_to_table(trim('%s'), ' ') id GROUP BY "
             "1) s USING (id)"
             " WHERE h.id %% 10 NOT IN (3, 7) AND h.adw_id NOT LIKE 'new%%'",
             seen.data);
    sql(t, text.data);
    fine(pg_exec(t->pg, &read_expected, NULL, &result, &error), &error);
    assert_string_equal(pg_text(result, 0, 0), "9600 9600 1");
    PQclear(result);
    buf_fini(&text);
    buf_fini(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(runs_are_sorted_by_every_key_those_without_it_last, few),
        cmocka_unit_test_setup(filters_take_what_they_say, few),
        cmocka_unit_test_setup(a_range_holds_both_its_ends_and_falls_back_to_the_rows_time, few),
        cmocka_unit_test_setup(what_is_wrong_is_named, few),
        cmocka_unit_test_setup(the_answer_has_its_total_and_a_run_its_types, few),
        cmocka_unit_test_setup(stale_costs_are_completed_cheap_and_long, few),
        cmocka_unit_test_setup(stale_costs_are_not_the_sum_of_their_parts, few),
        cmocka_unit_test_setup(a_page_of_stale_costs_looks_at_a_bounded_number_of_runs, many),
        cmocka_unit_test_setup(beyond_the_count_the_total_is_capped_and_only_indexed_keys_sort, many),
        cmocka_unit_test_setup(paging_gives_every_run_once_in_order_whatever_is_asked, many),
        cmocka_unit_test_setup(pages_stay_whole_while_rows_change, many),
    };
    return cmocka_run_group_tests(tests, open_group, query_test_close);
}
