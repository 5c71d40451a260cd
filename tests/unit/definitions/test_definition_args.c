/* Arguments held against a definition's schema: as JSON, and as the words of a command line. */
#include "tests/unit/definitions/definition_test.h"

#define SCHEMA                                                                                                         \
    SMALL "args:\n"                                                                                                    \
          "  app: {type: string, required: true, pattern: '^app_[0-9a-f]+$'}\n"                                        \
          "  count: {type: integer, minimum: 1, maximum: 9007199254740992, default: 1000}\n"                           \
          "  ratio: {type: number, maximum: 1}\n"                                                                      \
          "  force: {type: boolean, default: false}\n"                                                                 \
          "  mode: {type: string, enum: [fast, safe]}\n"                                                               \
          "  tags: {type: array, pattern: '^[a-z]+$', enum: [a, b, c]}\n"

static enum err check(const char *given, struct buf *complete, struct err_info *error)
{
    struct definition *d = parse(SCHEMA);
    struct json_object *value, *filled;

    assert_int_equal(json_parse(given, strlen(given), JSON_LIMITS_REQUEST, &value, error), ERR_OK);
    enum err rc = definition_check_args(d, value, &filled, error);
    if (!rc)
        json_add_canonical(complete, filled);
    else
        assert_null(filled);
    json_object_put(value);
    json_object_put(filled);
    definition_drop(d);
    return rc;
}

static void assert_args(const char *given, const char *expected)
{
    struct buf complete = BUF_INIT;
    struct err_info error;

    if (check(given, &complete, &error))
        fail_msg("%s: %s", given, error.text);
    assert_string_equal(complete.data, expected);
    buf_fini(&complete);
}

static void assert_args_refused(const char *given, const char *expected)
{
    struct err_info error;

    assert_int_equal(check(given, NULL, &error), ERR_USAGE);
    assert_string_equal(error.text, expected);
}

static void arguments_are_completed_by_defaults(void **state)
{
    (void)state;
    assert_args("{\"app\":\"app_1\"}", "{\"app\":\"app_1\",\"count\":1000,\"force\":false}");
    assert_args("{\"app\":\"app_1\",\"count\":1,\"force\":true,\"ratio\":1,\"mode\":\"fast\",\"tags\":[\"a\",\"c\"]}",
                "{\"app\":\"app_1\",\"count\":1,\"force\":true,\"mode\":\"fast\",\"ratio\":1,\"tags\":[\"a\",\"c\"]}");
}

static void refusals_say_what_to_give(void **state)
{
    (void)state;
    assert_args_refused("{}", "argument \"app\": it is required; give text that matches ^app_[0-9a-f]+$");
    assert_args_refused("{\"app\":\"x\"}",
                        "argument \"app\": \"x\" does not match the pattern; give text that matches ^app_[0-9a-f]+$");
    assert_args_refused("{\"app\":5}", "argument \"app\": 5 is not text; give text that matches ^app_[0-9a-f]+$");
    assert_args_refused("{\"app\":null}", "argument \"app\": null is not text; give text that matches ^app_[0-9a-f]+$");
    assert_args_refused("{\"count\":0}", "argument \"count\": 0 is below the minimum; give a whole number from 1 to "
                                         "9007199254740992");
    /* As doubles these two would be equal. */
    assert_args_refused("{\"count\":9007199254740993}", "argument \"count\": 9007199254740993 is above the maximum; "
                                                        "give a whole number from 1 to 9007199254740992");
    assert_args_refused("{\"count\":1.5}", "argument \"count\": 1.5 is not a whole number; give a whole number from 1 "
                                           "to 9007199254740992");
    assert_args_refused("{\"ratio\":1.25}",
                        "argument \"ratio\": 1.25 is above the maximum; give a number of at most 1");
    assert_args_refused("{\"force\":\"true\"}", "argument \"force\": \"true\" is neither true nor false; give true or "
                                                "false");
    assert_args_refused("{\"mode\":\"slow\"}", "argument \"mode\": \"slow\" is not among the choices; give one of "
                                               "\"fast\", \"safe\"");
    assert_args_refused("{\"tags\":\"a\"}", "argument \"tags\": \"a\" is not a list; give a list of texts, each one of "
                                            "\"a\", \"b\", \"c\" that matches ^[a-z]+$");
    assert_args_refused("{\"what\":1}", "there is no argument \"what\"; a takes app, count, force, mode, ratio, tags");
    assert_args_refused("[1]", "the arguments must be an object of names and values");
}

static void long_values_are_refused_and_cut_in_the_text(void **state)
{
    (void)state;
    struct buf given = BUF_INIT;
    struct err_info error;

    buf_add_str(&given, "{\"mode\":\"");
    for (int i = 0; i <= DEFINITION_VALUE_MAX; i++)
        buf_add_char(&given, 'a');
    buf_add_str(&given, "\"}");
    assert_int_equal(check(given.data, NULL, &error), ERR_USAGE);
    assert_non_null(strstr(error.text, "aaa… is too long"));
    assert_true(strlen(error.text) < 300);
    buf_fini(&given);
}

static void assert_words(char *const *words, size_t count, const char *expected)
{
    struct definition *d = parse(SCHEMA);
    struct json_object *args;
    struct err_info error;
    struct buf json = BUF_INIT;

    if (definition_args_from_words(d, words, count, &args, &error)) {
        assert_null(args);
        buf_add_str(&json, error.text);
    } else {
        json_add_canonical(&json, args);
    }
    assert_string_equal(json.data, expected);
    json_object_put(args);
    buf_fini(&json);
    definition_drop(d);
}

static void words_are_typed_by_the_schema(void **state)
{
    (void)state;
    char app[] = "app=5", count[] = "count=12", ratio[] = "ratio=0.5", force[] = "force=true", tags[] = "tags=a,b",
         bad[] = "count=many", none[] = "count=", equals[] = "mode=a=b";
    assert_words((char *[]){app, count, ratio, force, tags}, 5,
                 "{\"app\":\"5\",\"count\":12,\"force\":true,\"ratio\":0.5,\"tags\":[\"a\",\"b\"]}");
    assert_words((char *[]){bad, equals}, 2, "{\"count\":\"many\",\"mode\":\"a=b\"}"); /* for the check to refuse */
    assert_words((char *[]){none}, 1, "{\"count\":\"\"}");
    assert_words(NULL, 0, "{}");
}

static void words_that_are_no_arguments_are_refused(void **state)
{
    (void)state;
    char bare[] = "count", nameless[] = "=5", unknown[] = "what=1", one[] = "count=1", two[] = "count=2",
         bytes[] = "app=\xff";
    assert_words((char *[]){bare}, 1, "\"count\" is not an argument: write name=value");
    assert_words((char *[]){nameless}, 1, "\"=5\" is not an argument: write name=value");
    assert_words((char *[]){unknown}, 1, "there is no argument \"what\"; a takes app, count, force, mode, ratio, tags");
    assert_words((char *[]){one, two}, 2, "argument \"count\" is given twice");
    assert_words((char *[]){bytes}, 1, "\"app=\\xff\" is not UTF-8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_are_completed_by_defaults),         cmocka_unit_test(refusals_say_what_to_give),
        cmocka_unit_test(long_values_are_refused_and_cut_in_the_text), cmocka_unit_test(words_are_typed_by_the_schema),
        cmocka_unit_test(words_that_are_no_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
