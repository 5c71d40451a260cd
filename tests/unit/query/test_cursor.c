#include <stdlib.h>
#include <string.h>

#include "common/query/page.h"
#include "tests/testing/testing.h"

static void keys_come_back_as_they_were(void **state)
{
    (void)state;
    char *keys[] = {"2026-11-21 15:00:00.123456+00", NULL, "", "ä\"\\\n"};
    struct cursor written = {.count = 4}, read;
    memcpy(written.keys, keys, sizeof keys);
    char *text = cursor_write("apps by name", &written);
    assert_true(cursor_read(text, "apps by name", 4, &read));
    assert_int_equal(read.count, 4);
    assert_null(read.keys[1]);
    for (int i = 0; i < 4; i++)
        if (i != 1)
            assert_string_equal(read.keys[i], keys[i]);
    cursor_fini(&read);
    free(text);
}

static void a_cursor_is_for_one_list(void **state)
{
    (void)state;
    char *keys[] = {"1"};
    struct cursor written = {.count = 1}, read;
    memcpy(written.keys, keys, sizeof keys);
    char *text = cursor_write("apps", &written);
    assert_false(cursor_read(text, "operations", 1, &read));
    assert_false(cursor_read(text, "apps", 2, &read));
    assert_true(cursor_read(text, "apps", 1, &read));
    cursor_fini(&read);
    free(text);
}

static void what_no_list_wrote_is_refused(void **state)
{
    (void)state;
    /* Also: [ "apps", 1 ], [ "apps" ], { }, a string with NUL in it. */
    static const char *const bad[] = {"",
                                      "x",
                                      "5b5",
                                      "zz",
                                      "5b2261707073222c315d",
                                      "5b2261707073225d",
                                      "7b7d",
                                      "5b5d",
                                      "6e756c6c",
                                      "5b2261707073222c225c7530303030225d"};
    struct cursor read;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(cursor_read(bad[i], "apps", 1, &read));
    char *longest = malloc(CURSOR_TEXT_MAX + 2);
    memset(longest, '5', CURSOR_TEXT_MAX + 1);
    longest[CURSOR_TEXT_MAX + 1] = '\0';
    assert_false(cursor_read(longest, "apps", 1, &read));
    free(longest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_come_back_as_they_were),
        cmocka_unit_test(a_cursor_is_for_one_list),
        cmocka_unit_test(what_no_list_wrote_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
