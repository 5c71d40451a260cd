/* Patterns of arguments: POSIX extended regular expressions, kept to what cannot cost much time or memory. */
#ifndef REPRISE_DEFINITIONS_DEFINITION_PATTERN_H
#define REPRISE_DEFINITIONS_DEFINITION_PATTERN_H

#include <stdbool.h>

#include "common/base/err.h"

/* ERR_USAGE with the reason if the pattern is malformed, too long, repeats too much or has back-references. */
MUST_CHECK enum err definition_pattern_check(const char *pattern, struct err_info *error);
/* True if `text` matches anywhere; anchors are the author's. The pattern must have passed definition_pattern_check. */
bool definition_pattern_matches(const char *pattern, const char *text);

#endif
