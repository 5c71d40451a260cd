/* Aligned columns, and what goes into them. */
#include <locale.h>
#include <string.h>

#include <stdio.h>

#include "producer/out.h"
#include "producer/table.h"
#include "tests/testing/testing.h"

static struct table *two_columns(void)
{
    struct table *table = table_new();
    table_column(table, "NAME", TABLE_LEFT);
    table_column(table, "N", TABLE_RIGHT);
    return table;
}

static void expect(struct table *table, const char *expected)
{
    struct buf text = BUF_INIT;
    table_write(table, &text);
    assert_string_equal(text.data, expected);
    buf_fini(&text);
    table_drop(table);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
    (void)state;
    struct table *table = two_columns();
    const char *const cells[] = {"a", "1,000", "longer", "7"};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        table_cell(table, cells[i]);
    expect(table, "NAME        N\na       1,000\nlonger      7\n");
}

static void wide_characters_take_two_columns(void **state)
{
    (void)state;
    struct table *table = two_columns();
    table_cell(table, "日本");
    table_cell(table, "1");
    table_cell(table, "e\xCC\x81");
    table_cell(table, "2");
    expect(table, "NAME  N\n日本  1\ne\xCC\x81     2\n");
}

static void no_line_ends_in_a_space_and_nothing_is_a_dash(void **state)
{
    (void)state;
    struct table *table = table_new();
    table_column(table, "A", TABLE_LEFT);
    table_column(table, "LAST", TABLE_LEFT);
    table_cell(table, NULL);
    table_cell(table, "");
    expect(table, "A  LAST\n-  -\n");
}

static void a_table_without_rows_is_its_titles(void **state)
{
    (void)state;
    expect(two_columns(), "NAME  N\n");
}

static void cells_cannot_move_the_cursor(void **state)
{
    (void)state;
    struct table *table = two_columns();
    table_cell(table, "x\x1b[2J\n\xff");
    table_cell(table, "1");
    expect(table, "NAME              N\nx\\x1b[2J\\x0a\\xff  1\n");
}

static void json_stays_json_without_control_characters(void **state)
{
    (void)state;
    char shown[200] = "";
    FILE *kept = stdout;
    struct json_object *document = json_object_new_object();
    json_object_object_add(document, "a",
                           json_object_new_string("\xC2\x9B"
                                                  "31m\x7F\xE2\x80\xAE"
                                                  "é日"));
    stdout = fmemopen(shown, sizeof shown, "w");
    out_json(document);
    fclose(stdout);
    stdout = kept;
    assert_string_equal(shown, "{\"a\":\"\\u009b31m\\u007f\\u202eé日\"}\n");
}

static void expect_bytes(int64_t bytes, const char *expected)
{
    struct buf text = BUF_INIT;
    out_add_bytes(&text, bytes);
    assert_string_equal(text.data, expected);
    buf_fini(&text);
}

static void expect_count(int64_t count, const char *expected)
{
    struct buf text = BUF_INIT;
    out_add_count(&text, count);
    assert_string_equal(text.data, expected);
    buf_fini(&text);
}

static void numbers_are_for_people(void **state)
{
    (void)state;
    expect_count(0, "0");
    expect_count(999, "999");
    expect_count(1000, "1,000");
    expect_count(-1234567, "-1,234,567");
    expect_count(INT64_MIN, "-9,223,372,036,854,775,808");
    expect_bytes(0, "0 B");
    expect_bytes(1023, "1023 B");
    expect_bytes(1536, "1.5 KiB");
    expect_bytes(INT64_C(5) << 40, "5.0 TiB");
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
        cmocka_unit_test(wide_characters_take_two_columns),
        cmocka_unit_test(no_line_ends_in_a_space_and_nothing_is_a_dash),
        cmocka_unit_test(a_table_without_rows_is_its_titles),
        cmocka_unit_test(cells_cannot_move_the_cursor),
        cmocka_unit_test(json_stays_json_without_control_characters),
        cmocka_unit_test(numbers_are_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
