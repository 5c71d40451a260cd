/* How values look to people. */
#include "producer/table.h"
#include "tests/testing/testing.h"

static void values_are_shown_as_people_read_them(void **state)
{
    (void)state;
    static const struct {
        enum column_format cell;
        const char *value, *shown;
    } rows[] = {
        {FORMAT_TEXT, "a b", "a b"},
        {FORMAT_TEXT, NULL, "-"},
        {FORMAT_NUMBER, "1234567", "1,234,567"},
        {FORMAT_NUMBER, "", "-"},
        {FORMAT_NUMBER, "many", "many"},
        {FORMAT_BYTES, "2048", "2.0 KiB"},
        {FORMAT_AGO, "100000", "1 m 40 s ago"},
        {FORMAT_SECONDS, "0.35", "350 ms"},
        {FORMAT_SECONDS, "99.9", "1 m 40 s"},
        {FORMAT_DOLLARS, "2.37", "$2.37"},
        {FORMAT_DOLLARS, "0.26153885", "$0.2615"},
        {FORMAT_DOLLARS, "0", "$0.00"},
        {FORMAT_DOLLARS, "1010471.608725496", "$1,010,471.61"},
        {FORMAT_DOLLARS, "-12.5", "-$12.50"},
        {FORMAT_DOLLARS, "NaN", "NaN"},
        {FORMAT_PERCENT, "82.49", "82.5 %"},
        {FORMAT_CHANGE, "3", "+3.0 %"},
        {FORMAT_CHANGE, "-3.15", "-3.1 %"},
        {FORMAT_SCORE, "90", "90.0"},
        {FORMAT_BRIEF, "first line\nsecond", "first line…"},
        {FORMAT_BRIEF, "short", "short"},
        {FORMAT_BRIEF, "äöü", "äöü"},
        {FORMAT_BRIEF, "0123456789012345678901234567890123456789012345678901234567890",
         "012345678901234567890123456789012345678901234567890123456789…"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf text = BUF_INIT;
        column_format_add(&text, rows[i].cell, rows[i].value);
        assert_string_equal(text.data, rows[i].shown);
        buf_fini(&text);
    }
}

static void numbers_stand_at_the_right_edge(void **state)
{
    (void)state;
    assert_true(column_format_is_right(FORMAT_DOLLARS));
    assert_true(column_format_is_right(FORMAT_NUMBER));
    assert_false(column_format_is_right(FORMAT_TEXT));
    assert_false(column_format_is_right(FORMAT_BRIEF));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_shown_as_people_read_them),
        cmocka_unit_test(numbers_stand_at_the_right_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
