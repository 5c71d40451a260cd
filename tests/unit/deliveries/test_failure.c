/* The texts of last_error. */
#include "tests/testing/testing.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/deliveries/failure.h"

static void assert_text(struct failure failure, const char *expected)
{
    char text[ERR_TEXT_MAX];
    failure_text(&failure, text);
    assert_string_equal(text, expected);
}

static void it_says_what_was_asked_and_what_was_answered(void **state)
{
    (void)state;
    assert_text(
        (struct failure){
            .verb = VERB_CREATE, .path = "docs/a.md", .status = 503, .answer = "try later", .answer_len = 9},
        "create docs/a.md: HTTP 503: try later");
    assert_text(
        (struct failure){
            .verb = VERB_UPDATE, .path = "a.bin", .piece = 2, .pieces = 9, .trouble = "connection refused"},
        "update a.bin (piece 3 of 9): connection refused");
    assert_text((struct failure){.verb = VERB_SYNC_FAILED, .path = "", .status = 500}, "sync_failed: HTTP 500");
}

static void a_refusal_is_called_one_but_not_what_time_mends(void **state)
{
    (void)state;
    static const int mended[] = {408, 425, 429, 500, 502, 503, 301};
    assert_text((struct failure){.verb = VERB_DELETE, .path = "x", .status = 404},
                "delete x: HTTP 404, the app refuses it");
    for (size_t i = 0; i < sizeof mended / sizeof mended[0]; i++) {
        char text[ERR_TEXT_MAX];
        failure_text(&(struct failure){.verb = VERB_DELETE, .path = "x", .status = mended[i]}, text);
        assert_null(strstr(text, "refuses"));
    }
}

static void control_characters_of_a_stranger_are_written_out(void **state)
{
    (void)state;
    static const char answer[] = "a\nb\x1b[2J\x7f\xc2\x9b\xff\0z";
    assert_text(
        (struct failure){
            .verb = VERB_CREATE, .path = "p\tq", .status = 500, .answer = answer, .answer_len = sizeof answer - 1},
        "create p\\x09q: HTTP 500: a\\x0ab\\x1b[2J\\x7f\\xc2\\x9b\\xff\\x00z");
}

/* The part of the text that the answer takes. */
static size_t shown_of(const char *answer, size_t len)
{
    static const char before[] = "create p: HTTP 500: ";
    char text[ERR_TEXT_MAX];
    failure_text(
        &(struct failure){.verb = VERB_CREATE, .path = "p", .status = 500, .answer = answer, .answer_len = len}, text);
    assert_memory_equal(text, before, sizeof before - 1);
    return strlen(text) - (sizeof before - 1);
}

static void an_answer_is_cut_to_500_bytes_between_characters(void **state)
{
    (void)state;
    enum { LEN = 100000 };
    char *answer = mem_alloc(LEN);
    memset(answer, 'x', LEN);
    assert_int_equal(shown_of(answer, 500), 500);
    assert_int_equal(shown_of(answer, LEN), 500);
    memset(answer, '\x01', LEN);
    assert_int_equal(shown_of(answer, LEN), 500);
    for (size_t i = 0; i + 3 <= LEN; i += 3)
        memcpy(answer + i, "\xe2\x82\xac", 3);
    assert_int_equal(shown_of(answer, LEN), 498);
    free(answer);
}

static void the_longest_of_everything_still_fits(void **state)
{
    (void)state;
    enum { LEN = 5000 };
    char *worst = mem_zalloc(LEN + 1);
    memset(worst, '\x01', LEN);
    char text[ERR_TEXT_MAX];
    failure_text(&(struct failure){VERB_SYNC_FAILED, worst, INT64_MAX - 1, INT64_MAX, 499, NULL, worst, LEN}, text);
    assert_true(strlen(text) < ERR_TEXT_MAX);
    assert_non_null(strstr(text, "HTTP 499, the app refuses it"));
    free(worst);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_what_was_asked_and_what_was_answered),
        cmocka_unit_test(a_refusal_is_called_one_but_not_what_time_mends),
        cmocka_unit_test(control_characters_of_a_stranger_are_written_out),
        cmocka_unit_test(an_answer_is_cut_to_500_bytes_between_characters),
        cmocka_unit_test(the_longest_of_everything_still_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
