/* What a worker process counts, as its heartbeat tells it. */
#include <json-c/json_tokener.h>
#include <string.h>

#include "common/base/json.h"
#include "tests/testing/testing.h"
#include "worker/counts.h"

static struct json_object *told(void)
{
    struct buf text = BUF_INIT;
    struct json_object *json = NULL;
    struct err_info error;
    counts_write(&text);
    assert_int_equal(json_parse(text.data, text.len, JSON_LIMITS_REQUEST, &json, &error), ERR_OK);
    buf_fini(&text);
    return json;
}

static int64_t outcome(const char *kind, const char *word)
{
    struct json_object *json = told();
    int64_t count = json_get_int(json_get(json_get(json, "outcomes"), kind), word, -1);
    json_object_put(json);
    return count;
}

static void results_are_counted_by_kind(void **state)
{
    (void)state;
    const struct job_result results[] = {{.outcome = OUTCOME_SUCCEEDED}, {.outcome = OUTCOME_FAILED},
                                         {.outcome = OUTCOME_SKIPPED},   {.outcome = OUTCOME_RETRY},
                                         {.outcome = OUTCOME_NONE},      {.outcome = OUTCOME_SUCCEEDED}};
    counts_settled("noop", results, sizeof results / sizeof *results);
    counts_settled("a kind that is not known", results, 1);
    assert_int_equal(outcome("noop", "succeeded"), 2);
    assert_int_equal(outcome("noop", "failed"), 1);
    assert_int_equal(outcome("noop", "skipped"), 1);
    assert_int_equal(outcome("resync", "succeeded"), 0);
}

static void requests_and_retries_are_counted_by_class(void **state)
{
    (void)state;
    const int statuses[] = {200, 204, 404, 503, 0, 999, -1};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        counts_delivery(statuses[i]);
    counts_retry(ERR_RETRY);
    counts_retry(ERR_RETRY);
    struct json_object *json = told(), *deliveries = json_get(json, "deliveries");
    assert_int_equal(json_get_int(deliveries, "2xx", -1), 2);
    assert_int_equal(json_get_int(deliveries, "4xx", -1), 1);
    assert_int_equal(json_get_int(deliveries, "5xx", -1), 1);
    assert_int_equal(json_get_int(deliveries, "none", -1), 3);
    assert_int_equal(json_get_int(json_get(json, "retries"), "retry", -1), 2);
    assert_null(json_get(json_get(json, "retries"), "busy"));
    json_object_put(json);
}

static void times_fall_into_their_buckets(void **state)
{
    (void)state;
    counts_took(COUNTS_SETTLE, 1000);
    counts_took(COUNTS_SETTLE, 1001);
    counts_took(COUNTS_SETTLE, INT64_C(1) << 40);
    counts_lag(1234);
    struct json_object *json = told(), *settle = json_get(json, "settle"), *buckets = json_get(settle, "buckets");
    size_t count = json_object_array_length(buckets);
    assert_int_equal(json_object_get_int64(json_object_array_get_idx(buckets, 0)), 1);
    assert_int_equal(json_object_get_int64(json_object_array_get_idx(buckets, 1)), 1);
    assert_int_equal(json_object_get_int64(json_object_array_get_idx(buckets, count - 1)), 1);
    assert_int_equal(json_get_int(settle, "sum_us", -1), 2001 + (INT64_C(1) << 40));
    assert_int_equal(json_get_int(json, "loop_lag_us", -1), 1234);
    json_object_put(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_counted_by_kind),
        cmocka_unit_test(requests_and_retries_are_counted_by_class),
        cmocka_unit_test(times_fall_into_their_buckets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
