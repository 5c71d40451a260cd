/*
 * The longest block by rows, as difflib finds it: for each character of a the places of b where it stands, each with
 * the length of the run that ends there. Work is proportional to the pairs of equal characters of the region.
 */
#include "common/history/text_ratio_private.h"

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

struct block text_ratio_rows_find(struct text_ratio *ratio, const struct region *region)
{
    struct best best = {UINT32_MAX, 0, 0};
    text_ratio_begin_rows(ratio, region->ahi - region->alo);
    for (uint32_t i = region->alo; i < region->ahi; i++) {
        ratio->row++;
        look_at_row(ratio, region, i, &best);
    }
    if (best.size == 0)
        return (struct block){region->alo, region->blo, 0};
    return (struct block){best.a_end + 1 - best.size, best.b_end + 1 - best.size, best.size};
}
