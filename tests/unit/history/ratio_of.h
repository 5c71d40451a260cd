/* The ratio of two UTF-8 texts, lower-cased as the history compares them. */
#ifndef REPRISE_TESTS_UNIT_HISTORY_RATIO_OF_H
#define REPRISE_TESTS_UNIT_HISTORY_RATIO_OF_H

#include <stdlib.h>
#include <string.h>

#include "common/history/lower.h"
#include "common/history/text_ratio.h"

static inline double ratio_of(const char *a, const char *b)
{
    struct text_codes one, other;
    uint32_t *a_codes = lower_codes(a, strlen(a), &one.count), *b_codes = lower_codes(b, strlen(b), &other.count);
    one.codes = a_codes;
    other.codes = b_codes;
    struct text_ratio *ratio = text_ratio_new();
    text_ratio_set(ratio, one);
    double result = text_ratio_of(text_ratio_matches(ratio, other, 0), one.count, other.count);
    text_ratio_drop(ratio);
    free(a_codes);
    free(b_codes);
    return result;
}

#endif
