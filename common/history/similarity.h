/*
 * Which runs are like a run: the best five others with a score of at least 0.5, exactly, without comparing its text
 * with every other one.
 *
 *     score(a, b) = 0.40 × text ratio + 0.20 × same status + 0.20 × min/max of cost + 0.20 × min/max of duration
 *
 * (both zero: 1; one zero: 0), of equal scores the lower id first. The score is not symmetric, as the ratio is not
 * (text_ratio.h). What is unknown is like nothing and adds 0: an unknown cost, duration or text. An empty text is
 * known.
 *
 * Use: fill an index once (similarity_add, by ascending id), then ask it through readers, one for each thread; the
 * index does not change while it has readers. An index of 100 000 runs of 60 words takes about 100 MiB, a reader some
 * MiB.
 *
 * Why the answer is exact although few texts are compared: for each other run an upper bound of its score is known from
 * cost, duration, status and lengths, a better one from how often each letter stands in both texts, and for long texts
 * a still better one from their rare characters (text_anchors.h). After some runs that are likely to be good, all are
 * looked at by falling bound; a run whose bound does not reach the fifth best score found so far is out, and a
 * comparison ends as soon as it cannot reach it any more.
 */
#ifndef REPRISE_HISTORY_SIMILARITY_H
#define REPRISE_HISTORY_SIMILARITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/history/text_anchors.h"
#include "common/history/text_ratio.h"

#define SIMILARITY_BEST 5
#define SIMILARITY_LEAST 0.5
#define SIMILARITY_UNKNOWN (-1)

/* ---- the index: filled once, by ascending id, then sealed -------------------------------------------------------- */

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

/* ---- questions --------------------------------------------------------------------------------------------------- */

struct similarity_match {
    int64_t id;
    double score;
};

/* The best first. */
struct similarity_list {
    size_t count;
    struct similarity_match best[SIMILARITY_BEST];
};

/* What the answers of a reader have cost so far, in runs looked at: all, those whose letters were counted against each
 * other, and those whose texts were compared (begun, also where that ended early). */
struct similarity_effort {
    uint64_t looked_at, counted, compared;
};

struct similarity_reader;
struct similarity_reader *similarity_reader_new(const struct similarity *index); /* borrows it */
void similarity_reader_drop(struct similarity_reader *reader);

/* The best others of the run with this id; false if the index does not hold it. */
bool similarity_best(struct similarity_reader *reader, int64_t id, struct similarity_list *list);
/* After a change of this run: whose stored lists it may enter, by its score as the other one of theirs. Those that
 * reach the `least` of their run, in no order; the reader's, until the next question. `*count` 0 if the index does not
 * hold the run. */
const struct similarity_match *similarity_entered(struct similarity_reader *reader, int64_t id, size_t *count);
struct similarity_effort similarity_reader_effort(const struct similarity_reader *reader);

/* True if both hold the same runs with the same scores: then nothing needs to be written. */
bool similarity_equal(const struct similarity_list *one, const struct similarity_list *other);
/* Appends {"id":…,"similarity_score":…}. */
void similarity_add_match(const struct similarity_match *match, struct buf *out);
/* Appends an array of them, the form that is stored; scores with 17 digits, so that they read back as
 * they were. */
void similarity_add_json(const struct similarity_list *list, struct buf *out);

/* ---- shared by similarity.c and similarity_index.c --------------------------------------------------------------- */

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
