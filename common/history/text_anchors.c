#include "common/history/text_anchors.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

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

/* Anchors are looked at by so many. */
#define FAR_MAX 256
struct far_anchors {
    uint32_t count, anchors[FAR_MAX];
    uint8_t seen[FAR_MAX];
};

static uint32_t class_of(uint32_t code)
{
    if (code >= 'a' && code <= 'z')
        return code - 'a';
    if (code >= '0' && code <= '9')
        return 26 + (code - '0');
    return code == ' ' ? CLASS_OTHER - 1 : CLASS_OTHER + code % (CLASS_NONE - CLASS_OTHER);
}

/* ---- anchors ----------------------------------------------------------------------------------------------------- */

static uint64_t context_of(struct text_ratio_text b, size_t position)
{
    uint64_t context = 0;
    for (size_t j = position; j < position + 7; j++) /* three further on each, so that none is below 0 */
        context = context << CLASS_BITS | (j >= 3 && j - 3 < b.count ? class_of(b.codes[j - 3]) : CLASS_NONE);
    return context;
}

size_t text_anchors_find(struct text_ratio *ratio, struct text_ratio_text b, struct text_anchor *anchors)
{
    assert(b.count >= TEXT_RATIO_LONG && b.count <= TEXT_ANCHORS_LENGTH_MAX);
    uint32_t *positions = mem_array(b.count, sizeof(*positions));
    size_t count = text_ratio_unpopular(ratio, b, positions);
    for (size_t n = 0; n < count; n++)
        anchors[n] = (struct text_anchor){context_of(b, positions[n]) << TEXT_ANCHORS_POSITION_BITS | positions[n]};
    free(positions);
    return count;
}

/* ---- pieces ------------------------------------------------------------------------------------------------------ */

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
        last = last << CLASS_BITS | class_of(pieces->a.codes[i]);
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

/* ---- the bound --------------------------------------------------------------------------------------------------- */

static inline uint32_t code_at(const struct text_anchors *b, size_t j)
{
    if (b->width == 1)
        return ((const uint8_t *)b->codes)[j];
    return b->width == 2 ? ((const uint16_t *)b->codes)[j] : ((const uint32_t *)b->codes)[j];
}

static bool has_piece_at(const struct text_pieces *pieces, const struct text_anchors *b, size_t from)
{
    struct piece piece = {0, 1};
    for (size_t t = from; t < from + PIECE_MAX; t++)
        piece = piece_append(piece, code_at(b, t));
    return has_piece(pieces, piece);
}

/* How many characters after the anchor may still stand in a behind it; classes show SEEN_FAR. */
static size_t reach_right(const struct text_pieces *pieces, const struct text_anchors *b, size_t anchor)
{
    struct piece piece = {0, 1};
    size_t reach = SEEN_FAR;
    for (size_t t = anchor; t <= anchor + reach; t++)
        piece = piece_append(piece, code_at(b, t));
    while (reach < PIECE_MAX - 1 && anchor + reach + 1 < b->length) {
        piece = piece_append(piece, code_at(b, anchor + reach + 1));
        if (!has_piece(pieces, piece))
            return reach;
        reach++;
    }
    while (anchor + reach + 1 < b->length && has_piece_at(pieces, b, anchor + reach + 2 - PIECE_MAX))
        reach++;
    return reach;
}

static size_t reach_left(const struct text_pieces *pieces, const struct text_anchors *b, size_t anchor)
{
    struct piece piece = {0, 1};
    size_t reach = SEEN_FAR;
    for (size_t t = anchor - reach; t <= anchor; t++)
        piece = piece_append(piece, code_at(b, t));
    while (reach < PIECE_MAX - 1 && reach < anchor) {
        piece = piece_prepend(piece, code_at(b, anchor - reach - 1));
        if (!has_piece(pieces, piece))
            return reach;
        reach++;
    }
    while (reach < anchor && has_piece_at(pieces, b, anchor - reach - 1))
        reach++;
    return reach;
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

/* Without a branch: what comes out is as good as random. */
static inline unsigned see(const struct text_pieces *pieces, uint64_t context)
{
    uint64_t to_two = context >> CLASS_BITS, to_one = to_two >> CLASS_BITS, to_self = to_one >> CLASS_BITS;
    return (pieces->singles >> (to_self & (CLASSES - 1)) & 1) | has_pair(pieces, to_self) << 1 |
           has_pair(pieces, to_one) << 2 | has_triple(pieces, to_one) << 3 | has_triple(pieces, to_self) << 4 |
           has_triple(pieces, to_two) << 5 | has_quadruple(pieces, to_self) << 6 | has_quadruple(pieces, context) << 7;
}

static unsigned side_seen(unsigned seen, unsigned one, unsigned two, unsigned three)
{
    if (!(seen & one))
        return 0;
    return !(seen & two) ? 1 : !(seen & three) ? 2 : SEEN_FAR;
}

static size_t both_sides(unsigned seen, size_t left, size_t right)
{
    if (left > 0 && right > 0 && !(seen & SEEN_BOTH))
        return 1 + (left > right ? left : right); /* both sides stand in a, not together */
    return 1 + left + right;
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

/* The same where classes do not suffice. */
static size_t reach_far(const struct text_pieces *pieces, const struct text_anchors *b, size_t anchor, unsigned seen)
{
    size_t left = side_seen(seen, SEEN_LEFT, SEEN_LEFT_TWO, SEEN_LEFT_THREE);
    size_t right = side_seen(seen, SEEN_RIGHT, SEEN_RIGHT_TWO, SEEN_RIGHT_THREE);
    if (left == SEEN_FAR)
        left = reach_left(pieces, b, anchor);
    if (right == SEEN_FAR)
        right = reach_right(pieces, b, anchor);
    return both_sides(seen, left, right);
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

static size_t common_beginning(struct text_ratio_text a, const struct text_anchors *b)
{
    size_t shorter = a.count < b->length ? a.count : b->length, length = 0;
    while (length < shorter && a.codes[length] == code_at(b, length))
        length++;
    return length;
}

/* The anchors that classes do not settle: their number in `far`, and what classes say. Returns the sum over all. */
static size_t look_at_classes(const struct text_pieces *pieces, const struct text_anchors *b, uint32_t from,
                              struct far_anchors *far)
{
    uint32_t to = b->count - from < FAR_MAX ? b->count : from + FAR_MAX;
    size_t sum = 0;
    far->count = 0;
    for (uint32_t n = from; n < to; n++) {
        unsigned seen = see(pieces, b->anchors[n].bits >> TEXT_ANCHORS_POSITION_BITS);
        sum += pieces->reaches[seen];
        far->anchors[far->count] = n;
        far->seen[far->count] = (uint8_t)seen;
        far->count += pieces->is_far[seen];
    }
    return sum;
}

size_t text_pieces_bound(const struct text_pieces *pieces, const struct text_anchors *b, size_t enough)
{
    size_t bound = common_beginning(pieces->a, b);
    for (uint32_t from = 0; from < b->count && bound < enough; from += FAR_MAX) {
        struct far_anchors far;
        bound += look_at_classes(pieces, b, from, &far);
        for (uint32_t n = 0; n < far.count && bound < enough; n++)
            bound +=
                reach_far(pieces, b, b->anchors[far.anchors[n]].bits & (TEXT_ANCHORS_LENGTH_MAX - 1), far.seen[n]) -
                pieces->reaches[far.seen[n]];
    }
    return bound;
}
