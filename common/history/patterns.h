/*
 * Patterns: requests that ask for the same operation share a signature `category:subcategory:target`, read off whole
 * words (so "latest" is no test, unlike in the program whose history this takes over). Rules:
 * docs/domain/history.md; the words stand in the tables of patterns.c.
 */
#ifndef REPRISE_HISTORY_PATTERNS_H
#define REPRISE_HISTORY_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATTERNS_SIGNATURE_MAX 48

/* Writes the signature of a request (UTF-8, any case; may be NULL) and answers true; false if it has none. */
bool patterns_signature(const char *text, size_t len, char out[PATTERNS_SIGNATURE_MAX]);

/* What is known of the runs of one pattern, as one aggregate query gives it. */
struct patterns_evidence {
    int64_t occurrences;
    int64_t durations;        /* how many runs have a known one */
    double duration_variance; /* of the population, in s²: var_pop(); not read if `durations` < 2 */
    double mean_errors;       /* below 0: not known, which never counts as a success */
    double mean_retries;      /* likewise */
};

/* 0 to 100. */
int patterns_confidence(const struct patterns_evidence *evidence);

#endif
