/* How far an operation is, in words and as a bar. Pure. */
#ifndef REPRISE_PRODUCER_PROGRESS_TEXT_H
#define REPRISE_PRODUCER_PROGRESS_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/queue/tally.h"

struct progress {
    enum op_state state;
    int phase, phases; /* from 1 */
    bool planned;      /* the phase is: `total` grows no more before the next one */
    int64_t total, succeeded, failed, skipped, cancelled_jobs;
    int64_t files, all_files; /* of an operation of one job, where it counts files; all_files 0 = not known */
    int64_t elapsed_ms;       /* since it was asked for; until its end, if it has ended */
    double rate;              /* jobs (of one job: files) per second; negative = not known */
};

static inline int64_t progress_completed(const struct progress *progress)
{
    return progress->succeeded + progress->failed + progress->skipped;
}
/* What is counted while it runs: the files of one job, else the jobs. */
int64_t progress_done(const struct progress *progress);

/* One line of at most `width` columns (at least 20) with a bar:
 * "[#########-----------]  45 %  4,500 of 10,000  1,200/s  4 s left  3 failed". Appended, no line's end. */
void progress_bar(const struct progress *progress, size_t width, struct buf *out);
/* The same without a bar: "running: 4,500 of 10,000 jobs done, 3 failed, 1,200/s, about 4 s left". */
void progress_sentence(const struct progress *progress, struct buf *out);

/* The rate of the last seconds: a person who watches wants to see it change. */
#define PROGRESS_SAMPLES 16
struct progress_rate {
    int64_t at_ms[PROGRESS_SAMPLES], done[PROGRESS_SAMPLES];
    int count, next;
};
/* Notes what was seen at `now_ms` (clock_mono_ms); returns how many per second over the samples that are kept, negative
 * while there is nothing to compare with. */
double progress_rate_add(struct progress_rate *rate, int64_t now_ms, int64_t done);

#endif
