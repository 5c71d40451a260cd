/* The bound by anchors is never below the matches, in any width, and far below what lengths allow for texts apart. */
#include "tests/testing/testing.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/history/lower.h"
#include "common/history/text_anchors.h"
#include "tests/testing/python_check.h"
#include "tests/testing/request_texts.h"

#define PAIRS 1000

/* Texts are found anchors in first, all of them; then each a is held against some b. */
struct fixture {
    struct request_texts *texts;
    struct text_ratio *ratio;
    struct text_pieces *pieces;
    size_t apart, told_apart; /* texts that have nothing to do with each other, and those of which the bound shows it */
};

struct pair {
    struct text_codes a, b;
    struct text_anchor *anchors;
    uint32_t count;
    bool is_apart;
};

static struct text_codes lower(const struct buf *text)
{
    size_t count;
    uint32_t *codes = lower_codes(text->data, text->len, &count);
    return (struct text_codes){codes, count};
}

/* As an index keeps it: in one byte a character where that holds all of them, else in two. */
static void *narrow(struct text_codes text, uint8_t *width)
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

static void check_bound(struct fixture *fixture, struct text_reach *reach, const struct pair *pair)
{
    struct text_anchors wide = {pair->b.codes, pair->anchors, (uint32_t)pair->b.count, pair->count, sizeof(uint32_t)},
                        kept = wide;
    void *narrowed = narrow(pair->b, &kept.width);
    kept.codes = narrowed;
    text_ratio_set(fixture->ratio, pair->a);
    text_reach_set(reach, pair->a);
    size_t matches = text_ratio_matches(fixture->ratio, pair->b, 0), bound = text_reach_bound(reach, &wide);
    assert_true(bound >= matches);
    assert_int_equal(text_reach_bound(reach, &kept), bound);
    fixture->apart += pair->is_apart;
    fixture->told_apart += pair->is_apart && bound < (pair->a.count + pair->b.count) / 4;
    free(narrowed);
}

/* b is long; a is b worded again, or has nothing to do with it, and now and then begins with it. */
static struct pair draw_pair(struct fixture *fixture)
{
    struct buf a = BUF_INIT, b = BUF_INIT;
    size_t kind = request_texts_pick(fixture->texts, 5);
    request_texts_add_words(fixture->texts, 60 + request_texts_pick(fixture->texts, 140), &b);
    if (kind == 0)
        buf_add_str(&b, " r\u00E9sum\u00E9 \u6570\u636E");
    if (kind == 1)
        buf_add(&a, b.data, request_texts_pick(fixture->texts, b.len));
    for (size_t n = 0; kind == 2 && n < 300; n++)
        buf_add_str(&b, " eeee"); /* a gap without an anchor that is longer than an anchor can say */
    if (kind < 4)
        request_texts_add_variant(fixture->texts, b.data, &a);
    else
        request_texts_add(fixture->texts, &a);
    struct pair pair = {.a = lower(&a), .b = lower(&b), .is_apart = kind == 4};
    pair.anchors = mem_array(pair.b.count, sizeof(*pair.anchors));
    pair.count = (uint32_t)text_anchors_find(fixture->pieces, fixture->ratio, pair.b, pair.anchors);
    assert_true(pair.count <= pair.b.count);
    buf_fini(&a);
    buf_fini(&b);
    return pair;
}

static void drop_pair(struct pair *pair)
{
    free((void *)(uintptr_t)pair->a.codes);
    free((void *)(uintptr_t)pair->b.codes);
    free(pair->anchors);
}

static void the_bound_is_never_below_the_matches(void **state)
{
    (void)state;
    struct fixture fixture = {request_texts_new(python_check_seed()), text_ratio_new(), text_pieces_new(), 0, 0};
    struct pair *pairs = mem_array(PAIRS, sizeof(*pairs));
    for (size_t n = 0; n < PAIRS; n++)
        pairs[n] = draw_pair(&fixture);
    text_pieces_seal(fixture.pieces);
    struct text_reach *reach = text_reach_new(fixture.pieces);
    for (size_t n = 0; n < PAIRS; n++)
        check_bound(&fixture, reach, &pairs[n]);
    for (size_t n = 1; n < PAIRS; n++) { /* and with a text that is another's */
        struct pair mixed = pairs[n];
        mixed.a = pairs[n - 1].b;
        mixed.is_apart = false;
        check_bound(&fixture, reach, &mixed);
    }
    assert_true(fixture.apart > PAIRS / 10 && fixture.told_apart * 10 > fixture.apart * 8);
    for (size_t n = 0; n < PAIRS; n++)
        drop_pair(&pairs[n]);
    free(pairs);
    text_reach_drop(reach);
    text_pieces_drop(fixture.pieces);
    text_ratio_drop(fixture.ratio);
    request_texts_drop(fixture.texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_bound_is_never_below_the_matches)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
