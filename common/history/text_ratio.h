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

#include "common/history/text_blocks.h"

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

#endif
