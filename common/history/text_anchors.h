/*
 * A bound for text ratios whose b is long (text_ratio.h): few characters of b are unpopular there, and every block of
 * matching characters holds one of them, its anchor; except one block at most, which begins both texts: a block is
 * extended until the texts differ, so what is left between blocks never begins alike.
 *
 * So M is at most the common beginning, plus the anchors that stand in a, plus what blocks have of the gaps before,
 * between and after anchors. Let R be how far the text right of an anchor stands in a behind that anchor, L how far
 * the text left of the next one does before that one, and g how long the gap between both is. A block that has a part
 * of the gap holds one of the two anchors, as it holds an anchor and has no hole. If it holds both, all of the gap
 * stands in a beside either anchor: R and L are g at least. If not, there is one block at most from the left one and
 * one from the right one: they have R + L characters at most, and not the same ones. Either way the gap gives no more
 * than min(g, R + L).
 *
 * R and L are known for all anchors of all texts at once, from the pieces beside them (text_windows.h), up to a piece's
 * length; what stands in a for all of that may stand there as far as the gap goes.
 */
#ifndef REPRISE_HISTORY_TEXT_ANCHORS_H
#define REPRISE_HISTORY_TEXT_ANCHORS_H

#include <stddef.h>
#include <stdint.h>

#include "common/history/text_ratio.h"

/* Longer texts have no anchors. */
#define TEXT_ANCHORS_LENGTH_MAX (1U << 22)

/* The number of the piece that ends with the anchor and of the one that begins with it, in the lower 24 bits; above
 * them how long the gap on the left is, 255: longer. */
struct text_anchor {
    uint32_t left, right;
};

/* b, its characters in `width` bytes each (1, 2, 4). Borrowed. */
struct text_anchors {
    const void *codes;
    const struct text_anchor *anchors;
    uint32_t length, count;
    uint8_t width;
};

/* The pieces of all texts. */
struct text_pieces;
struct text_pieces *text_pieces_new(void);
void text_pieces_drop(struct text_pieces *pieces);
/* Writes the anchors of b, which has TEXT_RATIO_LONG to TEXT_ANCHORS_LENGTH_MAX characters (room for b.count of them),
 * and returns how many there are; SIZE_MAX if there are too many different pieces already: then b has no bound. */
size_t text_anchors_find(struct text_pieces *pieces, struct text_ratio *ratio, struct text_codes b,
                         struct text_anchor *anchors);
/* After the last text, before the first question. */
void text_pieces_seal(struct text_pieces *pieces);
size_t text_pieces_bytes(const struct text_pieces *pieces);

/* What of them stands in a. */
struct text_reach;
struct text_reach *text_reach_new(const struct text_pieces *pieces); /* borrows it */
void text_reach_drop(struct text_reach *reach);
/* Sets a, borrowed until the next call. */
void text_reach_set(struct text_reach *reach, struct text_codes a);
/* An upper bound of M. */
size_t text_reach_bound(const struct text_reach *reach, const struct text_anchors *b);

#endif
