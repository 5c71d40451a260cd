#include <string.h>

#include "common/base/clock.h"
#include "tests/testing/testing.h"

#define UNTOUCHED INT64_C(-7)

struct reading {
    const char *text;
    int64_t value; /* UNTOUCHED = refused */
};

typedef enum err (*parser)(const char *text, int64_t *value, struct err_info *error);

static void check_all(parser parse, const struct reading *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t value = UNTOUCHED;
        struct err_info error = {0};
        enum err err = parse(cases[i].text, &value, &error);
        if (value != cases[i].value)
            fail_msg("\"%s\": %lld", cases[i].text, (long long)value);
        assert_int_equal(err, cases[i].value == UNTOUCHED ? ERR_USAGE : ERR_OK);
    }
}

static void test_durations(void **state)
{
    (void)state;
    static const struct reading cases[] = {
        {"0s", 0},
        {"250ms", 250},
        {"15m", 900000},
        {"1h30m", 5400000},
        {"1d2h3m4s5ms", 93784005},
        {"90s", 90000},
        {"007s", 7000},
        {"366d", INT64_C(31622400000)},
        {"366d1ms", UNTOUCHED},
        {"367d", UNTOUCHED},
        {"9223372036854775807d", UNTOUCHED},
        {"9223372036854775808ms", UNTOUCHED},
        {"31622400001ms", UNTOUCHED},
        {"", UNTOUCHED},
        {"0", UNTOUCHED},
        {"5", UNTOUCHED},
        {"1h5", UNTOUCHED},
        {"h", UNTOUCHED},
        {"-1s", UNTOUCHED},
        {"+1s", UNTOUCHED},
        {"1.5h", UNTOUCHED},
        {" 1s", UNTOUCHED},
        {"1s ", UNTOUCHED},
        {"1 s", UNTOUCHED},
        {"30m1h", UNTOUCHED},
        {"1s1s", UNTOUCHED},
        {"1ms1s", UNTOUCHED},
        {"1S", UNTOUCHED},
        {"1sec", UNTOUCHED},
        {"1w", UNTOUCHED},
        {"1e3s", UNTOUCHED},
        {"0x1s", UNTOUCHED},
    };
    check_all(duration_parse, cases, sizeof(cases) / sizeof(cases[0]));
}

static void test_sizes(void **state)
{
    (void)state;
    static const struct reading cases[] = {
        {"0", 0},
        {"1048576", 1048576},
        {"17B", 17},
        {"4KiB", 4096},
        {"32MiB", 33554432},
        {"2GiB", INT64_C(2147483648)},
        {"9223372036854775807", INT64_MAX},
        {"8589934591GiB", INT64_C(8589934591) << 30},
        {"8589934592GiB", UNTOUCHED},
        {"9223372036854775808", UNTOUCHED},
        {"99999999999999999999", UNTOUCHED},
        {"", UNTOUCHED},
        {"KiB", UNTOUCHED},
        {"-1", UNTOUCHED},
        {"+1", UNTOUCHED},
        {"1.5MiB", UNTOUCHED},
        {"4kib", UNTOUCHED},
        {"4KB", UNTOUCHED},
        {"4K", UNTOUCHED},
        {"4 KiB", UNTOUCHED},
        {"4KiB ", UNTOUCHED},
        {"4KiB4", UNTOUCHED},
    };
    check_all(size_parse, cases, sizeof(cases) / sizeof(cases[0]));
}

static void test_error_names_the_text_and_what_would_do(void **state)
{
    (void)state;
    struct err_info error = {0};
    int64_t value;
    assert_int_equal(duration_parse("soon\x1b", &value, &error), ERR_USAGE);
    assert_non_null(strstr(error.text, "\"soon\\x1b\""));
    assert_non_null(strstr(error.text, "1h30m"));
    assert_int_equal(size_parse("big", &value, &error), ERR_USAGE);
    assert_non_null(strstr(error.text, "\"big\""));
    assert_non_null(strstr(error.text, "32MiB"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_error_names_the_text_and_what_would_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
