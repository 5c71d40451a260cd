#include <string.h>

#include "common/base/err.h"
#include "tests/testing/testing.h"

static void test_set_replaces_all_that_was_there(void **state)
{
    (void)state;
    struct err_info info = {.code = ERR_RETRY, .sqlstate = "40001", .retry_after_ms = 5, .line = 1, .column = 2};
    assert_int_equal(err_set(&info, ERR_NOT_FOUND, "no app %s", "app_1"), ERR_NOT_FOUND);
    assert_int_equal(info.code, ERR_NOT_FOUND);
    assert_string_equal(info.text, "no app app_1");
    assert_string_equal(info.sqlstate, "");
    assert_int_equal(info.retry_after_ms, 0);
    assert_int_equal(info.line, 0);
    assert_int_equal(info.column, 0);
}

static void test_set_may_quote_its_own_old_text(void **state)
{
    (void)state;
    struct err_info info = {0};
    err_set(&info, ERR_RETRY, "deadlock");
    err_set(&info, ERR_PERMANENT, "after 3 tries: %s", info.text);
    assert_string_equal(info.text, "after 3 tries: deadlock");
}

static void test_prefix_keeps_code_and_details(void **state)
{
    (void)state;
    struct err_info info = {0};
    err_set(&info, ERR_USAGE, "expected a value");
    info.line = 3;
    assert_int_equal(err_prefix(&info, "file %d", 7), ERR_USAGE);
    assert_string_equal(info.text, "file 7: expected a value");
    assert_int_equal(info.line, 3);
}

static void test_control_characters_are_written_out(void **state)
{
    (void)state;
    static const struct {
        const char *given, *expected;
    } cases[] = {
        {"a\x1b[2Jb", "a\\x1b[2Jb"},
        {"line\nbreak\r\t", "line\\x0abreak\\x0d\\x09"},
        {"\x7f", "\\x7f"},
        {"\xc2\x9b[31m", "\\xc2\\x9b[31m"},                     /* C1 as UTF-8 */
        {"\x9b[31m", "\\x9b[31m"},                              /* C1 as a byte */
        {"\xe2\x80\xae txt", "\\xe2\\x80\\xae txt"},            /* right-to-left override */
        {"gr\xc3\xbc\xc3\x9f dich", "gr\xc3\xbc\xc3\x9f dich"}, /* letters stay */
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},                    /* a surrogate */
        {"\xc0\x8a", "\\xc0\\x8a"},                             /* an overlong line feed */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err_info info = {0};
        err_set(&info, ERR_USAGE, "%s", cases[i].given);
        assert_string_equal(info.text, cases[i].expected);
        err_set(&info, ERR_USAGE, "x");
        err_prefix(&info, "%s", cases[i].given);
        assert_memory_equal(info.text, cases[i].expected, strlen(cases[i].expected));
    }
}

static void test_long_text_is_cut_between_characters(void **state)
{
    (void)state;
    char many[2 * ERR_TEXT_MAX];
    for (size_t i = 0; i + 1 < sizeof(many); i += 2)
        memcpy(many + i, "\xc3\xa4", 2);
    many[sizeof(many) - 2] = '\0';
    struct err_info info = {0};
    err_set(&info, ERR_USAGE, "end");
    err_prefix(&info, "x%s", many);
    size_t len = strlen(info.text);
    assert_in_range(len, ERR_TEXT_MAX - 8, ERR_TEXT_MAX - 1);
    err_set(&info, ERR_USAGE, "%.1000s", many);
    err_prefix(&info, "abc%.20s", many);
    len = strlen(info.text);
    assert_in_range(len, ERR_TEXT_MAX - 3, ERR_TEXT_MAX - 1);
    assert_int_equal((uint8_t)info.text[len - 1], 0xa4);
}

static void test_every_class_has_a_name_and_an_exit_code(void **state)
{
    (void)state;
    static const struct {
        enum err code;
        const char *name;
        int exit_code;
    } cases[] = {{ERR_OK, "ok", 0},
                 {ERR_USAGE, "usage", 2},
                 {ERR_NOT_FOUND, "not_found", 3},
                 {ERR_CONFLICT, "conflict", 4},
                 {ERR_UNREACHABLE, "unreachable", 5},
                 {ERR_RETRY, "retry", 1},
                 {ERR_PERMANENT, "permanent", 1},
                 {ERR_FENCED, "fenced", 4},
                 {ERR_BUSY, "busy", 4},
                 {ERR_INTERRUPTED, "interrupted", 130},
                 {ERR_LOCAL, "local", 1}};
    assert_int_equal(sizeof(cases) / sizeof(cases[0]), ERR_COUNT);
    for (size_t i = 0; i < ERR_COUNT; i++) {
        assert_string_equal(err_name(cases[i].code), cases[i].name);
        assert_int_equal(err_exit_code(cases[i].code), cases[i].exit_code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_replaces_all_that_was_there),
        cmocka_unit_test(test_set_may_quote_its_own_old_text),
        cmocka_unit_test(test_prefix_keeps_code_and_details),
        cmocka_unit_test(test_control_characters_are_written_out),
        cmocka_unit_test(test_long_text_is_cut_between_characters),
        cmocka_unit_test(test_every_class_has_a_name_and_an_exit_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
