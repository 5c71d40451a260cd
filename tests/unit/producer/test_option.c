/* What stands after a command's name; and the sentence that asks for consent. */
#include <string.h>

#include "producer/command.h"
#include "producer/out.h"
#include "tests/testing/testing.h"

#define ALLOWED (OPTION(OPTION_LIMIT) | OPTION(OPTION_YES))
#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

static char limit[] = "--limit", joined[] = "--limit=7", seven[] = "7", yes[] = "--yes", word[] = "word", end[] = "--",
            dash[] = "-", with_value[] = "--yes=no", foreign[] = "--branch";

static void words_and_options_may_be_mixed(void **state)
{
    (void)state;
    char *argv[] = {word, limit, seven, dash, yes, end, foreign, NULL};
    struct arguments arguments;
    struct err_info error = {0};
    assert_int_equal(option_parse(ALLOWED, COUNT(argv) - 1, argv, &arguments, &error), ERR_OK);
    assert_int_equal(arguments.word_count, 3);
    assert_string_equal(arguments.words[0], "word");
    assert_string_equal(arguments.words[1], "-");
    assert_string_equal(arguments.words[2], "--branch"); /* after "--" all are words */
    assert_true(option_given(&arguments, OPTION_YES));
    assert_false(option_given(&arguments, OPTION_JSON));
    assert_string_equal(arguments.values[OPTION_LIMIT], "7");
}

static void refused(int count, char **argv, const char *text)
{
    struct arguments arguments;
    struct err_info error = {0};
    assert_int_equal(option_parse(ALLOWED, count, argv, &arguments, &error), ERR_USAGE);
    assert_non_null(strstr(error.text, text));
}

static void mistakes_are_named(void **state)
{
    (void)state;
    char *unknown[] = {foreign, word}, *twice[] = {joined, joined}, *lacking[] = {word, limit},
         *too_much[] = {with_value};
    refused(COUNT(unknown), unknown, "no option --branch");
    refused(COUNT(twice), twice, "--limit stands there twice");
    refused(COUNT(lacking), lacking, "--limit needs a value");
    refused(COUNT(too_much), too_much, "--yes takes no value");
}

static void each_command_is_complete_and_found(void **state)
{
    (void)state;
    for (const struct command *c = commands; c->name != NULL; c++) {
        assert_ptr_equal(command_find(c->name), c); /* so no name stands there twice */
        assert_non_null(c->run);
        assert_true(c->most < 0 || c->least <= c->most);
        assert_true(strlen(c->summary) > 10 && strchr(c->summary, '\n') == NULL);
        assert_true(strlen(c->text) > 10 && c->text[strlen(c->text) - 1] != '\n');
    }
    assert_null(command_find("frobnicate"));
    assert_null(command_find(""));
}

static void expect_question(const char *template, const char *expected)
{
    const struct out_value values[] = {{"links", "1,200"}, {"app_name", "{links}"}, {"bytes", NULL}, {NULL, NULL}};
    struct buf text = BUF_INIT;
    out_add_template(&text, template, values);
    assert_string_equal(text.data, expected);
    buf_fini(&text);
}

static void a_question_is_filled_in_once(void **state)
{
    (void)state;
    expect_question("ALL {links} of {app_name}!", "ALL 1,200 of {links}!");
    expect_question("{bytes} bytes", "? bytes");
    expect_question("{other} {links", "{other} {links");
    expect_question("{{links}}", "{1,200}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_options_may_be_mixed),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(each_command_is_complete_and_found),
        cmocka_unit_test(a_question_is_filled_in_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
