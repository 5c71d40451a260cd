/* The hour and weekday as written, of times that exist. */
#include "tests/testing/testing.h"

#include <string.h>

#include "common/history/local_hour.h"

static void assert_hour(const char *text, int hour, int day)
{
    struct local_hour found = local_hour_of(text, strlen(text));
    assert_int_equal(found.hour_of_day, hour);
    assert_int_equal(found.day_of_week, day);
}

static void the_written_hour_counts_whatever_the_zone(void **state)
{
    (void)state;
    assert_hour("2025-01-15T14:30:00Z", 14, 2);
    assert_hour("2025-01-15T23:30:00-08:00", 23, 2);
    assert_hour("2025-01-15 00:00:00.123456+0530", 0, 2);
    assert_hour("2025-01-19T09:05", 9, 6);
    assert_hour("2025-01-20", 0, 0);
    assert_hour("2024-02-29T12:00:00+02", 12, 3);
    assert_hour("2000-02-29T12:00:00", 12, 1);
    assert_hour("0001-01-01T00:00:00", 0, 0);
    assert_hour("9999-12-31T23:59:59", 23, 4);
}

static void anything_else_is_unknown(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "invalid",
                                        "2025-02-29T12:00",
                                        "1900-02-29",
                                        "2025-13-01",
                                        "2025-00-10",
                                        "2025-01-00",
                                        "0000-01-01",
                                        "2025-01-15T24:00",
                                        "2025-01-15T14:60",
                                        "2025-01-15T14",
                                        "2025-01-15T14:30:00.",
                                        "2025-01-15T",
                                        "2025-1-15",
                                        "2025-01-15T14:30 ",
                                        "2025-01-15T14:30:00+",
                                        "2025-01-15T14:30:00Zx",
                                        "1736951400"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_hour(texts[i], LOCAL_HOUR_UNKNOWN, LOCAL_HOUR_UNKNOWN);
    assert_int_equal(local_hour_of(NULL, 0).hour_of_day, LOCAL_HOUR_UNKNOWN);
    assert_int_equal(local_hour_of("2025-01-15\0", 11).day_of_week, LOCAL_HOUR_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_written_hour_counts_whatever_the_zone),
        cmocka_unit_test(anything_else_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
