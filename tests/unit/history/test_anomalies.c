/* What is odd beside the other runs of a template, and what is odd by itself. */
#include "tests/testing/testing.h"

#include <math.h>
#include <string.h>

#include "common/base/json.h"
#include "common/history/anomalies.h"

static const struct anomalies_run plain = {
    .cost_nusd = 1000000000, .duration_s = 100, .retries = 0, .cache_read_tokens = 50, .input_tokens = 100};
static const struct anomalies_peers peers = {.runs = 3, .mean_cost_nusd = 1e9, .mean_duration_s = 100};

static struct anomalies find(const struct anomalies_run *run)
{
    struct anomalies found;
    anomalies_find(run, &peers, &found);
    return found;
}

static void assert_one(const struct anomalies *found, enum anomalies_type type, enum anomalies_severity severity)
{
    assert_int_equal(found->count, 1);
    assert_int_equal(found->list[0].type, type);
    assert_int_equal(found->list[0].severity, severity);
    assert_true(strlen(found->list[0].message) > 0);
}

static void a_plain_run_has_none(void **state)
{
    (void)state;
    assert_int_equal(find(&plain).count, 0);
}

static void a_cost_far_above_the_mean_is_odd(void **state)
{
    (void)state;
    struct anomalies_run run = plain;
    run.cost_nusd = 2000000000;
    assert_int_equal(find(&run).count, 0);
    run.cost_nusd = 2500000000;
    struct anomalies found = find(&run);
    assert_one(&found, ANOMALIES_COST, ANOMALIES_MEDIUM);
    assert_true(found.list[0].actual == 2.5 && found.list[0].expected == 1.0 && found.list[0].threshold == 2.0);
    assert_string_equal(found.list[0].message, "Cost of $2.5000 is 2.5 times the mean of its template ($1.0000)");
    run.cost_nusd = 3000000001;
    found = find(&run);
    assert_one(&found, ANOMALIES_COST, ANOMALIES_HIGH);
}

static void a_duration_far_above_the_mean_is_odd(void **state)
{
    (void)state;
    struct anomalies_run run = plain;
    run.duration_s = 201;
    struct anomalies found = find(&run);
    assert_one(&found, ANOMALIES_DURATION, ANOMALIES_MEDIUM);
    run.duration_s = 301;
    found = find(&run);
    assert_one(&found, ANOMALIES_DURATION, ANOMALIES_HIGH);
}

static void too_few_peers_tell_nothing(void **state)
{
    (void)state;
    struct anomalies_run run = plain;
    struct anomalies found;
    run.cost_nusd = INT64_C(100000000000);
    run.duration_s = 1e6;
    anomalies_find(&run, &(struct anomalies_peers){2, 1e9, 100}, &found);
    assert_int_equal(found.count, 0);
    anomalies_find(&run, &(struct anomalies_peers){3, 0, 0}, &found);
    assert_int_equal(found.count, 0);
}

static void retries_cache_and_errors_need_no_peers(void **state)
{
    (void)state;
    struct anomalies_run run = plain;
    run.retries = 3;
    struct anomalies found = find(&run);
    assert_one(&found, ANOMALIES_RETRIES, ANOMALIES_MEDIUM);
    run.retries = 5;
    found = find(&run);
    assert_one(&found, ANOMALIES_RETRIES, ANOMALIES_HIGH);
    run = plain;
    run.cache_read_tokens = 19;
    found = find(&run);
    assert_one(&found, ANOMALIES_CACHE, ANOMALIES_LOW);
    run = plain;
    run.error_category = "Syntax_error";
    found = find(&run);
    assert_one(&found, ANOMALIES_ERROR, ANOMALIES_HIGH);
    run.error_category = "network";
    assert_int_equal(find(&run).count, 0);
}

static void what_is_unknown_is_not_odd(void **state)
{
    (void)state;
    assert_int_equal(find(&(struct anomalies_run){-1, -1, -1, -1, -1, NULL}).count, 0);
    assert_int_equal(find(&(struct anomalies_run){-1, -1, -1, 0, 0, NULL}).count, 0);
}

static void json_has_all_fields_whatever_the_category_holds(void **state)
{
    (void)state;
    struct anomalies_run run = plain;
    struct buf text = BUF_INIT;
    struct json_object *array;
    struct err_info error;
    run.retries = 4;
    run.error_category =
        "fatal \"\xFF\x01 and a text that is far longer than what a message of an anomaly may show of it";
    struct anomalies found = find(&run);
    anomalies_add_json(&found, &text);
    assert_int_equal(json_parse(text.data, text.len, JSON_LIMITS_REQUEST, &array, &error), ERR_OK);
    assert_int_equal(json_object_array_length(array), 2);
    struct json_object *first = json_object_array_get_idx(array, 0);
    assert_string_equal(json_get_string(first, "type"), "retries");
    assert_string_equal(json_get_string(first, "severity"), "medium");
    assert_true(json_get_double(first, "actual", NAN) == 4.0);
    assert_true(json_get_double(first, "threshold", NAN) == 3.0);
    assert_non_null(json_get(first, "expected"));
    assert_non_null(json_get_string(json_object_array_get_idx(array, 1), "message"));
    json_object_put(array);
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_run_has_none),
        cmocka_unit_test(a_cost_far_above_the_mean_is_odd),
        cmocka_unit_test(a_duration_far_above_the_mean_is_odd),
        cmocka_unit_test(too_few_peers_tell_nothing),
        cmocka_unit_test(retries_cache_and_errors_need_no_peers),
        cmocka_unit_test(what_is_unknown_is_not_odd),
        cmocka_unit_test(json_has_all_fields_whatever_the_category_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
