/*
 * A bound for text ratios whose b is long (text_ratio.h): few characters of b are unpopular there, and every block of
 * matching characters holds one of them, its anchor; except one block at most, which begins both texts: a block is
 * extended until the texts differ, so what is left between blocks never begins alike.
 *
 * So M is at most the common beginning plus, for each anchor, how far a text like that around it stands anywhere in a.
 * Whether it does is asked of tables of a's short pieces, which may say yes too often, never no.
 */
#ifndef REPRISE_HISTORY_TEXT_ANCHORS_H
#define REPRISE_HISTORY_TEXT_ANCHORS_H

#include <stddef.h>
#include <stdint.h>

#include "common/history/text_ratio.h"

/* Its position in the lower 22 bits; above them the classes (six bits each) of the three characters before it, of
 * itself and of the three after it. */
struct text_anchor {
    uint64_t bits;
};
#define TEXT_ANCHORS_POSITION_BITS 22
#define TEXT_ANCHORS_LENGTH_MAX (1U << TEXT_ANCHORS_POSITION_BITS)

/* b, its characters in `width` bytes each (1, 2, 4). Borrowed. */
struct text_anchors {
    const void *codes;
    const struct text_anchor *anchors;
    uint32_t length, count;
    uint8_t width;
};

/* Writes the anchors of b, which has TEXT_RATIO_LONG to TEXT_ANCHORS_LENGTH_MAX characters (room for b.count of them),
 * and returns how many there are. */
size_t text_anchors_find(struct text_ratio *ratio, struct text_ratio_text b, struct text_anchor *anchors);

/* The pieces of a. */
struct text_pieces;
struct text_pieces *text_pieces_new(void);
void text_pieces_drop(struct text_pieces *pieces);
/* Sets a, borrowed until the next call. */
void text_pieces_set(struct text_pieces *pieces, struct text_ratio_text a);
/* An upper bound of M; if it reaches `enough`, any number from there on. The greater `enough`, the less is looked at.
 */
size_t text_pieces_bound(const struct text_pieces *pieces, const struct text_anchors *b, size_t enough);

#endif
