#include <stdlib.h>
#include <string.h>

#include "common/query/error_pattern.h"
#include "tests/testing/testing.h"

static void assert_form(const char *text, const char *expected)
{
    char *form = error_pattern_of(text);
    assert_string_equal(form, expected);
    free(form);
}

static void what_differs_from_job_to_job_is_left_out(void **state)
{
    static const struct {
        const char *text, *form;
    } cases[] = {
        {"connection to 10.0.0.7:8443 timed out after 3012 ms", "connection to <address> timed out after <n> ms"},
        {"could not resolve host: git.acme.example", "could not resolve host: <path>"},
        {"https://u:p@host/x?y=1 answered nothing", "<address> answered nothing"},
        {"cloning git@github.com:a/b.git failed", "cloning <address> failed"},
        {"[::1]:6379 refused", "<address> refused"},
        {"cannot read /tmp/x/y-17.json: no space left", "cannot read <path>: no space left"},
        {"create docs/guide/a.md: too large", "create <path>: too large"},
        {"a.json, line 9, column 14: a key is missing", "<path>, line <n>, column <n>: a key is missing"},
        {"unknown job \"resync-csot\" (line 3)", "unknown job \"<text>\" (line <n>)"},
        {"job op_01J9ZQ5KX4T2M8W7V6B3N1C0DE/17 is gone", "job <path> is gone"},
        {"operation op_01J9ZQ5KX4T2M8W7V6B3N1C0DE ended", "operation <id> ended"},
        {"tree 3f2a9c0 is not there", "tree <id> is not there"},
        {"3f2504e0-4f89-41d3-9a0c-0305e82c3301 is used", "<id> is used"},
        {"1.5 of 2.25 seconds, v3, repo-03", "<n> of <n> seconds, v<n>, repo-<n>"},
        {"an \"open quote of 3", "an \"open quote of <n>"},
        {"plain words, and/or others", "plain words, <path> others"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_form(cases[i].text, cases[i].form);
}

static void a_number_that_is_the_cause_stays(void **state)
{
    (void)state;
    assert_form("create a/b.md: HTTP 413, the app refuses it", "create <path>: HTTP 413, the app refuses it");
    assert_form("POST /hook answered 500 after 12 s", "POST <path> answered 500 after <n> s");
    assert_form("git: exit code 128", "git: exit code 128");
    assert_form("killed by signal 9 of 15", "killed by signal 9 of <n>");
    assert_form("status: 502", "status: 502");
}

static void no_text_has_a_form_too(void **state)
{
    (void)state;
    assert_form(NULL, FORM_OF_NOTHING);
    assert_form("", FORM_OF_NOTHING);
}

/* At most ERROR_PATTERN_MAX bytes, and no character is cut in two. */
static void a_long_text_is_cut_between_characters(void **state)
{
    (void)state;
    char text[4 * ERROR_PATTERN_MAX];
    for (size_t shift = 0; shift < 3; shift++) {
        memset(text, ' ', shift);
        for (size_t at = shift; at + 4 < sizeof text; at += 4)
            memcpy(text + at, "\xe2\x82\xac ", 5);
        char *form = error_pattern_of(text);
        size_t len = strlen(form);
        assert_in_range(len, ERROR_PATTERN_MAX - 3, ERROR_PATTERN_MAX);
        assert_memory_equal(form, text, len);
        assert_true((unsigned char)form[len - 1] == 0xAC || form[len - 1] == ' ');
        free(form);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_differs_from_job_to_job_is_left_out),
        cmocka_unit_test(a_number_that_is_the_cause_stays),
        cmocka_unit_test(no_text_has_a_form_too),
        cmocka_unit_test(a_long_text_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
