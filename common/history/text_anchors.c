#include "common/history/text_anchors.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/history/text_ratio_private.h"

/* Pieces of up to so many characters are kept; a longer one is in a only if all its pieces of this length are. */
#define PIECE_MAX 6
/* One in 16 bits of the set is 1 at most, up to the greatest set. */
#define BITS_PER_PIECE 16
#define BITS_LOG_MIN 13
#define BITS_LOG_MAX 20

struct text_pieces {
    struct text_ratio_text a;
    uint64_t *bits;
    unsigned bits_log;
};

/* ---- anchors ----------------------------------------------------------------------------------------------------- */

struct tally {
    uint32_t code, count;
};

static int by_code(const void *one, const void *other)
{
    uint32_t a = ((const struct tally *)one)->code, b = ((const struct tally *)other)->code;
    return (a > b) - (a < b);
}

/* How often each character stands in b, sorted by it. */
static size_t tally_up(struct text_ratio_text b, struct tally *tallies)
{
    size_t count = 0;
    for (size_t j = 0; j < b.count; j++)
        tallies[j] = (struct tally){b.codes[j], 1};
    qsort(tallies, b.count, sizeof(*tallies), by_code);
    for (size_t j = 0; j < b.count; j++) {
        if (count > 0 && tallies[count - 1].code == tallies[j].code)
            tallies[count - 1].count++;
        else
            tallies[count++] = tallies[j];
    }
    return count;
}

size_t text_anchors_find(struct text_ratio_text b, uint16_t *positions)
{
    assert(b.count >= TEXT_RATIO_LONG && b.count <= TEXT_ANCHORS_COUNT_MAX);
    struct tally *tallies = mem_array(b.count, sizeof(*tallies));
    size_t distinct = tally_up(b, tallies), count = 0;
    for (size_t j = 0; j < b.count; j++) {
        const struct tally *tally =
            bsearch(&(struct tally){b.codes[j], 0}, tallies, distinct, sizeof(*tallies), by_code);
        if (!text_ratio_is_popular(b.count, tally->count))
            positions[count++] = (uint16_t)j;
    }
    free(tallies);
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

struct text_pieces *text_pieces_new(void)
{
    struct text_pieces *pieces = mem_zalloc(sizeof(*pieces));
    pieces->bits = mem_array(((size_t)1 << BITS_LOG_MAX) / 64, sizeof(*pieces->bits));
    return pieces;
}

void text_pieces_drop(struct text_pieces *pieces)
{
    if (pieces == NULL)
        return;
    free(pieces->bits);
    free(pieces);
}

void text_pieces_set(struct text_pieces *pieces, struct text_ratio_text a)
{
    pieces->a = a;
    pieces->bits_log = BITS_LOG_MIN;
    while (pieces->bits_log < BITS_LOG_MAX && (size_t)1 << pieces->bits_log < a.count * PIECE_MAX * BITS_PER_PIECE)
        pieces->bits_log++;
    memset(pieces->bits, 0, ((size_t)1 << pieces->bits_log) / 8);
    for (size_t i = 0; i < a.count; i++) {
        struct piece piece = {0, 1};
        for (size_t t = i; t < a.count && t < i + PIECE_MAX; t++) {
            piece = piece_append(piece, a.codes[t]);
            uint64_t bit = bit_of(pieces, piece);
            pieces->bits[bit / 64] |= UINT64_C(1) << (bit % 64);
        }
    }
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

/* How many characters after the anchor may still stand in a behind it. */
static size_t reach_right(const struct text_pieces *pieces, const struct text_anchors *b, size_t anchor)
{
    struct piece piece = piece_append((struct piece){0, 1}, code_at(b, anchor));
    size_t reach = 0;
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
    struct piece piece = piece_append((struct piece){0, 1}, code_at(b, anchor));
    size_t reach = 0;
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

static size_t common_beginning(struct text_ratio_text a, const struct text_anchors *b)
{
    size_t shorter = a.count < b->length ? a.count : b->length, length = 0;
    while (length < shorter && a.codes[length] == code_at(b, length))
        length++;
    return length;
}

size_t text_pieces_bound(const struct text_pieces *pieces, const struct text_anchors *b, size_t enough)
{
    size_t bound = common_beginning(pieces->a, b);
    for (size_t n = 0; n < b->count && bound < enough; n++) {
        size_t anchor = b->positions[n];
        if (has_piece(pieces, piece_append((struct piece){0, 1}, code_at(b, anchor))))
            bound += 1 + reach_left(pieces, b, anchor) + reach_right(pieces, b, anchor);
    }
    return bound;
}
