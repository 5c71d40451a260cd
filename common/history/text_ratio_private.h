/* What the parts of text_ratio share: the tables of b in hand, and three ways to find the longest block of a region. */
#ifndef REPRISE_HISTORY_TEXT_RATIO_PRIVATE_H
#define REPRISE_HISTORY_TEXT_RATIO_PRIVATE_H

#include <stdbool.h>

#include "common/history/text_ratio.h"

/* Characters alo..ahi-1 of a against blo..bhi-1 of b; cores is where those of the region begin and end, see below. */
struct region {
    uint32_t alo, ahi, blo, bhi;
    uint32_t cores_from, cores_to;
};

struct block {
    uint32_t a, b, size;
};

/* Where a character of b stands: positions[from .. from + count - 1], ascending. */
struct places {
    uint32_t code, from, count;
};

/* How long the common run is that ends at a position of b, seen from row `row` of a; older rows do not count. */
struct ending {
    uint32_t row, value;
};

/* For a b that is not long, and what vectors read beyond it. */
#define TEXT_RATIO_DENSE_BYTES 256

struct text_ratio {
    struct text_ratio_text a, b;
    uint32_t *slot_of; /* by code point: 1 + the index in `places`; 0 where b has no such character, or a popular one */
    struct places *places;
    size_t place_count;
    uint32_t *positions;
    uint32_t *slots; /* of each character of a */
    struct ending *endings;
    uint32_t row; /* raised for each row ever looked at, so that nothing needs clearing */
    struct block *cores;
    size_t core_count;
    struct region *regions; /* those still to do */
    size_t region_count;
    uint8_t dense_codes[TEXT_RATIO_DENSE_BYTES]; /* of each character of b: its index in `places`, plus 1 */
    uint8_t dense_lengths[TEXT_RATIO_DENSE_BYTES];
    size_t a_cap, b_cap, core_cap, region_cap;
};

/* Begins a series of `count` rows, numbered on from the last one, with a row before that has no endings. Before the
 * numbers could run over, all endings are forgotten. */
void text_ratio_begin_rows(struct text_ratio *ratio, uint32_t count);
/* True where runs of unpopular characters are few, so that they are better listed once (text_ratio_cores.c). */
bool text_ratio_cores_list(struct text_ratio *ratio);
/* The longest run within the region, the first in a, then in b, of those. Size 0 at (alo, blo) if there is none. */
struct block text_ratio_cores_find(struct text_ratio *ratio, const struct region *region);
/* For a b that is not long. */
void text_ratio_dense_open(struct text_ratio *ratio);
struct block text_ratio_dense_find(struct text_ratio *ratio, const struct region *region);
/* For any. */
struct block text_ratio_rows_find(struct text_ratio *ratio, const struct region *region);

#endif
