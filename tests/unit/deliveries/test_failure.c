/* The texts of last_error. */
#include "tests/testing/testing.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/deliveries/verb.h"

static void assert_text(struct failure failure, const char *expected)
{
    char text[ERR_TEXT_MAX];
    failure_text(&failure, text);
    assert_string_equal(text, expected);
}

static void it_says_what_was_asked_and_what_was_answered(void **state)
{
    (void)state;
    assert_text((struct failure){.verb = VERB_CREATE, .path = "docs/a.md", .error = "HTTP 503: try later"},
                "create docs/a.md: HTTP 503: try later");
    assert_text(
        (struct failure){.verb = VERB_UPDATE, .path = "a.bin", .piece = 2, .pieces = 9, .error = "connection refused"},
        "update a.bin (piece 3 of 9): connection refused");
    assert_text((struct failure){.verb = VERB_SYNC_FAILED, .path = "", .error = "HTTP 500"}, "sync_failed: HTTP 500");
}

static void control_characters_of_a_stranger_are_written_out(void **state)
{
    (void)state;
    assert_text((struct failure){.verb = VERB_CREATE, .path = "p\tq", .error = "a\nb\x1b[2J\x7f\xc2\x9b\xff"},
                "create p\\x09q: a\\x0ab\\x1b[2J\\x7f\\xc2\\x9b\\xff");
}

/* The part of the text that the error takes. */
static size_t shown_of(const char *error)
{
    static const char before[] = "create p: ";
    char text[ERR_TEXT_MAX];
    failure_text(&(struct failure){.verb = VERB_CREATE, .path = "p", .error = error}, text);
    assert_memory_equal(text, before, sizeof before - 1);
    return strlen(text) - (sizeof before - 1);
}

static void an_error_is_cut_to_500_bytes_between_characters(void **state)
{
    (void)state;
    enum { LEN = 100000 };
    char *error = mem_zalloc(LEN + 1);
    memset(error, 'x', 500);
    assert_int_equal(shown_of(error), 500);
    memset(error, 'x', LEN);
    assert_int_equal(shown_of(error), 500);
    memset(error, '\x01', LEN);
    assert_int_equal(shown_of(error), 500);
    for (size_t i = 0; i + 3 <= LEN; i += 3)
        memcpy(error + i, "\xe2\x82\xac", 3);
    assert_int_equal(shown_of(error), 498);
    free(error);
}

static void the_longest_of_everything_still_fits(void **state)
{
    (void)state;
    enum { LEN = 5000 };
    char *worst = mem_zalloc(LEN + 1);
    memset(worst, '\x01', LEN);
    char text[ERR_TEXT_MAX];
    failure_text(&(struct failure){VERB_SYNC_FAILED, worst, INT64_MAX - 1, INT64_MAX, worst}, text);
    assert_true(strlen(text) < ERR_TEXT_MAX);
    assert_non_null(strstr(text, "(piece 9223372036854775807 of"));
    free(worst);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_what_was_asked_and_what_was_answered),
        cmocka_unit_test(control_characters_of_a_stranger_are_written_out),
        cmocka_unit_test(an_error_is_cut_to_500_bytes_between_characters),
        cmocka_unit_test(the_longest_of_everything_still_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
