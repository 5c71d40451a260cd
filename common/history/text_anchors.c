/*
 * Finds the anchors of a text, and bounds what two texts can have in common by them. The bound must never be lower
 * than the real number of matches, or similarity would miss a run. Called by similarity_index.c, which fills it, and
 * similarity.c, which asks.
 */
#include "common/history/text_anchors.h"

#include <assert.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/history/text_windows.h"

#define NUMBER_BITS 24
#define NUMBER_MASK ((1U << NUMBER_BITS) - 1)
#define GAP_MAX 255

struct text_pieces {
    struct text_windows *left, *right;
};

struct text_pieces *text_pieces_new(void)
{
    struct text_pieces *pieces = mem_alloc(sizeof(*pieces));
    *pieces = (struct text_pieces){text_windows_new(), text_windows_new()};
    return pieces;
}

void text_pieces_drop(struct text_pieces *pieces)
{
    if (pieces == NULL)
        return;
    text_windows_drop(pieces->left);
    text_windows_drop(pieces->right);
    free(pieces);
}

void text_pieces_seal(struct text_pieces *pieces)
{
    text_windows_seal(pieces->left);
    text_windows_seal(pieces->right);
}

size_t text_pieces_bytes(const struct text_pieces *pieces)
{
    return sizeof(*pieces) + text_windows_bytes(pieces->left) + text_windows_bytes(pieces->right);
}

/* ---- anchors ----------------------------------------------------------------------------------------------------- */

/* From `at` to the left, no further than `from`. */
static uint64_t piece_left(struct text_codes text, size_t at, size_t from)
{
    uint64_t piece = 0;
    for (size_t n = 0; n < TEXT_WINDOWS_LENGTH; n++)
        piece = text_windows_append(piece, n <= at && at - n >= from ? text_windows_class(text.codes[at - n])
                                                                     : TEXT_WINDOWS_NONE);
    return piece;
}

/* From `at` to the right, before `end`. */
static uint64_t piece_right(struct text_codes text, size_t at, size_t end)
{
    uint64_t piece = 0;
    for (size_t n = 0; n < TEXT_WINDOWS_LENGTH; n++)
        piece = text_windows_append(piece, at + n < end ? text_windows_class(text.codes[at + n]) : TEXT_WINDOWS_NONE);
    return piece;
}

size_t text_anchors_find(struct text_pieces *pieces, struct text_ratio *ratio, struct text_codes b,
                         struct text_anchor *anchors)
{
    assert(b.count >= TEXT_RATIO_LONG && b.count <= TEXT_ANCHORS_LENGTH_MAX);
    if (text_windows_count(pieces->left) + b.count > NUMBER_MASK ||
        text_windows_count(pieces->right) + b.count > NUMBER_MASK)
        return SIZE_MAX;
    uint32_t *positions = mem_array(b.count, sizeof(*positions));
    size_t count = text_ratio_unpopular(ratio, b, positions), from = 0;
    for (size_t n = 0; n < count; n++) {
        size_t gap = positions[n] - from, end = n + 1 < count ? positions[n + 1] : b.count;
        anchors[n].left = text_windows_add(pieces->left, piece_left(b, positions[n], from)) |
                          (uint32_t)(gap < GAP_MAX ? gap : GAP_MAX) << NUMBER_BITS;
        anchors[n].right = text_windows_add(pieces->right, piece_right(b, positions[n], end));
        from = (size_t)positions[n] + 1;
    }
    if (count > 0) {
        size_t gap = b.count - from;
        anchors[count - 1].right |= (uint32_t)(gap < GAP_MAX ? gap : GAP_MAX) << NUMBER_BITS;
    }
    free(positions);
    return count;
}

/* ---- a ----------------------------------------------------------------------------------------------------------- */

/* Of a piece that stands in a as a whole: what is beside it may go on. */
#define FAR 128

struct text_reach {
    const struct text_pieces *pieces;
    struct text_codes a;
    uint64_t *room; /* for the pieces of a */
    size_t cap;
    uint8_t *left, *right; /* by number: characters that stand in a, the anchor among them */
};

struct text_reach *text_reach_new(const struct text_pieces *pieces)
{
    struct text_reach *reach = mem_zalloc(sizeof(*reach));
    reach->pieces = pieces;
    reach->left = mem_array(text_windows_count(pieces->left) + 1, sizeof(*reach->left));
    reach->right = mem_array(text_windows_count(pieces->right) + 1, sizeof(*reach->right));
    return reach;
}

void text_reach_drop(struct text_reach *reach)
{
    if (reach == NULL)
        return;
    free(reach->room);
    free(reach->left);
    free(reach->right);
    free(reach);
}

void text_reach_set(struct text_reach *reach, struct text_codes a)
{
    reach->a = a;
    if (a.count > reach->cap) {
        reach->cap = 2 * a.count;
        reach->room = mem_grow(reach->room, reach->cap, sizeof(*reach->room));
    }
    for (size_t i = 0; i < a.count; i++)
        reach->room[i] = piece_left(a, i, 0);
    text_windows_match(reach->pieces->left, reach->room, a.count, reach->left);
    for (size_t i = 0; i < a.count; i++)
        reach->room[i] = piece_right(a, i, a.count);
    text_windows_match(reach->pieces->right, reach->room, a.count, reach->right);
}

/* ---- the bound --------------------------------------------------------------------------------------------------- */

static inline uint32_t code_at(const struct text_anchors *b, size_t j)
{
    if (b->width == 1)
        return ((const uint8_t *)b->codes)[j];
    return b->width == 2 ? ((const uint16_t *)b->codes)[j] : ((const uint32_t *)b->codes)[j];
}

static size_t common_beginning(struct text_codes a, const struct text_anchors *b)
{
    size_t shorter = a.count < b->length ? a.count : b->length, length = 0;
    while (length < shorter && a.codes[length] == code_at(b, length))
        length++;
    return length;
}

/* How far what is beside an anchor stands in a. */
static inline uint32_t beside(uint8_t matched)
{
    uint32_t others = matched > 0 ? matched - 1U : 0;
    return matched == TEXT_WINDOWS_LENGTH ? FAR : others;
}

static inline uint32_t of_gap(const struct text_anchors *b, uint32_t gap, uint32_t stands)
{
    if (stands < FAR)
        return stands < gap ? stands : gap;
    return gap < GAP_MAX ? gap : b->length;
}

size_t text_reach_bound(const struct text_reach *reach, const struct text_anchors *b)
{
    size_t bound = common_beginning(reach->a, b);
    uint32_t behind = 0; /* the anchor before */
    for (uint32_t n = 0; n < b->count; n++) {
        struct text_anchor anchor = b->anchors[n];
        uint8_t left = reach->left[anchor.left & NUMBER_MASK];
        bound += (left > 0) + of_gap(b, anchor.left >> NUMBER_BITS, behind + beside(left));
        behind = beside(reach->right[anchor.right & NUMBER_MASK]);
    }
    return b->count == 0 ? bound : bound + of_gap(b, b->anchors[b->count - 1].right >> NUMBER_BITS, behind);
}
