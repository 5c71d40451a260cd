/* The words of a text: as people count them, and as patterns look for them. */
#ifndef REPRISE_HISTORY_WORDS_H
#define REPRISE_HISTORY_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* What stands between white space (all of Unicode's, as Python's str.split() has it); text is UTF-8. NULL has none. */
size_t words_count(const char *text, size_t len);
/* Whether `word` (ASCII, lower case) stands in the lower-cased `text` with no letter, digit or underscore on either
 * side. Bytes above ASCII count as letters. */
bool words_have(const char *text, size_t len, const char *word);

#endif
