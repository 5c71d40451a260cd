/*
 * Lower case as Python's str.lower() has it, for all of Unicode: each letter's simple mapping, U+0130 as "i" and a
 * combining dot, and the capital sigma by its place in the word. The tables are those of one Unicode version
 * (lower_table.py), so that the same text gives the same result on every machine, whatever its locale.
 */
#ifndef REPRISE_HISTORY_LOWER_H
#define REPRISE_HISTORY_LOWER_H

#include <stddef.h>
#include <stdint.h>

/* The lower-cased code points of a text; each byte that is not UTF-8 becomes one U+FFFD. The caller frees them. */
uint32_t *lower_codes(const char *text, size_t len, size_t *count);
/* The same as UTF-8, NUL-terminated. The caller frees it. */
char *lower_utf8(const char *text, size_t len, size_t *out_len);

#endif
