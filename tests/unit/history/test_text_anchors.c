/* The bound by anchors is never below the matches, in any width, and far below what lengths allow for texts apart. */
#include "tests/testing/testing.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/history/lower.h"
#include "common/history/text_anchors.h"
#include "tests/testing/python_check.h"
#include "tests/testing/request_texts.h"

#define PAIRS 3000

struct fixture {
    struct request_texts *texts;
    struct text_ratio *ratio;
    struct text_pieces *pieces;
    size_t apart, told_apart; /* texts that have nothing to do with each other, and those of which the bound shows it */
};

static struct text_ratio_text lower(const struct buf *text)
{
    size_t count;
    uint32_t *codes = lower_codes(text->data, text->len, &count);
    return (struct text_ratio_text){codes, count};
}

/* As an index keeps it: in one byte a character where that holds all of them, else in two. */
static void *narrow(struct text_ratio_text text, uint8_t *width)
{
    uint8_t *bytes = mem_alloc(2 * text.count);
    uint16_t *pairs = mem_alloc(2 * text.count);
    *width = 1;
    for (size_t i = 0; i < text.count; i++) {
        bytes[i] = (uint8_t)text.codes[i];
        pairs[i] = (uint16_t)text.codes[i];
        if (text.codes[i] > UINT8_MAX)
            *width = 2;
    }
    free(*width == 1 ? (void *)pairs : bytes);
    return *width == 1 ? (void *)bytes : pairs;
}

/* True if the bound shows that the ratio is below a half. */
static bool check_bound(struct fixture *fixture, struct text_ratio_text a, struct text_ratio_text b)
{
    struct text_anchor *found = mem_array(b.count, sizeof(*found));
    uint32_t count = (uint32_t)text_anchors_find(fixture->ratio, b, found);
    struct text_anchors wide = {b.codes, found, (uint32_t)b.count, count, sizeof(uint32_t)}, kept = wide;
    void *narrowed = narrow(b, &kept.width);
    kept.codes = narrowed;
    text_ratio_set(fixture->ratio, a);
    text_pieces_set(fixture->pieces, a);
    size_t matches = text_ratio_matches(fixture->ratio, b, 0);
    size_t asked[] = {matches, matches + 1, matches + 20, request_texts_pick(fixture->texts, b.count), SIZE_MAX};
    for (size_t n = 0; n < sizeof(asked) / sizeof(asked[0]); n++) {
        size_t bound = text_pieces_bound(fixture->pieces, &wide, asked[n]);
        assert_true(bound >= matches || bound >= asked[n]);
        assert_int_equal(text_pieces_bound(fixture->pieces, &kept, asked[n]), bound);
    }
    size_t half = (a.count + b.count) / 4;
    bool is_below_half = text_pieces_bound(fixture->pieces, &kept, half) < half;
    free(narrowed);
    free(found);
    return is_below_half;
}

/* b is long; a is b worded anew, or has nothing to do with it, and now and then begins with it. */
static void check_pair(struct fixture *fixture)
{
    struct buf a = BUF_INIT, b = BUF_INIT;
    size_t kind = request_texts_pick(fixture->texts, 4);
    request_texts_add_words(fixture->texts, 60 + request_texts_pick(fixture->texts, 140), &b);
    if (kind == 0)
        buf_add_str(&b, " r\u00E9sum\u00E9 \u6570\u636E");
    if (kind == 1)
        buf_add(&a, b.data, request_texts_pick(fixture->texts, b.len));
    if (kind < 3)
        request_texts_add_variant(fixture->texts, b.data, &a);
    else
        request_texts_add(fixture->texts, &a);
    struct text_ratio_text one = lower(&a), other = lower(&b);
    bool is_told = check_bound(fixture, one, other);
    fixture->apart += kind == 3;
    fixture->told_apart += kind == 3 && is_told;
    free((void *)(uintptr_t)one.codes);
    free((void *)(uintptr_t)other.codes);
    buf_fini(&a);
    buf_fini(&b);
}

static void the_bound_is_never_below_the_matches(void **state)
{
    (void)state;
    struct fixture fixture = {request_texts_new(python_check_seed()), text_ratio_new(), text_pieces_new(), 0, 0};
    for (size_t n = 0; n < PAIRS; n++)
        check_pair(&fixture);
    assert_true(fixture.apart > PAIRS / 8 && fixture.told_apart * 10 > fixture.apart * 8);
    text_pieces_drop(fixture.pieces);
    text_ratio_drop(fixture.ratio);
    request_texts_drop(fixture.texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_bound_is_never_below_the_matches)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
