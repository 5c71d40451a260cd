/*
 * The two ways of finding runs by their text (common/query/text_search.h): in each of them, and in the one that fits,
 * paging gives what the plainest statement gives, on random data, whatever else is asked; also where a walk is given
 * up.
 */
#include <time.h>

#include "common/query/workflows.h"
#include "embedded/sql_count.h"
#include "tests/contract/query/query_test.h"

#define RUNS "14000"

static const struct sql read_expected = {"test", SQL_COUNT + 1, "SELECT ids, total FROM expected"};

/* Nine in ten have "usual", all but the first 3000 have "Later", one in six has "seldom"; keys with ties and nulls. */
static void add_runs(struct query_test *t)
{
    char text[1400];
    unsigned seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    snprintf(
        text, sizeof text,
        "TRUNCATE workflow_history CASCADE; SELECT setseed(%f);"
        "INSERT INTO workflow_history (adw_id, nl_input, workflow_template, model_used, status, start_time,"
        " duration_seconds, actual_cost_total, created_at)"
        " SELECT to_hex(i + 100000), CASE WHEN random() < 0.9 THEN 'the USUAL ' ELSE 'x ' END"
        " || CASE WHEN i > 3000 THEN 'Later ' ELSE '' END || CASE WHEN random() < 0.16 THEN '100%% seldom' ELSE '' END,"
        " 'template ' || (random() * 3)::int, CASE WHEN random() < 0.9 THEN 'model ' || (random() * 2)::int END,"
        " (ARRAY['completed', 'failed', 'running'])[1 + (random() * 2)::int],"
        " CASE WHEN random() < 0.9 THEN timestamptz '2026-01-01' + (random() * 5000)::int * interval '1 hour' END,"
        " CASE WHEN random() < 0.9 THEN (random() * 900)::int / 7.0 END,"
        " CASE WHEN random() < 0.8 THEN (random() * 997)::int * 0.000000001 END,"
        " timestamptz '2026-01-01' + i * interval '1 minute' FROM generate_series(1, " RUNS ") i;"
        "ANALYZE workflow_history, workflow_search",
        seed % 1000 / 1000.0);
    sql(t, text);
}

static int open_group(void **state)
{
    int failed = query_test_open(state);
    sql(*state, "CREATE TABLE expected (ids text, total bigint)");
    add_runs(*state);
    return failed;
}

struct list {
    char *ids;     /* of all pages, joined by spaces */
    int64_t total; /* counted to the cap */
};

static struct query_result page(struct query_test *t, const char *const *pairs, enum text_search_way way)
{
    struct err_info error = {.code = ERR_OK};
    struct query_params asked = {query_test_value, pairs, QUERY_PARAMS_BY_PARAMETERS};
    struct query_result answer;
    fine(workflows_list_by(t->pg, &asked, way, &answer, &error), &error);
    return answer;
}

static struct list all_pages(struct query_test *t, const char *const *pairs, enum text_search_way way)
{
    struct buf ids = BUF_INIT;
    struct list list = {.ids = NULL};
    char *cursor = NULL;
    for (int pages = 0; pages == 0 || cursor != NULL; pages++) {
        const char *with[PAIRS_MAX + 2] = {"cursor", cursor};
        memcpy(with + 2, pairs, (PAIRS_MAX - 2) * sizeof *pairs);
        struct query_result answer = page(t, cursor == NULL ? pairs : with, way);
        char *some = values_of(&answer, "workflows", "id");
        buf_addf(&ids, "%s%s", pages == 0 || *some == '\0' ? "" : " ", some);
        list.total = json_get_int(answer.json, "total", -1);
        free(some);
        free(cursor);
        cursor = answer.next == NULL ? NULL : mem_strdup(answer.next);
        query_result_fini(&answer);
        assert_true(pages < 100);
    }
    list.ids = buf_take(&ids);
    return list;
}

static struct list expected(struct query_test *t, const char *conditions, const char *key, const char *order)
{
    struct buf text = BUF_INIT;
    struct err_info error = {.code = ERR_OK};
    PGresult *result = NULL;
    buf_addf(
        &text,
        "TRUNCATE expected; INSERT INTO expected SELECT string_agg(id::text, ' ' ORDER BY %s IS NULL, %s %s, id %s),"
        " least(count(*), 10000) FROM workflow_history WHERE %s",
        key, key, order, order, conditions);
    sql(t, text.data);
    buf_fini(&text);
    fine(pg_exec(t->pg, &read_expected, NULL, &result, &error), &error);
    struct list list = {mem_strdup(pg_is_null(result, 0, 0) ? "" : pg_text(result, 0, 0)), pg_int8(result, 0, 1)};
    PQclear(result);
    return list;
}

#define PICK(rows) rows[(size_t)rand_r(seed) % (sizeof rows / sizeof *rows)]
static const char *const keys[] = {"created_at", "start_time", "actual_cost_total", "duration_seconds", "adw_id"};
struct filter {
    const char *name, *value, *condition;
};
static const struct filter words[] = {
    {"search", "uSuAl", "nl_input LIKE '%USUAL%'"},
    {"search", "later", "nl_input LIKE '%Later%'"},
    {"search", "seldom", "nl_input LIKE '%seldom'"},
    {"search", "100% s", "nl_input LIKE '%100!% s%' ESCAPE '!'"},
    {"search", "no such", "false"},
};
static const struct filter filters[] = {
    {"limit", "900", "true"},
    {"limit", "900", "true"},
    {"status", "completed,running", "status IN ('completed', 'running')"},
    {"template", "template 2", "workflow_template = 'template 2'"},
    {"model", "model 1", "model_used = 'model 1'"},
    {"from", "2026-02-01", "coalesce(start_time, created_at) >= '2026-02-01'"},
};

static void compare_ways(struct query_test *t, unsigned *seed)
{
    static const enum text_search_way ways[] = {TEXT_SEARCH_AS_IT_FITS, TEXT_SEARCH_BY_WALK, TEXT_SEARCH_BY_IDS};
    const struct filter *word = &PICK(words), *filter = &PICK(filters);
    const char *key = PICK(keys), *order = rand_r(seed) % 2 == 0 ? "asc" : "desc";
    const char *pairs[PAIRS_MAX] = {"sort_by",   key,          "sort_order",  order,   word->name,
                                    word->value, filter->name, filter->value, "limit", "1000"};
    struct buf conditions = BUF_INIT;
    buf_addf(&conditions, "%s AND %s", word->condition, filter->condition);
    struct list right = expected(t, conditions.data, key, order);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct list got = all_pages(t, pairs, ways[i]);
        if (strcmp(got.ids, right.ids) != 0 || got.total != right.total)
            fail_msg("%s by %s %s, way %d: %" PRId64 " for %" PRId64, conditions.data, key, order, (int)ways[i],
                     got.total, right.total);
        free(got.ids);
    }
    free(right.ids);
    buf_fini(&conditions);
}

static void both_ways_give_the_pages_of_the_plainest_statement(void **state)
{
    unsigned seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    for (int round = 0; round < 12; round++)
        compare_ways(*state, &seed);
}

/* The first 3000 by creation lack the word: 2000 are looked at, then the ids are taken. Offsets count what is found. */
static void a_walk_that_goes_too_far_is_given_up(void **state)
{
    struct query_test *t = *state;
    const char *pairs[PAIRS_MAX] = {"search", "later", "sort_order", "asc", "limit", "2"};
    for (int way = TEXT_SEARCH_AS_IT_FITS; way <= TEXT_SEARCH_BY_IDS; way++)
        assert_values(page(t, pairs, (enum text_search_way)way), "workflows", "adw_id", "19259 1925a");
    const char *deep[PAIRS_MAX] = {"search", "later", "sort_order", "asc", "limit", "2", "offset", "9999"};
    for (int way = TEXT_SEARCH_AS_IT_FITS; way <= TEXT_SEARCH_BY_IDS; way++)
        assert_values(page(t, deep, (enum text_search_way)way), "workflows", "adw_id", "1b968 1b969");
}

/* What an estimate says, and how far a walk goes for it. */
static void a_common_word_is_walked_for_and_a_rare_one_looked_up(void **state)
{
    struct query_test *t = *state;
    static const struct {
        const char *pattern;
        enum text_search_way way;
        int64_t least, most; /* runs that a walk for 1000 may look at */
    } rows[] = {
        {"%Usual%", TEXT_SEARCH_BY_WALK, 4000, 8000},
        {"%seldom%", TEXT_SEARCH_BY_WALK, 10000, 60000},
        {"%no such%", TEXT_SEARCH_BY_IDS, 400000, 400000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err_info error = {.code = ERR_OK};
        struct text_search searched;
        text_search_init(&searched, mem_strdup(rows[i].pattern));
        fine(text_search_begin(t->pg, &searched, TEXT_SEARCH_AS_IT_FITS, &error), &error);
        assert_int_equal(searched.way, rows[i].way);
        assert_in_range(text_search_walk_max(&searched, 1000), rows[i].least, rows[i].most);
        assert_int_equal(text_search_walk_max(&searched, 1), 2000);
        text_search_fini(&searched);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_give_the_pages_of_the_plainest_statement),
        cmocka_unit_test(a_walk_that_goes_too_far_is_given_up),
        cmocka_unit_test(a_common_word_is_walked_for_and_a_rare_one_looked_up),
    };
    return cmocka_run_group_tests(tests, open_group, query_test_close);
}
