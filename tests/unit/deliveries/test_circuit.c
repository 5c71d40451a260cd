/* When a repository is left alone. */
#include "tests/testing/testing.h"

#include "common/deliveries/circuit.h"

#define NOW INT64_C(1704700000000000)
#define US_PER_MS INT64_C(1000)
#define MINUTE_MS INT64_C(60000)

static void it_is_open_until_its_time_and_not_longer(void **state)
{
    (void)state;
    const struct circuit circuit = {CIRCUIT_THRESHOLD, NOW + 30 * MINUTE_MS * US_PER_MS};
    assert_int_equal(CIRCUIT_COOLDOWN_MS, 30 * MINUTE_MS);
    assert_int_equal(circuit_wait_ms(&circuit, CIRCUIT_SCHEDULE, NOW), 30 * MINUTE_MS);
    assert_int_equal(circuit_wait_ms(&circuit, CIRCUIT_SCHEDULE, circuit.open_until_us - 1), 1);
    assert_int_equal(circuit_wait_ms(&circuit, CIRCUIT_SCHEDULE, circuit.open_until_us), 0);
    assert_int_equal(circuit_wait_ms(&(struct circuit){CIRCUIT_THRESHOLD - 1, 0}, CIRCUIT_SCHEDULE, NOW), 0);
}

static void a_scheduled_job_waits_and_an_administrator_does_not(void **state)
{
    (void)state;
    struct circuit circuit = {5, NOW + 1500};
    assert_int_equal(circuit_wait_ms(&circuit, CIRCUIT_SCHEDULE, NOW), 2);
    assert_int_equal(circuit_wait_ms(&circuit, CIRCUIT_ADMINISTRATOR, NOW), 0);
    assert_int_equal(circuit_wait_ms(&circuit, CIRCUIT_SCHEDULE, NOW + 1500), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_open_until_its_time_and_not_longer),
        cmocka_unit_test(a_scheduled_job_waits_and_an_administrator_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
