/* The pieces of a: which single characters, pairs, triples and longer pieces it holds, by class and by hash. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/history/text_anchors_private.h"

static void note_bit(uint64_t *bits, uint64_t bit)
{
    bits[bit / 64] |= UINT64_C(1) << (bit % 64);
}

/* Only what has all its characters: a piece that would begin before b or end after it is in no a. */
static void note_classes(struct text_pieces *pieces)
{
    uint64_t last = 0; /* classes */
    pieces->singles = 0;
    memset(pieces->pairs, 0, sizeof(pieces->pairs));
    memset(pieces->triples, 0, sizeof(pieces->triples));
    memset(pieces->quadruples, 0, sizeof(pieces->quadruples));
    for (size_t i = 0; i < pieces->a.count; i++) {
        last = last << CLASS_BITS | text_class_of(pieces->a.codes[i]);
        note_bit(&pieces->singles, last & (CLASSES - 1));
        if (i >= 1)
            note_bit(pieces->pairs, last & (CLASSES * CLASSES - 1));
        if (i >= 2)
            note_bit(pieces->triples, last & (CLASSES * CLASSES * CLASSES - 1));
        if (i >= 3)
            note_bit(pieces->quadruples, quadruple_bit(last));
    }
}

static void note_hashes(struct text_pieces *pieces)
{
    struct text_ratio_text a = pieces->a;
    pieces->bits_log = BITS_LOG_MIN;
    while (pieces->bits_log < BITS_LOG_MAX && (size_t)1 << pieces->bits_log < a.count * PIECE_MAX * BITS_PER_PIECE)
        pieces->bits_log++;
    memset(pieces->bits, 0, ((size_t)1 << pieces->bits_log) / 8);
    for (size_t i = 0; i < a.count; i++) {
        struct piece piece = {0, 1};
        for (size_t t = i; t < a.count && t < i + PIECE_MAX; t++) {
            piece = piece_append(piece, a.codes[t]);
            note_bit(pieces->bits, bit_of(pieces, piece));
        }
    }
}

void text_pieces_set(struct text_pieces *pieces, struct text_ratio_text a)
{
    pieces->a = a;
    note_classes(pieces);
    note_hashes(pieces);
}

/* How many characters a block around an anchor has at most, as far as that is known from its classes; where one side
 * may reach further than three, at least so many. */
static uint8_t reach_seen(unsigned seen)
{
    if (!(seen & SEEN_SELF))
        return 0;
    return (uint8_t)both_sides(seen, side_seen(seen, SEEN_LEFT, SEEN_LEFT_TWO, SEEN_LEFT_THREE),
                               side_seen(seen, SEEN_RIGHT, SEEN_RIGHT_TWO, SEEN_RIGHT_THREE));
}

static bool may_reach_further(unsigned seen)
{
    return (seen & SEEN_SELF) && (side_seen(seen, SEEN_LEFT, SEEN_LEFT_TWO, SEEN_LEFT_THREE) == SEEN_FAR ||
                                  side_seen(seen, SEEN_RIGHT, SEEN_RIGHT_TWO, SEEN_RIGHT_THREE) == SEEN_FAR);
}

static void learn_reaches(struct text_pieces *pieces)
{
    for (unsigned seen = 0; seen <= SEEN_ALL; seen++) {
        pieces->reaches[seen] = reach_seen(seen);
        pieces->is_far[seen] = may_reach_further(seen);
    }
}

struct text_pieces *text_pieces_new(void)
{
    struct text_pieces *pieces = mem_zalloc(sizeof(*pieces));
    pieces->bits = mem_array(((size_t)1 << BITS_LOG_MAX) / 64, sizeof(*pieces->bits));
    learn_reaches(pieces);
    return pieces;
}

void text_pieces_drop(struct text_pieces *pieces)
{
    if (pieces == NULL)
        return;
    free(pieces->bits);
    free(pieces);
}
