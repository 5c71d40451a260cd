/* A reader of the index, for the files that answer its questions. */
#ifndef REPRISE_HISTORY_SIMILARITY_READER_H
#define REPRISE_HISTORY_SIMILARITY_READER_H

#include "common/history/similarity_private.h"
#include "common/history/text_anchors.h"

/* Runs are sorted by their bound into steps of 1/STEPS_PER_ONE, from 1 down to SIMILARITY_LEAST. */
#define STEPS_PER_ONE 256
#define STEPS (STEPS_PER_ONE / 2 + 2)
/* So many runs are considered before all. */
#define LIKELY 32

struct reader_text {
    struct text_ratio_text text;
    uint32_t *room;
    size_t cap;
};

struct similarity_reader {
    const struct similarity *index;
    struct text_ratio *ratio;
    struct text_reach *reach;
    struct reader_text a, b; /* in full width */
    float *bounds;           /* by row */
    uint32_t *order;         /* rows by falling bound */
    uint32_t step_ends[STEPS];
    size_t row;    /* whose best are sought */
    bool is_ready; /* its text is set */
    struct similarity_list list;
    struct similarity_match *entered;
    size_t entered_count, entered_cap;
    struct similarity_effort effort;
};

/* From now on `row` is compared with others; the list is empty. */
void similarity_begin(struct similarity_reader *reader, size_t row);
/* `reader->row` against another: in the end its score is in the list if it belongs there. */
void similarity_consider(struct similarity_reader *reader, size_t other);

#endif
