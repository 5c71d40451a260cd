/*
 * A long b has few characters that are not popular, and so few runs of them in common with a. They are listed once,
 * each as long as it goes; the longest of a region is then the longest of them, clipped to the region.
 *
 * Why clipping is enough: no run reaches from the left of a block to its right. It would be longer than the block,
 * which was the longest of a region that holds both. So a run that begins before a block counts for the left only, and
 * one that begins in it for the right only.
 */
#include "common/base/mem.h"
#include "common/history/text_ratio_private.h"

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

bool text_ratio_cores_list(struct text_ratio *ratio)
{
    if (!are_few(ratio))
        return false;
    ratio->core_count = 0;
    text_ratio_begin_rows(ratio, (uint32_t)ratio->a.count);
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

struct block text_ratio_cores_find(struct text_ratio *ratio, const struct region *region)
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
