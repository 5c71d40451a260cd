/*
 * How alike two texts are, by Ratcliff and Obershelp: the longest common block, then the same to its left and to its
 * right; ratio = 2·M/T of the characters in blocks. Equal to Python's difflib.SequenceMatcher(None, a, b).ratio() to
 * the bit, its rule for popular characters included: where b has 200 characters or more, a block cannot begin with one
 * that makes up over a hundredth of b (nor lie apart from one that does not). It is not symmetric.
 *
 * Characters are code points, compared as they stand: lower-case them first (lower.h).
 */
#ifndef REPRISE_HISTORY_TEXT_RATIO_H
#define REPRISE_HISTORY_TEXT_RATIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From this length of b on, characters that fill more than 1/100 of it (and one more) are popular. */
#define TEXT_RATIO_LONG 200
#define TEXT_RATIO_POPULAR_DIVISOR 100

/* Borrowed characters. */
struct text_codes {
    const uint32_t *codes;
    size_t count;
};

/* Room to work in, a few MB of address space of which little is touched; for one thread at a time, any number of
 * texts. `a` is prepared once for many `b`. */
struct text_ratio;
struct text_ratio *text_ratio_new(void);
void text_ratio_drop(struct text_ratio *ratio);

/* Sets a, borrowed until the next call of this function. */
void text_ratio_set(struct text_ratio *ratio, struct text_codes a);
/* M, the number of matching characters of a and b. As soon as it is certain to stay below `needed`, 0 may be returned
 * instead, much sooner; with `needed` 0 the answer is always exact. */
size_t text_ratio_matches(struct text_ratio *ratio, struct text_codes b, size_t needed);
/* Writes the positions, ascending, of the characters of b that are not popular (room for b.count) and returns how many
 * there are: all of them if b is not long. */
size_t text_ratio_unpopular(struct text_ratio *ratio, struct text_codes b, uint32_t *positions);
/* 2·M/T; two empty texts are alike (1). */
double text_ratio_of(size_t matches, size_t a_count, size_t b_count);

/* ---- shared by text_ratio.c and text_blocks.c -------------------------------------------------------------------- */

/* The longest common block of a region of two texts: the tables of b in hand, and three ways to find it. */

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
    struct text_codes a, b;
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

/* True where runs of unpopular characters are few, so that they are better listed once (text_blocks.c). */
bool text_blocks_list_cores(struct text_ratio *ratio);
/* The longest run within the region, the first in a, then in b, of those. Size 0 at (alo, blo) if there is none. */
struct block text_blocks_find_by_cores(struct text_ratio *ratio, const struct region *region);
/* For a b that is not long. */
void text_blocks_open_vectors(struct text_ratio *ratio);
struct block text_blocks_find_by_vectors(struct text_ratio *ratio, const struct region *region);
/* For any. */
struct block text_blocks_find_by_rows(struct text_ratio *ratio, const struct region *region);

#endif
