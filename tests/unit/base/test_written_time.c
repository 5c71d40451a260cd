/* Points in time as programs write them. */
#include "common/base/clock.h"

#include "tests/testing/testing.h"

static void times_are_read_with_and_without_zone(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t unix_us;
        int hour, weekday;
        bool has_time;
    } cases[] = {
        {"1970-01-01", 0, 0, 3, false},
        {"2025-01-15T14:30:00Z", 1736951400000000, 14, 2, true},
        {"2025-01-13T10:00:00", 1736762400000000, 10, 0, true},
        {"2025-12-10T10:33:03.064774", 1765362783064774, 10, 2, true},
        {"2025-12-10 10:33", 1765362780000000, 10, 2, true},
        {"2025-12-10T10:33:03+01:00", 1765359183000000, 10, 2, true},
        {"2025-12-10T23:33:03-0130", 1765414983000000, 23, 2, true},
        {"2025-12-10T10:33:03.1234567+00", 1765362783123456, 10, 2, true},
        {"2025-12-10t10:33:03,5z", 1765362783500000, 10, 2, true},
        {"2024-02-29T00:00:00Z", 1709164800000000, 0, 3, true},
        {"2000-03-01", 951868800000000, 0, 2, false},
        {"2025-01-15T23:30:00-08:00", 1737012600000000, 23, 2, true},
        {"2025-01-15 00:00:00.123456+0530", 1736879400123456, 0, 2, true},
        {"2000-02-29T12:00:00", 951825600000000, 12, 1, true},
        {"9999-12-31T23:59:59Z", 253402300799000000, 23, 4, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct written_time time = {0, 0, 0, false};
        if (!written_time_parse(cases[i].text, &time))
            fail_msg("%s: refused", cases[i].text);
        if (time.unix_us != cases[i].unix_us || time.hour != cases[i].hour || time.weekday != cases[i].weekday ||
            time.has_time != cases[i].has_time)
            fail_msg("%s: %lld, hour %d, weekday %d", cases[i].text, (long long)time.unix_us, time.hour, time.weekday);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "invalid",
        "2025",
        "2025-1-1",
        "2025-13-01",
        "2025-02-29",
        "2100-02-29",
        "2025-04-31",
        "2025-00-10",
        "2025-12-10T",
        "2025-12-10T24:00",
        "2025-12-10T10",
        "1969-12-31",
        "2025-12-10T10:60",
        "2025-12-10x",
        "2025-12-10T10:00:61",
        "2025-12-10T10:00:00.",
        "2025-12-10 ",
        "20251210",
        "2025-12-10T10:00+1",
        "2025-12-10T10:00Zx",
        "2025-12-10T10:00+25:00",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct written_time time;
        if (written_time_parse(texts[i], &time))
            fail_msg("\"%s\" was read", texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_with_and_without_zone),
        cmocka_unit_test(what_is_no_time_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
