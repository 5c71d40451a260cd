/* The tables of lower.c, sorted by code point. */
#ifndef REPRISE_HISTORY_LOWER_PRIVATE_H
#define REPRISE_HISTORY_LOWER_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

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
