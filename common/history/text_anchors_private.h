/* What the two halves of text_anchors share: the tables of a's pieces, and how to read them. */
#ifndef REPRISE_HISTORY_TEXT_ANCHORS_PRIVATE_H
#define REPRISE_HISTORY_TEXT_ANCHORS_PRIVATE_H

#include <stdbool.h>

#include "common/history/text_anchors.h"

/* Classes of characters, for tables that are asked by index. */
#define CLASS_BITS 6
#define CLASSES (1U << CLASS_BITS)
#define CLASS_NONE (CLASSES - 1) /* before the first character and after the last */
#define CLASS_OTHER 37

/* Longer pieces, of up to so many characters, are kept as hashes; a still longer one is in a only if all its pieces of
 * this length are. */
#define PIECE_MAX 6
/* One in 16 bits of the set is 1 at most, up to the greatest set. */
#define BITS_PER_PIECE 16
#define BITS_LOG_MIN 13
#define BITS_LOG_MAX 20

#define QUADRUPLE_LOG 16
#define QUADRUPLE_BITS (1U << QUADRUPLE_LOG)

/* What the classes around an anchor show, a bit each: it is in a itself, with its neighbour on the left, on the right,
 * with both, with two on the left, on the right, with three on the left, on the right. */
enum {
    SEEN_SELF = 1,
    SEEN_LEFT = 2,
    SEEN_RIGHT = 4,
    SEEN_BOTH = 8,
    SEEN_LEFT_TWO = 16,
    SEEN_RIGHT_TWO = 32,
    SEEN_LEFT_THREE = 64,
    SEEN_RIGHT_THREE = 128,
    SEEN_ALL = 255
};
#define SEEN_FAR 3 /* characters on one side, and perhaps more */

struct text_pieces {
    struct text_ratio_text a;
    uint64_t singles, pairs[CLASSES], triples[CLASSES * CLASSES]; /* a bit for each last class */
    uint64_t quadruples[QUADRUPLE_BITS / 64];                     /* by a hash */
    uint64_t *bits;
    unsigned bits_log;
    uint8_t reaches[SEEN_ALL + 1], is_far[SEEN_ALL + 1]; /* by what is seen of an anchor, see SEEN_SELF */
};

static inline uint32_t text_class_of(uint32_t code)
{
    if (code >= 'a' && code <= 'z')
        return code - 'a';
    if (code >= '0' && code <= '9')
        return 26 + (code - '0');
    return code == ' ' ? CLASS_OTHER - 1 : CLASS_OTHER + code % (CLASS_NONE - CLASS_OTHER);
}

/*
 * A piece c0 c1 … is hashed as the sum of c(t)·BASE^t, so that it can grow at either end; modulo 2^64, odd BASE.
 */
#define BASE UINT64_C(0x9E3779B97F4A7C15)

struct piece {
    uint64_t hash, power; /* power: BASE^length */
};

static inline struct piece piece_append(struct piece piece, uint32_t code)
{
    return (struct piece){piece.hash + (code + 1) * piece.power, piece.power * BASE};
}

static inline struct piece piece_prepend(struct piece piece, uint32_t code)
{
    return (struct piece){piece.hash * BASE + code + 1, piece.power * BASE};
}

static inline uint64_t bit_of(const struct text_pieces *pieces, struct piece piece)
{
    return ((piece.hash ^ piece.hash >> 29) * UINT64_C(0xBF58476D1CE4E5B9)) >> (64 - pieces->bits_log);
}

static inline bool has_piece(const struct text_pieces *pieces, struct piece piece)
{
    uint64_t bit = bit_of(pieces, piece);
    return pieces->bits[bit / 64] >> (bit % 64) & 1;
}

static inline uint32_t quadruple_bit(uint64_t quadruple)
{
    return (uint32_t)(quadruple & (CLASSES * CLASSES * CLASSES * CLASSES - 1)) * UINT32_C(0x9E3779B1) >>
           (32 - QUADRUPLE_LOG);
}

static inline unsigned has_pair(const struct text_pieces *pieces, uint64_t pair)
{
    return pieces->pairs[pair >> CLASS_BITS & (CLASSES - 1)] >> (pair & (CLASSES - 1)) & 1;
}

static inline unsigned has_triple(const struct text_pieces *pieces, uint64_t triple)
{
    return pieces->triples[triple >> CLASS_BITS & (CLASSES * CLASSES - 1)] >> (triple & (CLASSES - 1)) & 1;
}

static inline unsigned has_quadruple(const struct text_pieces *pieces, uint64_t quadruple)
{
    uint32_t bit = quadruple_bit(quadruple);
    return pieces->quadruples[bit / 64] >> (bit % 64) & 1;
}

static inline unsigned side_seen(unsigned seen, unsigned one, unsigned two, unsigned three)
{
    if (!(seen & one))
        return 0;
    return !(seen & two) ? 1 : !(seen & three) ? 2 : SEEN_FAR;
}

static inline size_t both_sides(unsigned seen, size_t left, size_t right)
{
    if (left > 0 && right > 0 && !(seen & SEEN_BOTH))
        return 1 + (left > right ? left : right); /* both sides stand in a, not together */
    return 1 + left + right;
}

#endif
