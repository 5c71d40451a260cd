/*
 * Three ways to find the longest common block of a region of two texts: text_ratio.c chooses one for each pair and asks
 * it for region after region. All give the same block, the first in a, then in b, of those that are longest.
 *
 * Inner loops over all characters: this file is built with -O3.
 */
#include "common/history/text_ratio.h"

#include <string.h>

#include "common/base/mem.h"

/* Begins a series of `count` rows, numbered on from the last one, with a row before that has no endings. Before the
 * numbers could run over, all endings are forgotten. */
static void begin_rows(struct text_ratio *ratio, uint32_t count)
{
    if (UINT32_MAX - ratio->row < count + 1) {
        memset(ratio->endings, 0, (ratio->b_cap + 1) * sizeof(*ratio->endings));
        ratio->row = 0;
    }
    ratio->row++;
}

/* ---- any b, row by row ------------------------------------------------------------------------------------------- */

/*
 * The longest block by rows, as difflib finds it: for each character of a the places of b where it stands, each with
 * the length of the run that ends there. Work is proportional to the pairs of equal characters of the region.
 */

struct best {
    uint32_t a_end, b_end, size;
};

/* The places from last to first, so that the run which ended one before is still that of the row before. */
static void look_at_row(struct text_ratio *ratio, const struct region *region, uint32_t i, struct best *best)
{
    uint32_t slot = ratio->slots[i];
    if (slot == 0)
        return;
    const struct places *places = &ratio->places[slot - 1];
    const uint32_t *first = ratio->positions + places->from;
    for (const uint32_t *at = first + places->count; at > first;) {
        uint32_t j = *--at;
        if (j >= region->bhi)
            continue;
        if (j < region->blo)
            break;
        const struct ending *before = &ratio->endings[j]; /* of j - 1: they stand one further on */
        uint32_t size = j > region->blo && before->row == ratio->row - 1 ? before->value + 1 : 1;
        ratio->endings[j + 1] = (struct ending){ratio->row, size};
        if (size > best->size || (size == best->size && best->a_end == i))
            *best = (struct best){i, j, size};
    }
}

struct block text_blocks_find_by_rows(struct text_ratio *ratio, const struct region *region)
{
    struct best best = {UINT32_MAX, 0, 0};
    begin_rows(ratio, region->ahi - region->alo);
    for (uint32_t i = region->alo; i < region->ahi; i++) {
        ratio->row++;
        look_at_row(ratio, region, i, &best);
    }
    if (best.size == 0)
        return (struct block){region->alo, region->blo, 0};
    return (struct block){best.a_end + 1 - best.size, best.b_end + 1 - best.size, best.size};
}

/* ---- a long b, by its cores -------------------------------------------------------------------------------------- */

/*
 * A long b has few characters that are not popular, and so few runs of them in common with a. They are listed once,
 * each as long as it goes; the longest of a region is then the longest of them, clipped to the region.
 *
 * Why clipping is enough: no run reaches from the left of a block to its right. It would be longer than the block,
 * which was the longest of a region that holds both. So a run that begins before a block counts for the left only, and
 * one that begins in it for the right only.
 */

/* More pairs than this for each character of a, and rows are as good, without the memory. */
#define PAIRS_PER_CHARACTER 64

static bool are_few(const struct text_ratio *ratio)
{
    if (ratio->b.count / TEXT_RATIO_POPULAR_DIVISOR + 1 <= PAIRS_PER_CHARACTER)
        return true; /* no character that is not popular stands there more often */
    size_t pairs = 0, limit = ratio->a.count * PAIRS_PER_CHARACTER;
    for (size_t i = 0; i < ratio->a.count && pairs <= limit; i++)
        if (ratio->slots[i] != 0)
            pairs += ratio->places[ratio->slots[i] - 1].count;
    return pairs <= limit;
}

static void add_core(struct text_ratio *ratio, uint32_t i, uint32_t j)
{
    if (ratio->core_count == ratio->core_cap) {
        ratio->core_cap = 2 * ratio->core_cap + 64;
        ratio->cores = mem_grow(ratio->cores, ratio->core_cap, sizeof(*ratio->cores));
    }
    ratio->endings[j + 1] = (struct ending){ratio->row, (uint32_t)ratio->core_count};
    ratio->cores[ratio->core_count++] = (struct block){i, j, 1};
}

/* As in rows, but an ending names its core. */
static void list_row(struct text_ratio *ratio, uint32_t i)
{
    const struct places *places = &ratio->places[ratio->slots[i] - 1];
    for (uint32_t n = places->count; n > 0; n--) {
        uint32_t j = ratio->positions[places->from + n - 1];
        const struct ending *before = &ratio->endings[j];
        if (j > 0 && before->row == ratio->row - 1) {
            ratio->cores[before->value].size++;
            ratio->endings[j + 1] = (struct ending){ratio->row, before->value};
        } else {
            add_core(ratio, i, j);
        }
    }
}

bool text_blocks_list_cores(struct text_ratio *ratio)
{
    if (!are_few(ratio))
        return false;
    ratio->core_count = 0;
    begin_rows(ratio, (uint32_t)ratio->a.count);
    for (uint32_t i = 0; i < ratio->a.count; i++) {
        ratio->row++;
        if (ratio->slots[i] != 0)
            list_row(ratio, i);
    }
    return true;
}

static uint32_t less(uint32_t x, uint32_t y)
{
    return x < y ? x : y;
}

/* What of the core lies in the region; size 0 if nothing. */
static struct block clip(const struct block *core, const struct region *region)
{
    uint32_t skip_a = core->a < region->alo ? region->alo - core->a : 0;
    uint32_t skip_b = core->b < region->blo ? region->blo - core->b : 0;
    uint32_t skip = skip_a > skip_b ? skip_a : skip_b;
    if (skip >= core->size || core->a + skip >= region->ahi || core->b + skip >= region->bhi)
        return (struct block){0, 0, 0};
    uint32_t a = core->a + skip, b = core->b + skip;
    return (struct block){a, b, less(core->size - skip, less(region->ahi - a, region->bhi - b))};
}

static bool is_better(const struct block *one, const struct block *other)
{
    if (one->size != other->size)
        return one->size > other->size;
    return one->a != other->a ? one->a < other->a : one->b < other->b;
}

struct block text_blocks_find_by_cores(struct text_ratio *ratio, const struct region *region)
{
    struct block best = {region->alo, region->blo, 0};
    for (uint32_t n = region->cores_from; n < region->cores_to; n++) {
        const struct block *core = &ratio->cores[n];
        if (core->size < best.size || (core->size == best.size && core->a > best.a))
            continue; /* clipped it is no longer, and begins no earlier */
        struct block clipped = clip(core, region);
        if (clipped.size > 0 && is_better(&clipped, &best))
            best = clipped;
    }
    return best;
}

/* ---- a short b, by vectors --------------------------------------------------------------------------------------- */

/*
 * The longest block of a region where b is short: all lengths of a row of a at once, a byte for each place of b,
 * sixteen to a vector (GCC's and clang's, for any processor). A place's length is that of the place before in the row
 * before, plus one, where the characters are equal, else 0. Rows overwrite each other from the end of b to its
 * beginning, so that what stands before a vector is still of the row before.
 */

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

void text_blocks_open_vectors(struct text_ratio *ratio)
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

struct block text_blocks_find_by_vectors(struct text_ratio *ratio, const struct region *region)
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
