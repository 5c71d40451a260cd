/* How values look to people. */
#include "producer/cell.h"
#include "tests/testing/testing.h"

static void values_are_shown_as_people_read_them(void **state)
{
    (void)state;
    static const struct {
        enum cell cell;
        const char *value, *shown;
    } rows[] = {
        {CELL_TEXT, "a b", "a b"},
        {CELL_TEXT, NULL, "-"},
        {CELL_NUMBER, "1234567", "1,234,567"},
        {CELL_NUMBER, "", "-"},
        {CELL_NUMBER, "many", "many"},
        {CELL_BYTES, "2048", "2.0 KiB"},
        {CELL_AGO, "100000", "1 m 40 s ago"},
        {CELL_SECONDS, "0.35", "350 ms"},
        {CELL_SECONDS, "99.9", "1 m 40 s"},
        {CELL_DOLLARS, "2.37", "$2.37"},
        {CELL_DOLLARS, "0.26153885", "$0.2615"},
        {CELL_DOLLARS, "0", "$0.00"},
        {CELL_DOLLARS, "1010471.608725496", "$1,010,471.61"},
        {CELL_DOLLARS, "-12.5", "-$12.50"},
        {CELL_DOLLARS, "NaN", "NaN"},
        {CELL_PERCENT, "82.49", "82.5 %"},
        {CELL_CHANGE, "3", "+3.0 %"},
        {CELL_CHANGE, "-3.15", "-3.1 %"},
        {CELL_SCORE, "90", "90.0"},
        {CELL_BRIEF, "first line\nsecond", "first line…"},
        {CELL_BRIEF, "short", "short"},
        {CELL_BRIEF, "äöü", "äöü"},
        {CELL_BRIEF, "0123456789012345678901234567890123456789012345678901234567890",
         "012345678901234567890123456789012345678901234567890123456789…"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf text = BUF_INIT;
        cell_add(&text, rows[i].cell, rows[i].value);
        assert_string_equal(text.data, rows[i].shown);
        buf_fini(&text);
    }
}

static void numbers_stand_at_the_right_edge(void **state)
{
    (void)state;
    assert_true(cell_is_right(CELL_DOLLARS));
    assert_true(cell_is_right(CELL_NUMBER));
    assert_false(cell_is_right(CELL_TEXT));
    assert_false(cell_is_right(CELL_BRIEF));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_shown_as_people_read_them),
        cmocka_unit_test(numbers_stand_at_the_right_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
