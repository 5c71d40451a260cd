/* Any bytes, cut in two at the first newline: blocks by rows and by cores agree, bounds hold, a text is its own equal.
 */
#include <string.h>

#include "common/base/mem.h"
#include "common/history/lower.h"
#include "common/history/text_anchors.h"
#include "common/history/text_ratio.h"
#include "tests/fuzz/fuzz.h"

/* Repeated until it is long: that characters can be popular. */
static uint32_t *codes_of(const char *bytes, size_t len, size_t times, size_t *count)
{
    char *text = mem_alloc(len * times + 1);
    for (size_t n = 0; n < times; n++)
        memcpy(text + n * len, bytes, len);
    uint32_t *codes = lower_codes(text, len * times, count);
    free(text);
    return codes;
}

static void check_bound(struct text_ratio *ratio, struct text_codes a, struct text_codes b, size_t matches)
{
    if (b.count < TEXT_RATIO_LONG || b.count > TEXT_ANCHORS_LENGTH_MAX)
        return;
    struct text_anchor *found = mem_array(b.count, sizeof(*found));
    struct text_anchors anchors = {b.codes, found, (uint32_t)b.count, 0, sizeof(uint32_t)};
    struct text_pieces *pieces = text_pieces_new();
    anchors.count = (uint32_t)text_anchors_find(pieces, ratio, b, found);
    text_pieces_seal(pieces);
    struct text_reach *reach = text_reach_new(pieces);
    text_reach_set(reach, a);
    FUZZ_CHECK(text_reach_bound(reach, &anchors) >= matches);
    text_reach_drop(reach);
    text_pieces_drop(pieces);
    free(found);
}

static void check(struct text_ratio *ratio, struct text_codes a, struct text_codes b)
{
    text_ratio_set(ratio, a);
    size_t matches = text_ratio_matches(ratio, b, 0);
    FUZZ_CHECK(matches <= (a.count < b.count ? a.count : b.count));
    FUZZ_CHECK(text_ratio_matches(ratio, b, matches) == matches);
    size_t beyond = text_ratio_matches(ratio, b, matches + 1);
    FUZZ_CHECK(beyond == 0 || beyond == matches);
    FUZZ_CHECK(text_ratio_matches(ratio, a, 0) == a.count);
    check_bound(ratio, a, b, matches);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct text_ratio *ratio;
    if (ratio == NULL)
        ratio = text_ratio_new();
    if (size < 1)
        return 0;
    const char *text = (const char *)data + 1, *cut = memchr(text, '\n', size - 1);
    size_t len = cut == NULL ? size - 1 : (size_t)(cut - text), rest = cut == NULL ? 0 : size - 2 - len;
    struct text_codes a, b;
    uint32_t *a_codes = codes_of(text, len, 1, &a.count);
    uint32_t *b_codes = codes_of(rest > 0 ? cut + 1 : "", rest, rest < 400 ? 1 + data[0] % 4 : 1, &b.count);
    a.codes = a_codes;
    b.codes = b_codes;
    check(ratio, a, b);
    check(ratio, b, a);
    free(a_codes);
    free(b_codes);
    return 0;
}
