/* Which names of files are odd. */
#include "common/deliveries/content.h"

#include <string.h>

#include "tests/testing/testing.h"

static void backslashes_and_control_characters_are_odd(void **state)
{
    (void)state;
    static const char *const odd[] = {"a\\b",   "a\nb",       "a\rb", "\x1b[2J", "a\tb",
                                      "x/\x7f", "\xc2\x9b[m", "\x01", "\xff"};
    static const char *const plain[] = {"a", "a b/ü世界.md", "..a", "-x", "a:b*?\"<>|", "\xc2\xa0", "$(id)", ""};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        assert_true(file_name_is_odd(odd[i], strlen(odd[i])));
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        assert_false(file_name_is_odd(plain[i], strlen(plain[i])));
    assert_true(file_name_is_odd("a\0b", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(backslashes_and_control_characters_are_odd)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
