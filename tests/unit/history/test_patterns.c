/* Signatures by whole words, and how sure a pattern is. */
#include "tests/testing/testing.h"

#include <string.h>

#include "common/history/patterns.h"

static void assert_signature(const char *text, const char *expected)
{
    char signature[PATTERNS_SIGNATURE_MAX] = "none";
    bool is_signed = patterns_signature(text, strlen(text), signature);
    assert_string_equal(signature, expected);
    assert_int_equal(is_signed, strcmp(expected, "none") != 0);
}

static void each_category_has_its_words(void **state)
{
    (void)state;
    assert_signature("Run PYTEST on the server", "test:pytest:backend");
    assert_signature("run the tests for both", "test:generic:both");
    assert_signature("jest, mocha and vitest", "test:vitest:all");
    assert_signature("typecheck the client", "build:typecheck:frontend");
    assert_signature("build all of the api", "build:build:all");
    assert_signature("compile it", "build:compile:all");
    assert_signature("run ruff on the backend", "format:ruff:all");
    assert_signature("format the ui", "format:generic:all");
    assert_signature("show me git log", "git:log:summary");
    assert_signature("install packages with yarn", "deps:yarn:update");
    assert_signature("write documentation", "docs:generate:all");
}

static void the_first_category_wins(void **state)
{
    (void)state;
    assert_signature("build it, then run the tests", "test:generic:all");
    assert_signature("update npm packages and the docs", "deps:npm:update");
    assert_signature("git status of the docs", "git:status:summary");
}

static void parts_of_words_are_no_words(void **state)
{
    (void)state;
    assert_signature("the latest contest", "none");
    assert_signature("rebuilding the formatter", "none");
    assert_signature("a digital blog", "none");
    assert_signature("test the apikey", "test:generic:all");
    assert_signature("pr\u00E9test", "none");
}

static void what_is_missing_gives_none(void **state)
{
    (void)state;
    assert_signature("", "none");
    assert_signature("show the status page", "none"); /* git is not named */
    assert_signature("how does npm work", "none");    /* nothing is to be updated */
    assert_signature("update the dependencies", "none");
    char signature[PATTERNS_SIGNATURE_MAX];
    assert_false(patterns_signature(NULL, 0, signature));
}

static void confidence_adds_three_parts(void **state)
{
    (void)state;
    static const struct {
        struct patterns_evidence evidence;
        int points;
    } cases[] = {
        {{10, 10, 99, 0, 0}, 40 + 30 + 30}, {{9, 2, 100, 0, 0.5}, 30 + 20 + 20}, {{5, 2, 1000, 0.9, 1.9}, 30 + 10 + 20},
        {{4, 1, 0, 1, 0}, 20 + 15 + 10},    {{3, 0, 0, 2.9, 9}, 20 + 15 + 10},   {{2, 0, 0, 3, 0}, 10 + 15 + 5},
        {{1, 0, 0, -1, -1}, 10 + 15 + 5},   {{1, 0, 0, 0, -1}, 10 + 15 + 10},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(patterns_confidence(&cases[i].evidence), cases[i].points);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_category_has_its_words), cmocka_unit_test(the_first_category_wins),
        cmocka_unit_test(parts_of_words_are_no_words), cmocka_unit_test(what_is_missing_gives_none),
        cmocka_unit_test(confidence_adds_three_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
