/* When a schedule is due: what was missed is one tick, and a clock that jumps fires nothing twice. */
#include "common/definitions/cron.h"

#include "tests/testing/testing.h"

#define MINUTE INT64_C(60000)
#define DAY (24 * 60 * MINUTE)
#define NOON (20000 * DAY + 720 * MINUTE)

static struct tick_rule every(int64_t ms)
{
    struct tick_rule rule;
    struct err_info error;
    assert_int_equal(tick_rule_read(ms, NULL, &rule, &error), ERR_OK);
    return rule;
}

static void ticks_of_every_are_multiples_since_1970(void **state)
{
    (void)state;
    struct tick_rule rule = every(MINUTE);
    assert_int_equal(tick_previous(&rule, NOON), NOON);
    assert_int_equal(tick_previous(&rule, NOON + MINUTE - 1), NOON);
    assert_int_equal(tick_next(&rule, NOON), NOON + MINUTE);
    assert_int_equal(tick_previous(&rule, -1), -MINUTE);
    assert_int_equal(tick_next(&rule, -1), 0);
}

static void cron_is_read_to_the_minute(void **state)
{
    (void)state;
    struct tick_rule rule;
    struct err_info error;
    assert_int_equal(tick_rule_read(0, "30 11 * * *", &rule, &error), ERR_OK);
    assert_int_equal(tick_previous(&rule, NOON + 999), NOON - 30 * MINUTE);
    assert_int_equal(tick_next(&rule, NOON), NOON - 30 * MINUTE + DAY);
    assert_int_equal(tick_rule_read(0, "30 11 * *", &rule, &error), ERR_USAGE);
    assert_int_equal(tick_rule_read(0, NULL, &rule, &error), ERR_USAGE);
}

static void what_was_missed_is_one_tick(void **state)
{
    (void)state;
    struct tick_rule rule = every(MINUTE);
    int64_t dealt = NOON - 300 * MINUTE;
    assert_int_equal(tick_due(&rule, NOON + 5, NOON - DAY, dealt), NOON);
    assert_int_equal(tick_due(&rule, NOON + 5, NOON - DAY, NOON), TICK_NONE);
    assert_int_equal(tick_due(&rule, NOON + 5, NOON - DAY, TICK_NONE), NOON);
}

static void ticks_before_the_schedule_are_not_its_own(void **state)
{
    (void)state;
    struct tick_rule rule = every(MINUTE);
    assert_int_equal(tick_due(&rule, NOON + 30, NOON + 10, TICK_NONE), TICK_NONE);
    assert_int_equal(tick_due(&rule, NOON + 30, NOON, TICK_NONE), TICK_NONE);
    assert_int_equal(tick_due(&rule, NOON + MINUTE, NOON + 10, TICK_NONE), NOON + MINUTE);
}

/* A clock that runs, is put forward by a day for ten minutes, back to where it was, and back by an hour more: the ticks
 * that fire are all different, at most one for each look, and once it runs on new ones come. */
static void a_clock_that_jumps_fires_no_tick_twice(void **state)
{
    (void)state;
    static const struct {
        int64_t from, to;
    } runs[] = {{0, 20 * MINUTE}, {DAY, DAY + 10 * MINUTE}, {30 * MINUTE, 60 * MINUTE}, {-30 * MINUTE, 90 * MINUTE}};
    struct tick_rule rule = every(MINUTE);
    int64_t fired[1000];
    size_t count = 0;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
        for (int64_t now = NOON + runs[i].from; now < NOON + runs[i].to; now += MINUTE / 3) {
            int64_t dealt = TICK_NONE; /* as the database answers: the last row that is not in the future */
            for (size_t k = 0; k < count; k++)
                if (fired[k] <= now && fired[k] > dealt)
                    dealt = fired[k];
            int64_t tick = tick_due(&rule, now, NOON - DAY, dealt);
            if (tick == TICK_NONE)
                continue;
            for (size_t k = 0; k < count; k++)
                assert_int_not_equal(fired[k], tick);
            assert_in_range(now - tick, 0, MINUTE - 1);
            fired[count++] = tick;
        }
    /* 20 before the jump, 10 in the day ahead, 30 after it, and of the last 120 minutes the 70 that are new. */
    assert_int_equal(count, 130);
}

/* The schedule was made while the clock was ahead: it does not wait for that time to come. */
static void a_beginning_in_the_future_is_no_beginning(void **state)
{
    (void)state;
    struct tick_rule rule = every(MINUTE);
    assert_int_equal(tick_due(&rule, NOON, NOON + 365 * DAY, TICK_NONE), NOON);
    assert_int_equal(tick_due(&rule, NOON, NOON + 365 * DAY, NOON), TICK_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_of_every_are_multiples_since_1970),
        cmocka_unit_test(cron_is_read_to_the_minute),
        cmocka_unit_test(what_was_missed_is_one_tick),
        cmocka_unit_test(ticks_before_the_schedule_are_not_its_own),
        cmocka_unit_test(a_clock_that_jumps_fires_no_tick_twice),
        cmocka_unit_test(a_beginning_in_the_future_is_no_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
