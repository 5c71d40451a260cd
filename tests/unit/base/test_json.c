#include <string.h>

#include "common/base/json.h"
#include "tests/testing/testing.h"

#define BYTES(text) text, sizeof(text) - 1

static void test_what_is_not_json_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        int line, column;
        const char *words;
    } cases[] = {
        {BYTES(""), 1, 1, "found the end"},
        {BYTES("  \n "), 2, 2, "found the end"},
        {BYTES("{'a':1}"), 1, 2, "double quotes"},
        {BYTES("{\"a\":'b'}"), 1, 6, "a value"},
        {BYTES("{a:1}"), 1, 2, "double quotes"},
        {BYTES("{\"a\":1,}"), 1, 8, "a key"},
        {BYTES("[1,]"), 1, 4, "a value"},
        {BYTES("[,1]"), 1, 2, "a value"},
        {BYTES("[1 2]"), 1, 4, "',' or ']'"},
        {BYTES("{\"a\" 1}"), 1, 6, "':'"},
        {BYTES("{\"a\":1 \"b\":2}"), 1, 8, "',' or '}'"},
        {BYTES("{\"a\":1"), 1, 7, "found the end"},
        {BYTES("[1"), 1, 3, "found the end"},
        {BYTES("[1}"), 1, 3, "']'"},
        {BYTES("{\"a\":1}}"), 1, 8, "nothing after"},
        {BYTES("1 2"), 1, 3, "nothing after"},
        {BYTES("null\n\nnull"), 3, 1, "nothing after"},
        {BYTES("{\"a\":1,\n \"a\":2}"), 2, 2, "twice"},
        {BYTES("{\"a\":1,\"\\u0061\":2}"), 1, 8, "twice"},
        {BYTES("{\"a\":null,\"a\":null}"), 1, 11, "twice"},
        {BYTES("[9223372036854775808]"), 1, 2, "64 bits"},
        {BYTES("[-9223372036854775809]"), 1, 2, "64 bits"},
        {BYTES("18446744073709551615"), 1, 1, "64 bits"},
        {BYTES("1e400"), 1, 1, "too large"},
        {BYTES("-1e400"), 1, 1, "too large"},
        {BYTES("01"), 1, 1, "leading zero"},
        {BYTES("-01"), 1, 2, "leading zero"},
        {BYTES("+1"), 1, 1, "a value"},
        {BYTES("-"), 1, 2, "a digit"},
        {BYTES(".5"), 1, 1, "a value"},
        {BYTES("1."), 1, 3, "after the point"},
        {BYTES("1.e5"), 1, 3, "after the point"},
        {BYTES("1e"), 1, 3, "exponent"},
        {BYTES("1e+-5"), 1, 4, "exponent"},
        {BYTES("0x10"), 1, 2, "nothing after"},
        {BYTES("NaN"), 1, 1, "a value"},
        {BYTES("Infinity"), 1, 1, "a value"},
        {BYTES("-Infinity"), 1, 2, "a digit"},
        {BYTES("nul"), 1, 1, "a value"},
        {BYTES("True"), 1, 1, "a value"},
        {BYTES("nullx"), 1, 5, "nothing after"},
        {BYTES("\"abc"), 1, 1, "closing quote"},
        {BYTES("\"abc\\"), 1, 6, "after a backslash"},
        {BYTES("\"\\x41\""), 1, 3, "after a backslash"},
        {BYTES("\"\\'\""), 1, 3, "after a backslash"},
        {BYTES("\"\\u12g4\""), 1, 6, "hex"},
        {BYTES("\"\\u12"), 1, 6, "hex"},
        {BYTES("\"a\\u0000b\""), 1, 3, "NUL"},
        {BYTES("\"a\0b\""), 1, 3, "control character"},
        {BYTES("{\"a\\u0000\":1}"), 1, 4, "NUL"},
        {BYTES("\"a\nb\""), 1, 3, "control character"},
        {BYTES("\"\t\""), 1, 2, "control character"},
        {BYTES("\"\\ud800\""), 1, 2, "surrogate"},
        {BYTES("\"\\ud800x\""), 1, 2, "surrogate"},
        {BYTES("\"\\ud800\\u0041\""), 1, 2, "surrogate"},
        {BYTES("\"\\udc00\""), 1, 2, "surrogate"},
        {BYTES("\"\xc3\xa4\xff\""), 1, 3, "UTF-8"}, /* columns count characters */
        {BYTES("\"\xc0\xaf\""), 1, 2, "UTF-8"},
        {BYTES("\"\xed\xa0\x80\""), 1, 2, "UTF-8"},
        {BYTES("\"\xf4\x90\x80\x80\""), 1, 2, "UTF-8"},
        {BYTES("\"\xe2\x82"), 1, 2, "UTF-8"},
        {BYTES("\xef\xbb\xbf\xef\xbb\xbf{}"), 1, 1, "a value"}, /* one byte order mark is read over, not two */
        {BYTES("\xef\xbb\xbf"), 1, 1, "a value"},
        {BYTES("\xff\xfe"), 1, 1, "UTF-8"},
        {BYTES("// x\n1"), 1, 1, "a value"},
        {BYTES("[1, /* x */ 2]"), 1, 5, "a value"},
        {BYTES("1\0"), 1, 2, "nothing after"},
        {BYTES("1\x0b"), 1, 2, "nothing after"},
        {BYTES("\xc2\xa0"
               "1"),
         1, 1, "a value"}, /* a no-break space is not white space */
        {BYTES("{\r\n  \"a\": [\r\n    1,\r\n    x]}"), 4, 5, "found 'x'"},
        {BYTES("[\x1b[31m]"), 1, 2, "\\x1b"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json_object *value = (void *)&value;
        struct err_info error = {0};
        enum err err = json_parse(cases[i].bytes, cases[i].len, JSON_LIMITS_REQUEST, &value, &error);
        if (err != ERR_USAGE || error.line != cases[i].line || error.column != cases[i].column ||
            strstr(error.text, cases[i].words) == NULL)
            fail_msg("case %zu, %s: %d at %d:%d, %s", i, cases[i].bytes, (int)err, error.line, error.column,
                     error.text);
        assert_null(value);
        for (const char *c = error.text; *c != '\0'; c++)
            assert_false(*c > 0 && *c < 0x20);
    }
}

static void check_canonical(const char *bytes, size_t len, const char *expected)
{
    struct json_object *value = NULL;
    struct err_info error = {0};
    if (json_parse(bytes, len, JSON_LIMITS_REQUEST, &value, &error) != ERR_OK)
        fail_msg("%s: %s", bytes, error.text);
    struct buf buf = BUF_INIT;
    json_add_canonical(&buf, value);
    assert_string_equal(buf.data, expected);
    buf_fini(&buf);
    json_object_put(value);
}

static void test_json_is_read_and_written_in_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        const char *canonical;
    } cases[] = {
        {BYTES("null"), "null"},
        {BYTES(" \t\r\n true "), "true"},
        {BYTES("false"), "false"},
        {BYTES("\"\""), "\"\""},
        {BYTES("{}"), "{}"},
        {BYTES("[ ]"), "[]"},
        {BYTES("-0"), "0"},
        {BYTES("-0.0"), "0.0"},
        {BYTES("9223372036854775807"), "9223372036854775807"},
        {BYTES("-9223372036854775808"), "-9223372036854775808"},
        {BYTES("1.0"), "1.0"},
        {BYTES("1.50"), "1.5"},
        {BYTES("0.1"), "0.1"},
        {BYTES("1E2"), "1e+02"},
        {BYTES("1e-400"), "0.0"},
        {BYTES("0.30000000000000004"), "0.30000000000000004"},
        {BYTES("{\"b\":1, \"a\":[true ,null], \"B\":{\"y\":\"\",\"x\":-5}}"),
         "{\"B\":{\"x\":-5,\"y\":\"\"},\"a\":[true,null],\"b\":1}"},
        {BYTES("\"\\ud83d\\ude00\\u00e4\\/\\b\\f\\n\\r\\t\\\"\\\\\""),
         "\"\xf0\x9f\x98\x80\xc3\xa4/\\b\\f\\n\\r\\t\\\"\\\\\""},
        {BYTES("\"\\u0001\x7f\xc2\x9b\""), "\"\\u0001\\u007f\\u009b\""},
        {BYTES("{\"\":{\"\\\"\":1}}"), "{\"\":{\"\\\"\":1}}"},
        {BYTES("[[1],[2,[3]]]"), "[[1],[2,[3]]]"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_canonical(cases[i].bytes, cases[i].len, cases[i].canonical);
}

/* With which programs on Windows begin a file. */
static void test_a_byte_order_mark_is_read_over(void **state)
{
    (void)state;
    struct json_object *object = NULL;
    struct err_info error = {.code = ERR_OK};
    assert_int_equal(json_parse(BYTES("\xef\xbb\xbf{\"a\":1}"), (struct json_limits){100, 4}, &object, &error), ERR_OK);
    assert_int_equal(json_get_int(object, "a", 0), 1);
    json_object_put(object);
}

static void test_depth_and_size_are_bounded(void **state)
{
    (void)state;
    struct err_info error = {0};
    struct json_object *value = NULL;
    struct json_limits shallow = {100, 2};
    assert_int_equal(json_parse(BYTES("[[1]]"), shallow, &value, &error), ERR_OK);
    json_object_put(value);
    assert_int_equal(json_parse(BYTES("[[1],{\"a\":[]}]"), shallow, &value, &error), ERR_USAGE);
    assert_int_equal(error.column, 11);
    assert_non_null(strstr(error.text, "nested too deeply"));
    assert_int_equal(json_parse(BYTES("[1,[2],[3],[4]]"), shallow, &value, &error), ERR_OK);
    json_object_put(value);
    struct json_limits small = {5, 1};
    assert_int_equal(json_parse(BYTES("[123]"), small, &value, &error), ERR_OK);
    json_object_put(value);
    assert_int_equal(json_parse(BYTES("[123] "), small, &value, &error), ERR_USAGE);
    assert_int_equal(error.line, 0);
    assert_non_null(strstr(error.text, "at most 5"));
}

static void test_strings_that_are_not_utf8_are_mended_when_written(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT;
    json_add_string(&buf, BYTES("a\xff\xc3(\xed\xa0\x80\0z"));
    assert_string_equal(buf.data, "\"a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\\u0000z\"");
    assert_true(json_is_utf8(buf.data, buf.len));
    buf_fini(&buf);
}

static void test_utf8_follows_rfc_3629(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        bool valid;
    } cases[] = {
        {BYTES(""), true},
        {BYTES("a\0b"), true},
        {BYTES("\xc2\x80"), true},
        {BYTES("\xdf\xbf"), true},
        {BYTES("\xe0\xa0\x80"), true},
        {BYTES("\xed\x9f\xbf\xee\x80\x80"), true},
        {BYTES("\xf0\x90\x80\x80"), true},
        {BYTES("\xf4\x8f\xbf\xbf"), true},
        {BYTES("\x80"), false},
        {BYTES("\xc1\xbf"), false},
        {BYTES("\xe0\x9f\xbf"), false},
        {BYTES("\xed\xa0\x80"), false},
        {BYTES("\xed\xbf\xbf"), false},
        {BYTES("\xf0\x8f\xbf\xbf"), false},
        {BYTES("\xf4\x90\x80\x80"), false},
        {BYTES("\xf8\x88\x80\x80\x80"), false},
        {BYTES("\xe2\x82"), false},
        {BYTES("\xe2\x28\xa1"), false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (json_is_utf8(cases[i].bytes, cases[i].len) != cases[i].valid)
            fail_msg("case %zu", i);
}

static void test_lookups_give_the_default_for_what_is_not_there(void **state)
{
    (void)state;
    struct json_object *object = NULL;
    struct err_info error = {0};
    assert_int_equal(json_parse(BYTES("{\"s\":\"x\",\"i\":5,\"d\":2.5,\"b\":true,\"n\":null}"), JSON_LIMITS_REQUEST,
                                &object, &error),
                     ERR_OK);
    assert_string_equal(json_get_string(object, "s"), "x");
    assert_null(json_get_string(object, "i"));
    assert_null(json_get_string(object, "n"));
    assert_null(json_get_string(NULL, "s"));
    assert_int_equal(json_get_int(object, "i", -1), 5);
    assert_int_equal(json_get_int(object, "d", -1), -1);
    assert_int_equal(json_get_int(object, "s", -1), -1);
    assert_int_equal(json_get_int(object, "missing", -1), -1);
    assert_true(json_get_double(object, "d", 0) == 2.5);
    assert_true(json_get_double(object, "i", 0) == 5.0);
    assert_true(json_get_double(object, "b", 7) == 7.0);
    assert_true(json_get_bool(object, "b", false));
    assert_true(json_get_bool(object, "i", true));
    assert_null(json_get(object, "n"));
    assert_null(json_get(json_get(object, "s"), "s"));
    json_object_put(object);
}

static void test_unknown_keys_are_named_with_the_known_ones(void **state)
{
    (void)state;
    static const char *const allowed[] = {"definition", "args", NULL}, *const none[] = {NULL};
    struct json_object *object = NULL;
    struct err_info error = {0};
    assert_int_equal(json_parse(BYTES("{\"args\":{},\"defn\\u0007\":1}"), JSON_LIMITS_REQUEST, &object, &error),
                     ERR_OK);
    assert_int_equal(json_only_keys(object, allowed, &error), ERR_USAGE);
    assert_string_equal(error.text, "unknown key \"defn\\x07\"; allowed: definition, args");
    assert_int_equal(json_only_keys(object, none, &error), ERR_USAGE);
    json_object_object_del(object, "defn\a");
    assert_int_equal(json_only_keys(object, allowed, &error), ERR_OK);
    json_object_put(object);
    assert_int_equal(json_only_keys(NULL, allowed, &error), ERR_USAGE);
    assert_string_equal(error.text, "expected an object, found null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_not_json_is_refused_with_its_place),
        cmocka_unit_test(test_json_is_read_and_written_in_one_form),
        cmocka_unit_test(test_a_byte_order_mark_is_read_over),
        cmocka_unit_test(test_depth_and_size_are_bounded),
        cmocka_unit_test(test_strings_that_are_not_utf8_are_mended_when_written),
        cmocka_unit_test(test_utf8_follows_rfc_3629),
        cmocka_unit_test(test_lookups_give_the_default_for_what_is_not_there),
        cmocka_unit_test(test_unknown_keys_are_named_with_the_known_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
