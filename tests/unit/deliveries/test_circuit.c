/* When a repository is left alone, and when the rescan takes a link. */
#include "tests/testing/testing.h"

#include "common/deliveries/circuit.h"
#include "common/deliveries/rescan.h"

#define NOW INT64_C(1704700000000000)
#define US_PER_MS INT64_C(1000)
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS INT64_C(3600000)

static void the_fifth_failure_in_a_row_opens_it_for_thirty_minutes(void **state)
{
    (void)state;
    struct circuit circuit = {0, 0};
    for (int i = 1; i <= 4; i++) {
        assert_int_equal(circuit_fail(&circuit, NOW), CIRCUIT_AS_BEFORE);
        assert_false(circuit_is_open(&circuit, NOW));
    }
    assert_int_equal(circuit_fail(&circuit, NOW), CIRCUIT_OPENED);
    assert_int_equal(circuit.consecutive_failures, CIRCUIT_THRESHOLD);
    assert_int_equal(circuit.open_until_us, NOW + 30 * MINUTE_MS * US_PER_MS);
    assert_true(circuit_is_open(&circuit, NOW + 30 * MINUTE_MS * US_PER_MS - 1));
    assert_false(circuit_is_open(&circuit, NOW + 30 * MINUTE_MS * US_PER_MS));
}

static void a_success_forgets_all_failures(void **state)
{
    (void)state;
    struct circuit circuit = {7, NOW + 1};
    circuit_succeed(&circuit);
    assert_false(circuit_is_open(&circuit, NOW));
    assert_int_equal(circuit_fail(&circuit, NOW), CIRCUIT_AS_BEFORE);
    assert_int_equal(circuit.consecutive_failures, 1);
}

static void a_failure_after_the_cool_down_opens_it_again_and_tells_again(void **state)
{
    (void)state;
    struct circuit circuit = {5, NOW};
    assert_int_equal(circuit_fail(&circuit, NOW + 1), CIRCUIT_OPENED);
    assert_int_equal(circuit_fail(&circuit, NOW + 2), CIRCUIT_AS_BEFORE);
    assert_int_equal(circuit.open_until_us, NOW + 2 + 30 * MINUTE_MS * US_PER_MS);
}

static void a_scheduled_job_waits_and_an_administrator_does_not(void **state)
{
    (void)state;
    struct circuit circuit = {5, NOW + 1500};
    assert_int_equal(circuit_wait_ms(&circuit, CIRCUIT_SCHEDULE, NOW), 2);
    assert_int_equal(circuit_wait_ms(&circuit, CIRCUIT_ADMINISTRATOR, NOW), 0);
    assert_int_equal(circuit_wait_ms(&circuit, CIRCUIT_SCHEDULE, NOW + 1500), 0);
}

static void the_age_of_a_failed_link_doubles_up_to_a_day(void **state)
{
    (void)state;
    assert_int_equal(rescan_failed_age_ms(HOUR_MS, 0), HOUR_MS);
    assert_int_equal(rescan_failed_age_ms(HOUR_MS, 1), 2 * HOUR_MS);
    assert_int_equal(rescan_failed_age_ms(HOUR_MS, 4), 16 * HOUR_MS);
    assert_int_equal(rescan_failed_age_ms(HOUR_MS, 5), 24 * HOUR_MS);
    assert_int_equal(rescan_failed_age_ms(HOUR_MS, INT32_MAX), 24 * HOUR_MS);
    assert_int_equal(rescan_failed_age_ms(INT64_MAX, 3), 24 * HOUR_MS);
    assert_int_equal(rescan_failed_age_ms(0, INT32_MAX), 0);
}

static bool due(enum rescan_result result, int retry_count, int64_t age_ms)
{
    struct rescan_link link = {result, retry_count, NOW - age_ms * US_PER_MS, {0, 0}};
    return rescan_is_due(&link, HOUR_MS, NOW);
}

static void the_rescan_takes_what_is_new_old_or_failed_long_enough_ago(void **state)
{
    (void)state;
    assert_true(due(RESCAN_NEVER, 0, 0));
    assert_false(due(RESCAN_SYNCED, 0, HOUR_MS));
    assert_true(due(RESCAN_SYNCED, 9, HOUR_MS + 1));
    assert_false(due(RESCAN_FAILED, 2, 4 * HOUR_MS));
    assert_true(due(RESCAN_FAILED, 2, 4 * HOUR_MS + 1));
    assert_true(due(RESCAN_FAILED, 99, 24 * HOUR_MS + 1));
}

static void the_rescan_leaves_an_open_circuit_alone_and_comes_back_after_it(void **state)
{
    (void)state;
    struct rescan_link link = {RESCAN_FAILED, 0, NOW - 2 * HOUR_MS * US_PER_MS, {5, NOW + 1}};
    assert_false(rescan_is_due(&link, HOUR_MS, NOW));
    link.result = RESCAN_NEVER;
    assert_false(rescan_is_due(&link, HOUR_MS, NOW));
    assert_true(rescan_is_due(&link, HOUR_MS, NOW + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fifth_failure_in_a_row_opens_it_for_thirty_minutes),
        cmocka_unit_test(a_success_forgets_all_failures),
        cmocka_unit_test(a_failure_after_the_cool_down_opens_it_again_and_tells_again),
        cmocka_unit_test(a_scheduled_job_waits_and_an_administrator_does_not),
        cmocka_unit_test(the_age_of_a_failed_link_doubles_up_to_a_day),
        cmocka_unit_test(the_rescan_takes_what_is_new_old_or_failed_long_enough_ago),
        cmocka_unit_test(the_rescan_leaves_an_open_circuit_alone_and_comes_back_after_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
