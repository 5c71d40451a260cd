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
#include "common/history/similarity_index.h"

#define SIMILARITY_BEST 5
#define SIMILARITY_LEAST 0.5

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

#endif
