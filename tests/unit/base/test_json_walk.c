/* A walk over JSON: what it finds, what it refuses and where, and its strings. */
#include "common/base/json_walk.h"

#include <stdlib.h>
#include <string.h>

#include "tests/testing/testing.h"

#define DEPTH 8

struct found {
    struct json_slice text, number;
    bool flag;
};

static bool read_flag(struct json_walk *walk, void *into)
{
    return json_walk_bool(walk, into);
}

static bool read_string(struct json_walk *walk, void *into)
{
    return json_walk_string(walk, into);
}

static bool read_number(struct json_walk *walk, void *into)
{
    return json_walk_number(walk, into);
}

static const struct json_walk_field fields[] = {
    {"text", read_string, offsetof(struct found, text)},
    {"number", read_number, offsetof(struct found, number)},
    {"flag", read_flag, offsetof(struct found, flag)},
};

static bool walk_fields(struct json_walk *walk, const char *json, struct found *found)
{
    json_walk_init(walk, json, strlen(json), DEPTH);
    return json_walk_fields(walk, fields, sizeof(fields) / sizeof(fields[0]), found) && json_walk_end(walk);
}

static void named_members_are_found_and_others_passed_over(void **state)
{
    (void)state;
    struct json_walk walk;
    struct found found = {.flag = false};
    assert_true(
        walk_fields(&walk,
                    " { \"x\" : [1, {\"text\": \"no\"}, [ ], null] , \"t\\u0065xt\":\"a\\n\\u00e9\\ud83d\\ude00\", "
                    "\"number\":-1.50e+3,\"flag\":true, \"y\": {} }\n",
                    &found));
    char *text = json_slice_text(&found.text);
    assert_string_equal(text, "a\n\xc3\xa9\xf0\x9f\x98\x80");
    free(text);
    assert_int_equal(found.number.len, 8);
    assert_memory_equal(found.number.bytes, "-1.50e+3", 8);
    assert_true(found.flag);
}

static void errors_have_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        int line, column;
        const char *words;
    } cases[] = {
        {"", 1, 1, "expected a value, found the end"},
        {"{", 1, 2, "expected a key"},
        {"{\"a\"", 1, 5, "expected ':'"},
        {"{\"a\":1", 1, 7, "expected ',' or '}'"},
        {"{\"a\":1,}", 1, 8, "expected a key"},
        {"{\"a\":[1,]}", 1, 9, "expected a value"},
        {"{\"a\":[1 2]}", 1, 9, "expected ',' or ']'"},
        {"{\"a\":01}", 1, 6, "leading zero"},
        {"{\"a\":1.}", 1, 8, "expected a digit"},
        {"{\"a\":-}", 1, 7, "expected a digit"},
        {"{\"a\":+1}", 1, 6, "expected a value"},
        {"{\"a\":nul}", 1, 6, "expected a value"},
        {"{\"a\":'x'}", 1, 6, "expected a value"},
        {"{\"a\":\"x}", 1, 6, "closing quote"},
        {"{\"a\":\"\\x\"}", 1, 8, "after a backslash"},
        {"{\"a\":\"\\u12G4\"}", 1, 11, "four hex digits"},
        {"{\"a\":\"\\u12", 1, 11, "four hex digits"},
        {"{\"a\":\"\x01\"}", 1, 7, "control character"},
        {"{\"a\":\"\xff\"}", 1, 7, "UTF-8"},
        {"{\n \"\xc3\xa4\": x}", 2, 7, "expected a value"},
        {"{} {}", 1, 4, "nothing after"},
        {"{\"flag\":true,\"flag\":true}", 1, 14, "twice: \"flag\""},
        {"[[[[[[[[[1]]]]]]]]]", 1, 9, "nested too deeply"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json_walk walk;
        struct found found = {.flag = false};
        struct err_info error = {.code = ERR_OK};
        assert_false(walk_fields(&walk, cases[i].json, &found));
        assert_int_equal(json_walk_fail(&walk, &error), ERR_USAGE);
        if (error.line != cases[i].line || error.column != cases[i].column || !strstr(error.text, cases[i].words))
            fail_msg("%s: %d:%d %s", cases[i].json, error.line, error.column, error.text);
    }
}

static void foreign_prose_may_hold_what_we_would_not_write(void **state)
{
    (void)state;
    struct json_walk walk;
    struct found found = {.flag = false};
    assert_true(walk_fields(&walk, "{\"text\":\"a\\u0000b\\ud800c\\udc00\\ud800\\u0041\"}", &found));
    char *text = json_slice_text(&found.text);
    assert_string_equal(text, "a\xef\xbf\xbd"
                              "b\xef\xbf\xbd"
                              "c\xef\xbf\xbd\xef\xbf\xbd"
                              "A");
    free(text);
    assert_true(walk_fields(&walk, "{\"other\":1,\"other\":2}", &found));
}

static void the_first_error_sticks(void **state)
{
    (void)state;
    struct json_walk walk;
    struct json_slice slice;
    struct err_info error = {.code = ERR_OK};
    json_walk_init(&walk, "[1, x, 2]", 9, DEPTH);
    assert_true(json_walk_enter(&walk, '['));
    assert_true(json_walk_item(&walk));
    assert_true(json_walk_skip(&walk));
    assert_true(json_walk_item(&walk));
    assert_false(json_walk_number(&walk, &slice));
    assert_false(json_walk_item(&walk));
    assert_false(json_walk_skip(&walk));
    assert_false(json_walk_end(&walk));
    assert_int_equal(json_walk_fail(&walk, &error), ERR_USAGE);
    assert_int_equal(error.column, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(named_members_are_found_and_others_passed_over),
        cmocka_unit_test(errors_have_a_place),
        cmocka_unit_test(foreign_prose_may_hold_what_we_would_not_write),
        cmocka_unit_test(the_first_error_sticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
