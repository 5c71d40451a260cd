/* Lower case and words are Python's, character by character for all of Unicode. */
#include "tests/testing/testing.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/utf8.h"
#include "common/history/lower.h"
#include "tests/testing/python_check.h"
#include "tests/testing/request_texts.h"

static void add_code(struct buf *text, uint32_t code)
{
    char bytes[4];
    buf_add(text, bytes, utf8_encode(code, bytes));
}

static void check_text(FILE *lines, const struct buf *text)
{
    size_t len;
    char *lower = lower_utf8(text->data, text->len, &len);
    python_check_add(lines, "lower", text->data, text->len);
    python_check_add(lines, "", lower, len);
    python_check_add(lines, "\nwords", text->data, text->len);
    fprintf(lines, " %zu\n", words_count(text->data, text->len));
    free(lower);
}

/* Each alone, and with sigmas around it, of which two ask whether it is a letter, and whether it is passed over. */
static void every_character_is_as_in_python(void **state)
{
    (void)state;
    struct python_check check = python_check_begin();
    for (uint32_t code = 1; code < 0x30000; code++) {
        if (code >= 0xD800 && code <= 0xDFFF)
            continue;
        struct buf text = BUF_INIT;
        add_code(&text, code);
        buf_add_str(&text, "\u03A3 A");
        add_code(&text, code);
        buf_add_str(&text, "\u03A3 A\u03A3");
        add_code(&text, code);
        buf_add_str(&text, "a");
        check_text(check.lines, &text);
        buf_fini(&text);
    }
    python_check_end(&check, "tests/unit/history/python_agrees.py");
}

static void made_up_texts_are_as_in_python(void **state)
{
    (void)state;
    static const uint32_t odd[] = {0x3A3, 0x3A3, 0x3A3, 0x130, ' ',    '.',  '\'',
                                   'A',   'b',   0x301, 0xA0,  0x2003, 0x1C, 0x1F40D};
    struct request_texts *texts = request_texts_new(python_check_seed());
    struct python_check check = python_check_begin();
    for (int n = 0; n < 4000; n++) {
        struct buf text = BUF_INIT;
        for (size_t left = request_texts_pick(texts, 12); left > 0; left--)
            add_code(&text, odd[request_texts_pick(texts, sizeof(odd) / sizeof(odd[0]))]);
        check_text(check.lines, &text);
        buf_fini(&text);
    }
    request_texts_drop(texts);
    python_check_end(&check, "tests/unit/history/python_agrees.py");
}

static void bytes_that_are_no_utf8_are_replaced_one_by_one(void **state)
{
    (void)state;
    size_t len;
    char *lower = lower_utf8("A\xFF\xE0\x80Z", 5, &len);
    assert_string_equal(lower, "a\uFFFD\uFFFD\uFFFDz");
    assert_int_equal(len, strlen(lower));
    free(lower);
}

static void words_are_whole_or_not_there(void **state)
{
    (void)state;
    const char *text = "the latest test_case of pr\u00E9tests, re-build!";
    size_t len = strlen(text);
    assert_false(words_have(text, len, "test"));
    assert_false(words_have(text, len, "tests"));
    assert_true(words_have(text, len, "build"));
    assert_true(words_have(text, len, "the"));
    assert_false(words_have("", 0, "the"));
    assert_true(words_have("xtest test", 10, "test"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_as_in_python),
        cmocka_unit_test(made_up_texts_are_as_in_python),
        cmocka_unit_test(bytes_that_are_no_utf8_are_replaced_one_by_one),
        cmocka_unit_test(words_are_whole_or_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
