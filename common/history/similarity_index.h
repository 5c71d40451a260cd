/*
 * The index of all runs that similarity.h asks: filled once, by ascending id, then sealed. The structs stand here for
 * similarity.c; others fill it and ask through similarity.h.
 */
#ifndef REPRISE_HISTORY_SIMILARITY_INDEX_H
#define REPRISE_HISTORY_SIMILARITY_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "common/history/text_anchors.h"
#include "common/history/text_ratio.h"

#define SIMILARITY_UNKNOWN (-1)

struct similarity_run {
    int64_t id;
    const char *text; /* nl_input as written, UTF-8; NULL: unknown */
    size_t len;
    int status;        /* any number; equal ones are the same status */
    int64_t cost_nusd; /* below 0: unknown */
    double duration_s; /* below 0 or not finite: unknown */
    double least;      /* what another must reach to enter the list stored of it; NAN: its list is not to be entered */
};

struct similarity;
struct similarity *similarity_new(void);
void similarity_drop(struct similarity *index); /* after its readers */
/* Copies the run; ids must ascend. */
void similarity_add(struct similarity *index, const struct similarity_run *run);
/* After the last run, before the first reader. */
void similarity_seal(struct similarity *index);
size_t similarity_count(const struct similarity *index);
/* The ids, for a caller that divides the work: of row 0 to count - 1, ascending. */
int64_t similarity_id(const struct similarity *index, size_t row);
size_t similarity_bytes(const struct similarity *index);

/* ---- for similarity.c -------------------------------------------------------------------------------------------- */

/* Characters are counted in this many classes: that the counts of a run fill one cache line. */
#define SIMILARITY_CLASSES 32
/* Longer texts are not counted, their counts would not fit. */
#define SIMILARITY_COUNTED_MAX INT16_MAX

struct similarity_row {
    int64_t id;
    double cost, duration_s;           /* NAN: unknown */
    double least;                      /* NAN: nothing is stored */
    const void *text;                  /* `length` lower-cased characters of `width` bytes each; NULL: unknown */
    const struct text_anchor *anchors; /* `anchor_count` of them; NULL: not long, or too long for them */
    uint32_t length, anchor_count;
    int status;
    uint8_t width;
};

struct similarity_letters {
    int16_t counts[SIMILARITY_CLASSES];
};

struct similarity_block;

/* By row. What the first look needs stands by itself, as floats: zero as SIMILARITY_ZERO, unknown as NAN. */
struct similarity {
    size_t count, cap;
    struct similarity_row *rows;
    struct similarity_letters *letters;
    float *costs, *durations, *lengths, *leasts;
    int *statuses;
    struct text_ratio *ratio;        /* to find anchors with */
    struct text_pieces *pieces;      /* beside anchors */
    struct similarity_block *blocks; /* where texts are kept */
    size_t bytes_of_blocks;
    size_t with_least; /* rows */
};

/* Divided by itself it is 1, divided by any real cost, time or length nearly 0. */
#define SIMILARITY_ZERO 1e-30F

/* The row of an id, or SIZE_MAX. */
size_t similarity_row_of(const struct similarity *index, int64_t id);

/* How much the ratio that lengths allow at most counts, for a short b and for one whose characters can be popular. */
struct similarity_weights {
    float short_text, long_text;
};
/* With these the scan gives an upper bound. */
#define SIMILARITY_MOST ((struct similarity_weights){0.4F, 0.4F})
/* With these what is to be expected of texts that share no more than their language: 0.4 × such ratios as were seen. */
#define SIMILARITY_LIKELY ((struct similarity_weights){0.12F, 0.02F})

/* The score of `row` against each run into `bounds`, by these weights, right to SIMILARITY_SCAN_ERROR. */
#define SIMILARITY_SCAN_ERROR 1e-5F
void similarity_scan(const struct similarity *index, size_t row, struct similarity_weights weights, float *bounds);
/* How many characters the two texts can have in common at most, by their letters. */
size_t similarity_letters_in_common(const struct similarity_letters *one, const struct similarity_letters *other);

#endif
