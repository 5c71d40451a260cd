/*
 * Prepares both texts (where each character stands, which are popular), then takes region after region: text_blocks.c
 * finds the longest common block, and what lies beside it are regions again. It must give what Python's difflib gives,
 * to the bit. Called by similarity.c, and by text_anchors.c for what is popular.
 */
#include "common/history/text_ratio.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define CODE_COUNT 0x110000

struct text_ratio *text_ratio_new(void)
{
    struct text_ratio *ratio = mem_zalloc(sizeof(*ratio));
    ratio->slot_of = mem_array(CODE_COUNT, sizeof(*ratio->slot_of));
    return ratio;
}

void text_ratio_drop(struct text_ratio *ratio)
{
    if (ratio == NULL)
        return;
    free(ratio->slot_of);
    free(ratio->places);
    free(ratio->positions);
    free(ratio->slots);
    free(ratio->endings);
    free(ratio->cores);
    free(ratio->regions);
    free(ratio);
}

void text_ratio_set(struct text_ratio *ratio, struct text_codes a)
{
    assert(a.count < UINT32_MAX / 2);
    ratio->a = a;
    if (a.count > ratio->a_cap) {
        ratio->a_cap = 2 * a.count;
        ratio->slots = mem_grow(ratio->slots, ratio->a_cap, sizeof(*ratio->slots));
    }
}

/* ---- where the characters of b stand ----------------------------------------------------------------------------- */

static void make_room(struct text_ratio *ratio, size_t count)
{
    if (count < ratio->b_cap)
        return;
    ratio->b_cap = 2 * count + 64;
    ratio->places = mem_grow(ratio->places, ratio->b_cap, sizeof(*ratio->places));
    ratio->positions = mem_grow(ratio->positions, ratio->b_cap, sizeof(*ratio->positions));
    free(ratio->endings);
    ratio->endings = mem_array(ratio->b_cap + 1, sizeof(*ratio->endings));
    ratio->row = 0;
}

static void count_characters(struct text_ratio *ratio)
{
    ratio->place_count = 0;
    for (size_t j = 0; j < ratio->b.count; j++) {
        uint32_t *slot = &ratio->slot_of[ratio->b.codes[j]];
        if (*slot == 0) {
            ratio->places[ratio->place_count++] = (struct places){ratio->b.codes[j], 0, 0};
            *slot = (uint32_t)ratio->place_count;
        }
        ratio->places[*slot - 1].count++;
    }
}

static bool is_popular(const struct text_ratio *ratio, uint32_t count)
{
    return ratio->b.count >= TEXT_RATIO_LONG && count > ratio->b.count / TEXT_RATIO_POPULAR_DIVISOR + 1;
}

static void place_characters(struct text_ratio *ratio)
{
    uint32_t from = 0;
    for (size_t n = 0; n < ratio->place_count; n++) {
        struct places *places = &ratio->places[n];
        if (is_popular(ratio, places->count))
            ratio->slot_of[places->code] = 0;
        places->from = from;
        from += places->count;
        places->count = 0;
    }
    for (size_t j = 0; j < ratio->b.count; j++) {
        uint32_t slot = ratio->slot_of[ratio->b.codes[j]];
        if (slot == 0)
            continue;
        struct places *places = &ratio->places[slot - 1];
        ratio->positions[places->from + places->count++] = (uint32_t)j;
    }
}

static void open_b(struct text_ratio *ratio, struct text_codes b)
{
    assert(b.count < UINT32_MAX / 2);
    make_room(ratio, b.count);
    ratio->b = b;
    count_characters(ratio);
    place_characters(ratio);
}

static void close_b(struct text_ratio *ratio)
{
    for (size_t n = 0; n < ratio->place_count; n++)
        ratio->slot_of[ratio->places[n].code] = 0;
}

size_t text_ratio_unpopular(struct text_ratio *ratio, struct text_codes b, uint32_t *positions)
{
    size_t count = 0;
    open_b(ratio, b);
    for (size_t j = 0; j < b.count; j++)
        if (ratio->slot_of[b.codes[j]] != 0)
            positions[count++] = (uint32_t)j;
    close_b(ratio);
    return count;
}

/* ---- blocks ------------------------------------------------------------------------------------------------------ */

static size_t least(const struct region *region)
{
    uint32_t a = region->ahi - region->alo, b = region->bhi - region->blo;
    return a < b ? a : b;
}

static void push(struct text_ratio *ratio, struct region region, size_t *open)
{
    if (least(&region) == 0)
        return;
    if (ratio->region_count == ratio->region_cap) {
        ratio->region_cap = 2 * ratio->region_cap + 64;
        ratio->regions = mem_grow(ratio->regions, ratio->region_cap, sizeof(*ratio->regions));
    }
    ratio->regions[ratio->region_count++] = region;
    *open += least(&region);
}

/* Popular characters, and those beside a clipped run, join a block on either side. */
static void extend(const struct text_ratio *ratio, const struct region *region, struct block *block)
{
    const uint32_t *a = ratio->a.codes, *b = ratio->b.codes;
    while (block->a > region->alo && block->b > region->blo && a[block->a - 1] == b[block->b - 1]) {
        block->a--;
        block->b--;
        block->size++;
    }
    while (block->a + block->size < region->ahi && block->b + block->size < region->bhi &&
           a[block->a + block->size] == b[block->b + block->size])
        block->size++;
}

/* The first core from `from` on that begins at `a` of a or later. */
static uint32_t first_core(const struct text_ratio *ratio, const struct region *region, uint32_t a)
{
    uint32_t from = region->cores_from, to = region->cores_to;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (ratio->cores[middle].a < a)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static void split(struct text_ratio *ratio, const struct region *region, const struct block *block, size_t *open)
{
    uint32_t border = first_core(ratio, region, block->a);
    uint32_t a = block->a + block->size, b = block->b + block->size;
    push(ratio, (struct region){region->alo, block->a, region->blo, block->b, region->cores_from, border}, open);
    push(ratio, (struct region){a, region->ahi, b, region->bhi, border, region->cores_to}, open);
}

typedef struct block find_block(struct text_ratio *ratio, const struct region *region);

static find_block *choose_way(struct text_ratio *ratio)
{
    ratio->core_count = 0;
    if (ratio->b.count < TEXT_RATIO_LONG) {
        text_blocks_open_vectors(ratio);
        return text_blocks_find_by_vectors;
    }
    return text_blocks_list_cores(ratio) ? text_blocks_find_by_cores : text_blocks_find_by_rows;
}

/* `open` is what the regions still to do can give at most. */
static size_t sum_of_blocks(struct text_ratio *ratio, find_block *find, size_t needed)
{
    uint32_t a_count = (uint32_t)ratio->a.count, b_count = (uint32_t)ratio->b.count;
    size_t matches = 0, open = 0;
    push(ratio, (struct region){0, a_count, 0, b_count, 0, (uint32_t)ratio->core_count}, &open);
    while (ratio->region_count > 0 && matches + open >= needed) {
        struct region region = ratio->regions[--ratio->region_count];
        open -= least(&region);
        struct block block = find(ratio, &region);
        extend(ratio, &region, &block);
        if (block.size == 0)
            continue;
        matches += block.size;
        split(ratio, &region, &block, &open);
    }
    bool is_complete = ratio->region_count == 0;
    ratio->region_count = 0;
    return is_complete ? matches : 0;
}

size_t text_ratio_matches(struct text_ratio *ratio, struct text_codes b, size_t needed)
{
    const struct text_codes *a = &ratio->a;
    size_t shorter = a->count < b.count ? a->count : b.count;
    if (shorter == 0 || shorter < needed)
        return 0;
    /* Equal texts match as a whole: of equal runs the first of a is also the first of b. */
    if (a->count == b.count && memcmp(a->codes, b.codes, b.count * sizeof(*b.codes)) == 0)
        return b.count;
    open_b(ratio, b);
    for (size_t i = 0; i < a->count; i++)
        ratio->slots[i] = ratio->slot_of[a->codes[i]];
    size_t matches = sum_of_blocks(ratio, choose_way(ratio), needed);
    close_b(ratio);
    return matches;
}

double text_ratio_of(size_t matches, size_t a_count, size_t b_count)
{
    size_t total = a_count + b_count;
    return total == 0 ? 1.0 : 2.0 * (double)matches / (double)total;
}
