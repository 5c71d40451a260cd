/*
 * Lower case as Python's str.lower() has it, for all of Unicode: each letter's simple mapping, U+0130 as "i" and a
 * combining dot, and the capital sigma by its place in the word. The tables are those of one Unicode version
 * (lower_table.py), so that the same text gives the same result on every machine, whatever its locale.
 */
#ifndef REPRISE_HISTORY_LOWER_H
#define REPRISE_HISTORY_LOWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The lower-cased code points of a text; each byte that is not UTF-8 becomes one U+FFFD. The caller frees them. */
uint32_t *lower_codes(const char *text, size_t len, size_t *count);
/* The same as UTF-8, NUL-terminated. The caller frees it. */
char *lower_utf8(const char *text, size_t len, size_t *out_len);

/* ---- the words of a text, as people count them and as patterns look for them ------------------------------------- */

/* What stands between white space (all of Unicode's, as Python's str.split() has it); text is UTF-8. NULL has none. */
size_t words_count(const char *text, size_t len);
/* Whether `word` (ASCII, lower case) stands in the lower-cased `text` with no letter, digit or underscore on either
 * side. Bytes above ASCII count as letters. */
bool words_have(const char *text, size_t len, const char *word);

/* ---- the tables that lower.c reads, in lower_table.c, by code point ---------------------------------------------- */

/* Every `step`th code from `from` to `to` has its lower case `shift` further on. */
struct lower_shift {
    uint32_t from, to;
    int32_t step, shift;
};

struct lower_range {
    uint32_t from, to;
};

extern const struct lower_shift lower_shifts[];
extern const size_t lower_shifts_count;
/* Letters with case, and what the search for one passes over (a mark, an apostrophe). */
extern const struct lower_range lower_cased[], lower_skipped[];
extern const size_t lower_cased_count, lower_skipped_count;

#endif
