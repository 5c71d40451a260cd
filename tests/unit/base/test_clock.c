#include <time.h>

#include "common/base/clock.h"
#include "tests/testing/testing.h"

static void test_iso8601_has_milliseconds_and_rounds_down(void **state)
{
    (void)state;
    static const struct {
        int64_t us;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {INT64_C(1704705200000000), "2024-01-08T09:13:20.000Z"},
        {INT64_C(1704705200123999), "2024-01-08T09:13:20.123Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {INT64_C(951782399999999), "2000-02-28T23:59:59.999Z"},
        {INT64_C(951782400000000), "2000-02-29T00:00:00.000Z"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char out[CLOCK_ISO_MAX];
        clock_iso8601_ms(cases[i].us, out);
        assert_string_equal(out, cases[i].text);
    }
}

static void test_human_lengths_have_two_units_at_most(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "0 ms"},
        {350, "350 ms"},
        {1000, "1 s"},
        {1500, "1 s 500 ms"},
        {100000, "1 m 40 s"},
        {7500000, "2 h 5 m"},
        {7200000 + 59000, "2 h"},
        {86400000 + 3600000, "1 d 1 h"},
        {86400000 + 60000, "1 d"},
        {-350, "-350 ms"},
        {INT64_MAX, "106751991167 d 7 h"},
        {INT64_MIN, "-106751991167 d 7 h"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char out[CLOCK_ISO_MAX];
        assert_string_equal(clock_human_ms(cases[i].ms, out), cases[i].text);
    }
}

static void test_clocks_run_forward_and_agree_on_units(void **state)
{
    (void)state;
    int64_t us = clock_mono_us(), ms = clock_mono_ms();
    assert_true(us / 1000 <= ms);
    assert_true(clock_mono_us() / 1000 >= ms);
    int64_t boot = clock_boot_ms();
    assert_true(boot + 1 >= ms); /* it also counts what the machine slept */
    assert_true(clock_boot_ms() >= boot);
    int64_t before = (int64_t)time(NULL);
    int64_t wall = clock_wall_us() / 1000000;
    assert_true(wall >= before - 1 && wall <= (int64_t)time(NULL) + 1);
}

#define MIDDLE UINT32_C(0x80000000)

static void test_backoff_doubles_up_to_its_bound(void **state)
{
    (void)state;
    static const int64_t expected[] = {100, 200, 400, 800, 1600, 3200, 5000, 5000};
    for (int failures = 1; failures <= 8; failures++)
        assert_int_equal(clock_backoff_ms(failures, 100, 5000, 0, 12345), expected[failures - 1]);
    assert_int_equal(clock_backoff_ms(1000000, 100, 5000, 0, 0), 5000);
    assert_int_equal(clock_backoff_ms(1, 100, 50, 0, 0), 50);
    assert_int_equal(clock_backoff_ms(1000000, 0, 5000, 1, MIDDLE), 0);
}

static void test_backoff_jitter_stays_within_its_share(void **state)
{
    (void)state;
    assert_int_equal(clock_backoff_ms(1, 1000, 60000, 0.2, 0), 800);
    assert_int_equal(clock_backoff_ms(1, 1000, 60000, 0.2, UINT32_MAX), 1200);
    assert_int_equal(clock_backoff_ms(1, 1000, 60000, 0.2, MIDDLE), 1000);
    assert_int_equal(clock_backoff_ms(1, 1000, 60000, 1, 0), 0);
    int64_t last = 0;
    for (uint32_t step = 0; step < 1000; step++) {
        int64_t delay = clock_backoff_ms(4, 100, 60000, 0.5, step * (UINT32_MAX / 1000));
        assert_in_range(delay, 400, 1200);
        assert_true(delay >= last);
        last = delay;
    }
}

static void test_backoff_never_overflows(void **state)
{
    (void)state;
    assert_int_equal(clock_backoff_ms(100, 1, INT64_MAX, 1, UINT32_MAX), INT64_MAX);
    assert_true(clock_backoff_ms(64, INT64_MAX, INT64_MAX, 1, 0) >= 0);
    assert_true(clock_backoff_ms(63, 1, INT64_MAX, 0, 0) > INT64_C(1) << 61);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_iso8601_has_milliseconds_and_rounds_down),
        cmocka_unit_test(test_human_lengths_have_two_units_at_most),
        cmocka_unit_test(test_clocks_run_forward_and_agree_on_units),
        cmocka_unit_test(test_backoff_doubles_up_to_its_bound),
        cmocka_unit_test(test_backoff_jitter_stays_within_its_share),
        cmocka_unit_test(test_backoff_never_overflows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
