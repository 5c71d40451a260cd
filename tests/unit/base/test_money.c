/* Money as whole nano-dollars: read from decimal text without a double in between, written for people and for SQL. */
#include "common/base/money.h"

#include <stdlib.h>
#include <string.h>

#include "tests/testing/testing.h"

#define UNTOUCHED 77

static void amounts_are_read_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t nusd;
    } cases[] = {
        {"0", 0},
        {"-0", 0},
        {"0.1", 100000000},
        {"2.37", 2370000000},
        {"0.26153885", 261538850},
        {"0.29345209999999994", 293452100},
        {"0.5626252500000001", 562625250},
        {"0.012252999999999998", 12253000},
        {"1e-9", 1},
        {"1.5E+1", 15000000000},
        {"12.5e-3", 12500000},
        {"0.0000000005", 1}, /* half away from zero */
        {"-0.0000000005", -1},
        {"0.00000000049999999999999999999999", 0},
        {"0.9999999995", 1000000000},
        {"999999999.999999999", MONEY_MAX_NUSD},
        {"-999999999.999999999", -MONEY_MAX_NUSD},
        {"0e999999999999999999999", 0},
        {"1e-999999999999999999999", 0},
        {"0.000000000000000000000000000000000000000001e42", 1000000000},
        {"100000000000000000000000000000000000000000e-41", 1000000000},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t nusd = UNTOUCHED;
        if (!money_parse(cases[i].text, strlen(cases[i].text), &nusd) || nusd != cases[i].nusd)
            fail_msg("%s: %lld", cases[i].text, (long long)nusd);
    }
}

static void what_is_no_amount_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",    "-",   "+1", ".5", "1.", "01",   "1e",  "1e+",   "1.5.2", "0x10", "1,5",
        "NaN", "inf", " 1", "1 ", "$1", "1e5x", "--1", "1_000", "1e-+",  "-.1",  "999999999.9999999995"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int64_t nusd = UNTOUCHED;
        if (money_parse(texts[i], strlen(texts[i]), &nusd) || nusd != UNTOUCHED)
            fail_msg("\"%s\" was read as %lld", texts[i], (long long)nusd);
    }
    int64_t nusd = UNTOUCHED;
    assert_false(money_parse("1e10", 4, &nusd));
    assert_false(money_parse("1e400", 5, &nusd));
    assert_true(money_parse("1e400", 1, &nusd)); /* the length counts, not a NUL */
    assert_int_equal(nusd, MONEY_NUSD_PER_USD);
}

static void numbers_are_read_at_any_scale(void **state)
{
    (void)state;
    int64_t number = UNTOUCHED;
    assert_true(money_parse_decimal("9223372036854775807", 19, 0, &number));
    assert_true(number == INT64_MAX);
    assert_false(money_parse_decimal("9223372036854775808", 19, 0, &number));
    assert_true(money_parse_decimal("12.0", 4, 0, &number));
    assert_int_equal(number, 12);
    assert_true(money_parse_decimal("12.5", 4, 0, &number));
    assert_int_equal(number, 13);
    assert_true(money_parse_decimal("1.2345", 6, 3, &number));
    assert_int_equal(number, 1235);
}

static void sums_are_checked(void **state)
{
    (void)state;
    int64_t sum = MONEY_MAX_NUSD - 1;
    assert_true(money_add(&sum, 1));
    assert_false(money_add(&sum, 1));
    assert_true(sum == MONEY_MAX_NUSD);
    assert_true(money_add(&sum, -MONEY_MAX_NUSD));
    assert_int_equal(sum, 0);
    sum = INT64_MAX;
    assert_false(money_add(&sum, INT64_MAX));
}

static void parts_are_rounded_half_away_from_zero(void **state)
{
    (void)state;
    assert_int_equal(money_divide(10, 4), 3);
    assert_int_equal(money_divide(-10, 4), -3);
    assert_int_equal(money_divide(9, 4), 2);
    assert_int_equal(money_divide(-9, 4), -2);
    assert_int_equal(money_divide(2, 3), 1);
    assert_int_equal(money_divide(1, 3), 0);
    assert_true(money_divide(5, 0) == MONEY_UNKNOWN);
    assert_true(money_divide(MONEY_UNKNOWN, 5) == MONEY_UNKNOWN);
}

static void amounts_are_written_for_people_and_for_sql(void **state)
{
    (void)state;
    static const struct {
        int64_t nusd;
        const char *text, *decimal;
    } cases[] = {
        {0, "$0.00", "0"},
        {2370000000, "$2.37", "2.37"},
        {12000, "$0.000012", "0.000012"},
        {5000000000, "$5.00", "5"},
        {1, "$0.000000001", "0.000000001"},
        {-1500000000, "-$1.50", "-1.5"},
        {-1, "-$0.000000001", "-0.000000001"},
        {MONEY_MAX_NUSD, "$999999999.999999999", "999999999.999999999"},
        {MONEY_UNKNOWN, "unknown", "null"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf text = BUF_INIT, decimal = BUF_INIT;
        money_add_text(&text, cases[i].nusd);
        money_add_decimal(&decimal, cases[i].nusd);
        assert_string_equal(text.data, cases[i].text);
        assert_string_equal(decimal.data, cases[i].decimal);
        buf_fini(&text);
        buf_fini(&decimal);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_are_read_exactly),
        cmocka_unit_test(what_is_no_amount_is_refused),
        cmocka_unit_test(numbers_are_read_at_any_scale),
        cmocka_unit_test(sums_are_checked),
        cmocka_unit_test(parts_are_rounded_half_away_from_zero),
        cmocka_unit_test(amounts_are_written_for_people_and_for_sql),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
