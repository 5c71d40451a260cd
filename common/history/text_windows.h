/*
 * The short pieces that begin (or end) at the anchors of all texts (text_anchors.h), each kept once under a number, and
 * how far each of them stands in one text: asked of all at once, because few texts are unlike all others in all pieces.
 *
 * A piece is written by classes of characters, so that it is one number: equal characters have equal classes.
 */
#ifndef REPRISE_HISTORY_TEXT_WINDOWS_H
#define REPRISE_HISTORY_TEXT_WINDOWS_H

#include <stddef.h>
#include <stdint.h>

/* Characters of a piece, the anchor among them. */
#define TEXT_WINDOWS_LENGTH 10
#define TEXT_WINDOWS_NONE 63 /* the class where a piece ends sooner */

/* 0 to 62. */
uint32_t text_windows_class(uint32_t code);
/* Appends a character's class to those of a piece, which begins as 0; after TEXT_WINDOWS_LENGTH of them it is whole. */
static inline uint64_t text_windows_append(uint64_t piece, uint32_t class)
{
    return piece << 6 | class;
}

struct text_windows;
struct text_windows *text_windows_new(void);
void text_windows_drop(struct text_windows *windows);
/* The number of a piece: 0, 1, … in the order in which they come. */
uint32_t text_windows_add(struct text_windows *windows, uint64_t piece);
/* After the last one, before the first question. */
void text_windows_seal(struct text_windows *windows);
size_t text_windows_count(const struct text_windows *windows);
size_t text_windows_bytes(const struct text_windows *windows);

/* Into `matched`, by number: of how many characters, from its beginning, it is the same as one of `pieces` at most.
 * Sorts `pieces`. */
void text_windows_match(const struct text_windows *windows, uint64_t *pieces, size_t count, uint8_t *matched);

#endif
