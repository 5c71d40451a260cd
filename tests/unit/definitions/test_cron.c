/* Cron: what is read, what is refused and why, and the ticks around a time. A second implementation is compared with it
 * over years by check_cron.py. */
#include "common/definitions/cron.h"

#include <string.h>
#include <time.h>

#include "tests/testing/testing.h"

#define SATURDAY "2026-11-21 15:40:30"

static int64_t seconds(const char *text)
{
    struct tm tm = {0};
    assert_non_null(strptime(text, "%Y-%m-%d %H:%M:%S", &tm));
    return timegm(&tm);
}

static struct cron read_cron(const char *text)
{
    struct cron cron;
    struct err_info error;
    if (cron_parse(text, &cron, &error))
        fail_msg("%s", error.text);
    return cron;
}

static void ticks_are_found_on_both_sides(void **state)
{
    (void)state;
    static const struct {
        const char *cron, *at, *previous, *next;
    } rows[] = {
        {"* * * * *", SATURDAY, "2026-11-21 15:40:00", "2026-11-21 15:41:00"},
        {"* * * * *", "2026-11-21 15:40:00", "2026-11-21 15:40:00", "2026-11-21 15:41:00"},
        {"0 3 * * *", SATURDAY, "2026-11-21 03:00:00", "2026-11-22 03:00:00"},
        {"59 23 31 12 *", SATURDAY, "2025-12-31 23:59:00", "2026-12-31 23:59:00"},
        {"*/20 9-17/4 * * mon-FRI", SATURDAY, "2026-11-20 17:40:00", "2026-11-23 09:00:00"},
        {"0 0 * Feb,jul 7", SATURDAY, "2026-07-26 00:00:00", "2027-02-07 00:00:00"},
        {"5,50 0 * * 0-7", SATURDAY, "2026-11-21 00:50:00", "2026-11-22 00:05:00"},
        /* Both days restricted: either will do. One begins with a star: both must hold. */
        {"0 12 1 * 1", SATURDAY, "2026-11-16 12:00:00", "2026-11-23 12:00:00"},
        {"0 12 1 * */7", SATURDAY, "2026-11-01 12:00:00", "2027-08-01 12:00:00"},
        {"0 0 29 2 *", "2096-03-01 00:00:00", "2096-02-29 00:00:00", "2104-02-29 00:00:00"},
        {"0 0 29 2 */7", "2080-01-01 00:00:00", "2060-02-29 00:00:00", "2088-02-29 00:00:00"},
        {"30 6 31 * *", "2026-03-01 00:00:00", "2026-01-31 06:30:00", "2026-03-31 06:30:00"},
        {"0 0 1 1 *", "1969-12-31 23:59:59", "1969-01-01 00:00:00", "1970-01-01 00:00:00"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cron cron = read_cron(rows[i].cron);
        int64_t at = seconds(rows[i].at);
        if (cron_previous(&cron, at) != seconds(rows[i].previous) || cron_next(&cron, at) != seconds(rows[i].next))
            fail_msg("%s at %s: %lld and %lld", rows[i].cron, rows[i].at, (long long)cron_previous(&cron, at),
                     (long long)cron_next(&cron, at));
    }
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *cron, *why;
    } rows[] = {
        {"", "\"\" has 0"},
        {"* * * *", "has 4"},
        {"* * * * * *", "has 6"},
        {"60 * * * *", "the minute, at \"60\", must be 0 to 59"},
        {"* 24 * * *", "the hour, at \"24\", must be 0 to 23"},
        {"* * 0 * *", "the day, at \"\", is below"},
        {"* * 32 * *", "the day, at \"32\", must be 1 to 31"},
        {"* * * 13 *", "the month, at \"13\", must be 1 to 12 or a name"},
        {"* * * * 8", "the weekday, at \"8\", must be 0 to 7 or a name"},
        {"* * * MON *", "the month, at \"MON\""},
        {"* * * JANUARY *", "has something behind"},
        {"5-1 * * * *", "ends before it begins"},
        {"1-2-3 * * * *", "the minute, at \"-3\", has something behind"},
        {"5/15 * * * *", "step of a single value"},
        {"*/0 * * * *", "step of 0"},
        {"*/ * * * *", "the minute, at \"\", must be"},
        {"1,,2 * * * *", "the minute, at \",2\", must be"},
        {"1, * * * *", "the minute, at \"\", must be"},
        {"0001 * * * *", "the minute, at \"1\", has something behind"},
        {"0 0 30 2 *", "no year has"},
        {"0 0 31 4,6,9,11 *", "no year has"},
        {"* * * * ; rm", "has 6"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cron cron;
        struct err_info error = {.code = ERR_OK};
        assert_int_equal(cron_parse(rows[i].cron, &cron, &error), ERR_USAGE);
        if (strstr(error.text, rows[i].why) == NULL)
            fail_msg("\"%s\": \"%s\" is not in: %s", rows[i].cron, rows[i].why, error.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_are_found_on_both_sides),
        cmocka_unit_test(what_is_wrong_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
