/*
 * The longest block of a region where b is short: all lengths of a row of a at once, a byte for each place of b,
 * sixteen to a vector (GCC's and clang's, for any processor). A place's length is that of the place before in the row
 * before, plus one, where the characters are equal, else 0. Rows overwrite each other from the end of b to its
 * beginning, so that what stands before a vector is still of the row before.
 */
#include <string.h>

#include "common/history/text_ratio_private.h"

#define LANES 16
_Static_assert(TEXT_RATIO_LONG <= UINT8_MAX, "lengths and characters of a short b fit a byte");
_Static_assert(TEXT_RATIO_DENSE_BYTES >= TEXT_RATIO_LONG + 2 * LANES, "vectors may reach beyond b");

typedef uint8_t lanes __attribute__((vector_size(LANES)));

static inline lanes load(const uint8_t *from)
{
    lanes value;
    memcpy(&value, from, LANES);
    return value;
}

static inline lanes fill(uint8_t value)
{
    return (lanes){0} + value;
}

static inline bool is_any(lanes value)
{
    uint64_t halves[2];
    memcpy(halves, &value, sizeof(halves));
    return (halves[0] | halves[1]) != 0;
}

void text_ratio_dense_open(struct text_ratio *ratio)
{
    for (size_t j = 0; j < ratio->b.count; j++)
        ratio->dense_codes[j] = (uint8_t)ratio->slot_of[ratio->b.codes[j]];
}

/* `lengths` begins at the region's first place; the byte before it is 0. True if one of them exceeds `best`. */
static inline bool fill_row(uint8_t *lengths, const uint8_t *codes, size_t width, uint8_t code, uint8_t best)
{
    static const uint8_t inside[2 * LANES] = {255, 255, 255, 255, 255, 255, 255, 255,
                                              255, 255, 255, 255, 255, 255, 255, 255}; /* then zeros */
    lanes sought = fill(code), bests = fill(best), greater = {0};
    size_t j = (width - 1) / LANES * LANES;
    lanes mask = load(inside + LANES - (width - j));
    for (;; j -= LANES) {
        lanes value = (load(lengths + j - 1) + 1) & (lanes)(load(codes + j) == sought) & mask;
        memcpy(lengths + j, &value, LANES);
        greater |= (lanes)(value > bests);
        if (j == 0)
            return is_any(greater);
        mask = fill(UINT8_MAX);
    }
}

static void find_greatest(const uint8_t *lengths, size_t width, uint32_t *at, uint8_t *best)
{
    for (size_t j = 0; j < width; j++) {
        if (lengths[j] <= *best)
            continue;
        *best = lengths[j];
        *at = (uint32_t)j;
    }
}

struct block text_ratio_dense_find(struct text_ratio *ratio, const struct region *region)
{
    size_t width = region->bhi - region->blo;
    uint8_t *lengths = ratio->dense_lengths + 1, best = 0;
    uint32_t a_end = 0, b_end = 0;
    bool is_empty = true;
    memset(ratio->dense_lengths, 0, sizeof(ratio->dense_lengths));
    for (uint32_t i = region->alo; i < region->ahi; i++) {
        uint8_t code = (uint8_t)ratio->slots[i];
        if (code == 0 && is_empty)
            continue;
        is_empty = code == 0;
        if (!fill_row(lengths, ratio->dense_codes + region->blo, width, code, best))
            continue;
        find_greatest(lengths, width, &b_end, &best);
        a_end = i;
    }
    if (best == 0)
        return (struct block){region->alo, region->blo, 0};
    return (struct block){a_end + 1 - best, region->blo + b_end + 1 - best, best};
}
