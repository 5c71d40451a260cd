/* The ratio is difflib's, to the bit: fixed cases, the shared vectors (test_vectors.c), thousands of made-up pairs. */
#include "tests/testing/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/history/lower.h"
#include "common/history/text_ratio.h"
#include "tests/testing/python_check.h"
#include "tests/testing/request_texts.h"
#include "tests/unit/history/ratio_of.h"

static void fixed_cases(void **state)
{
    (void)state;
    assert_true(ratio_of("", "") == 1.0);
    assert_true(ratio_of("", "x") == 0.0);
    assert_true(ratio_of("abc", "ABC") == 1.0);
    assert_true(ratio_of("abc", "cba") == 2.0 / 6);
    assert_true(ratio_of("private Thread currentThread", "private volatile Thread currentThread") == 56.0 / 65);
}

static void it_is_not_symmetric(void **state)
{
    (void)state;
    assert_true(ratio_of("tide", "diet") == 0.25);
    assert_true(ratio_of("diet", "tide") == 0.5);
}

static void popular_characters_of_a_long_b_begin_no_block(void **state)
{
    (void)state;
    char a[201], b[201];
    memset(a, 'x', 200);
    memset(b, 'x', 200);
    a[0] = 'a';
    b[0] = 'b';
    a[200] = b[200] = '\0';
    assert_true(ratio_of(a, b) == 0.0);
    assert_true(ratio_of(a, b + 1) == 2.0 * 199 / 399); /* 199 characters are not long */
}

/* ---- against Python ---------------------------------------------------------------------------------------------- */

/* A few characters, some of them beyond ASCII and beyond 16 bits: equal ones abound. */
static void add_random(struct request_texts *texts, size_t count, size_t alphabet, struct buf *out)
{
    static const char *const characters[] = {"a", "b", "c",      " ",      "\u00e9", "d",          "e",
                                             "-", "f", "\u6570", "\u03c3", "g",      "\U0001F40D", "h"};
    for (size_t n = 0; n < count; n++)
        buf_add_str(out, characters[request_texts_pick(texts, alphabet)]);
}

/* Texts of all lengths, often around the one from which characters can be popular. */
static void add_any(struct request_texts *texts, struct buf *out)
{
    switch (request_texts_pick(texts, 4)) {
    case 0:
        add_random(texts, request_texts_pick(texts, 60), 1 + request_texts_pick(texts, 14), out);
        break;
    case 1:
        add_random(texts, 190 + request_texts_pick(texts, 220), 1 + request_texts_pick(texts, 14), out);
        break;
    case 2:
        request_texts_add_words(texts, 1 + request_texts_pick(texts, 40), out);
        break;
    default:
        request_texts_add(texts, out);
        break;
    }
}

static void add_pair(struct request_texts *texts, struct buf *a, struct buf *b)
{
    add_any(texts, a);
    if (a->len > 0 && request_texts_pick(texts, 3) == 0)
        request_texts_add_variant(texts, a->data, b);
    else
        add_any(texts, b);
}

/* What was certain to stay below is 0; what was not is exact. */
static void assert_bound_is_kept(struct text_ratio *ratio, struct text_codes b, size_t needed, size_t matches)
{
    size_t found = text_ratio_matches(ratio, b, needed);
    if (matches >= needed)
        assert_int_equal(found, matches);
    else
        assert_true(found == 0 || found == matches);
}

static void compare(struct request_texts *texts, struct text_ratio *ratio, FILE *lines)
{
    struct buf a = BUF_INIT, b = BUF_INIT;
    struct text_codes one, other;
    add_pair(texts, &a, &b);
    uint32_t *a_codes = lower_codes(a.data, a.len, &one.count), *b_codes = lower_codes(b.data, b.len, &other.count);
    one.codes = a_codes;
    other.codes = b_codes;
    text_ratio_set(ratio, one);
    size_t matches = text_ratio_matches(ratio, other, 0);
    assert_bound_is_kept(ratio, other, matches, matches);
    assert_bound_is_kept(ratio, other, matches + 1, matches);
    assert_bound_is_kept(ratio, other, request_texts_pick(texts, other.count + 2), matches);
    char *lower_a = lower_utf8(a.data, a.len, &a.len), *lower_b = lower_utf8(b.data, b.len, &b.len);
    python_check_add(lines, "ratio", lower_a, a.len);
    python_check_add(lines, "", lower_b, b.len);
    fprintf(lines, " %.17g\n", text_ratio_of(matches, one.count, other.count));
    free(lower_a);
    free(lower_b);
    free(a_codes);
    free(b_codes);
    buf_fini(&a);
    buf_fini(&b);
}

static void made_up_pairs_are_as_in_python(void **state)
{
    (void)state;
    uint64_t seed = python_check_seed();
    struct request_texts *texts = request_texts_new(seed);
    struct text_ratio *ratio = text_ratio_new();
    struct python_check check = python_check_begin();
    for (int n = 0; n < 4000; n++)
        compare(texts, ratio, check.lines);
    text_ratio_drop(ratio);
    request_texts_drop(texts);
    python_check_end(&check, "tests/unit/history/python_agrees.py");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_cases),
        cmocka_unit_test(it_is_not_symmetric),
        cmocka_unit_test(popular_characters_of_a_long_b_begin_no_block),
        cmocka_unit_test(made_up_pairs_are_as_in_python),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
