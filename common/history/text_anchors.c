#include "common/history/text_anchors.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/history/text_anchors_private.h"

/* Anchors are looked at by so many. */
#define FAR_MAX 256
struct far_anchors {
    uint32_t count, anchors[FAR_MAX];
    uint8_t seen[FAR_MAX];
};

/* ---- anchors ----------------------------------------------------------------------------------------------------- */

static uint64_t context_of(struct text_ratio_text b, size_t position)
{
    uint64_t context = 0;
    for (size_t j = position; j < position + 7; j++) /* three further on each, so that none is below 0 */
        context = context << CLASS_BITS | (j >= 3 && j - 3 < b.count ? text_class_of(b.codes[j - 3]) : CLASS_NONE);
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

/* How many characters after the anchor may still stand in a behind it, at most `limit`; classes show SEEN_FAR. */
static size_t reach_right(const struct text_pieces *pieces, const struct text_anchors *b, size_t anchor, size_t limit)
{
    struct piece piece = {0, 1};
    size_t reach = SEEN_FAR;
    for (size_t t = anchor; t <= anchor + reach; t++)
        piece = piece_append(piece, code_at(b, t));
    while (reach < PIECE_MAX - 1 && reach < limit) {
        piece = piece_append(piece, code_at(b, anchor + reach + 1));
        if (!has_piece(pieces, piece))
            return reach;
        reach++;
    }
    while (reach < limit && has_piece_at(pieces, b, anchor + reach + 2 - PIECE_MAX))
        reach++;
    return reach;
}

static size_t reach_left(const struct text_pieces *pieces, const struct text_anchors *b, size_t anchor, size_t limit)
{
    struct piece piece = {0, 1};
    size_t reach = SEEN_FAR;
    for (size_t t = anchor - reach; t <= anchor; t++)
        piece = piece_append(piece, code_at(b, t));
    while (reach < PIECE_MAX - 1 && reach < limit) {
        piece = piece_prepend(piece, code_at(b, anchor - reach - 1));
        if (!has_piece(pieces, piece))
            return reach;
        reach++;
    }
    while (reach < limit && has_piece_at(pieces, b, anchor - reach - 1))
        reach++;
    return reach;
}

/* Without a branch: what comes out is as good as random. */
static inline unsigned see(const struct text_pieces *pieces, uint64_t context)
{
    uint64_t to_two = context >> CLASS_BITS, to_one = to_two >> CLASS_BITS, to_self = to_one >> CLASS_BITS;
    return (pieces->singles >> (to_self & (CLASSES - 1)) & 1) | has_pair(pieces, to_self) << 1 |
           has_pair(pieces, to_one) << 2 | has_triple(pieces, to_one) << 3 | has_triple(pieces, to_self) << 4 |
           has_triple(pieces, to_two) << 5 | has_quadruple(pieces, to_self) << 6 | has_quadruple(pieces, context) << 7;
}

static uint32_t position_of(const struct text_anchors *b, uint32_t n)
{
    return (uint32_t)b->anchors[n].bits & (TEXT_ANCHORS_LENGTH_MAX - 1);
}

/* A block of several anchors is shared out among them: to each what is left of it up to the one before, to the last one
 * what is right of it. So neither side counts further than to the next anchor. */
static size_t left_limit(const struct text_anchors *b, uint32_t n)
{
    size_t gap = position_of(b, n) - (n > 0 ? position_of(b, n - 1) + 1 : 0);
    return gap > SEEN_FAR ? gap : SEEN_FAR;
}

static size_t right_limit(const struct text_anchors *b, uint32_t n)
{
    size_t gap = (n + 1 < b->count ? position_of(b, n + 1) : b->length) - position_of(b, n) - 1;
    return gap > SEEN_FAR ? gap : SEEN_FAR;
}

/* The same where classes do not suffice: without looking, and with. */
static size_t reach_limit(const struct text_anchors *b, uint32_t n, unsigned seen)
{
    size_t left = side_seen(seen, SEEN_LEFT, SEEN_LEFT_TWO, SEEN_LEFT_THREE);
    size_t right = side_seen(seen, SEEN_RIGHT, SEEN_RIGHT_TWO, SEEN_RIGHT_THREE);
    return both_sides(seen, left == SEEN_FAR ? left_limit(b, n) : left, right == SEEN_FAR ? right_limit(b, n) : right);
}

static size_t reach_far(const struct text_pieces *pieces, const struct text_anchors *b, uint32_t n, unsigned seen)
{
    size_t left = side_seen(seen, SEEN_LEFT, SEEN_LEFT_TWO, SEEN_LEFT_THREE);
    size_t right = side_seen(seen, SEEN_RIGHT, SEEN_RIGHT_TWO, SEEN_RIGHT_THREE);
    if (left == SEEN_FAR)
        left = reach_left(pieces, b, position_of(b, n), left_limit(b, n));
    if (right == SEEN_FAR)
        right = reach_right(pieces, b, position_of(b, n), right_limit(b, n));
    return both_sides(seen, left, right);
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

/* Raises `bound` for the anchors that classes do not settle; where their limits suffice to stay below `enough`, by
 * those. */
static size_t add_far(const struct text_pieces *pieces, const struct text_anchors *b, const struct far_anchors *far,
                      size_t bound, size_t enough)
{
    size_t most = bound;
    for (uint32_t n = 0; n < far->count && most < enough; n++)
        most += reach_limit(b, far->anchors[n], far->seen[n]) - pieces->reaches[far->seen[n]];
    if (most < enough)
        return most;
    for (uint32_t n = 0; n < far->count && bound < enough; n++)
        bound += reach_far(pieces, b, far->anchors[n], far->seen[n]) - pieces->reaches[far->seen[n]];
    return bound;
}

size_t text_pieces_bound(const struct text_pieces *pieces, const struct text_anchors *b, size_t enough)
{
    size_t bound = common_beginning(pieces->a, b);
    for (uint32_t from = 0; from < b->count && bound < enough; from += FAR_MAX) {
        struct far_anchors far;
        bound += look_at_classes(pieces, b, from, &far);
        bound = add_far(pieces, b, &far, bound, enough);
    }
    return bound;
}
