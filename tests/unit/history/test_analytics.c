/* Shares of nothing, trends from nothing, hours that tie. */
#include "tests/testing/testing.h"

#include "common/history/analytics.h"

static void a_percentage_of_nothing_is_0(void **state)
{
    (void)state;
    assert_true(analytics_percent(1, 4) == 25.0);
    assert_true(analytics_percent(0, 0) == 0.0);
}

static void there_is_no_trend_from_nothing(void **state)
{
    (void)state;
    double percent = 7;
    assert_false(analytics_trend_percent(5, 0, &percent));
    assert_true(percent == 7.0);
    assert_true(analytics_trend_percent(5, 4, &percent));
    assert_true(percent == 25.0);
    assert_true(analytics_trend_percent(0, 4, &percent));
    assert_true(percent == -100.0);
}

static void peaks_are_the_three_fullest_hours(void **state)
{
    (void)state;
    int64_t runs[ANALYTICS_HOURS] = {0};
    int peaks[ANALYTICS_PEAKS];
    assert_int_equal(analytics_peak_hours(runs, peaks), 0);
    runs[9] = 5;
    assert_int_equal(analytics_peak_hours(runs, peaks), 1);
    assert_int_equal(peaks[0], 9);
    runs[3] = 5;
    runs[23] = 8;
    runs[0] = 1;
    assert_int_equal(analytics_peak_hours(runs, peaks), 3);
    assert_int_equal(peaks[0], 23);
    assert_int_equal(peaks[1], 3);
    assert_int_equal(peaks[2], 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_percentage_of_nothing_is_0),
        cmocka_unit_test(there_is_no_trend_from_nothing),
        cmocka_unit_test(peaks_are_the_three_fullest_hours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
