/* How far an operation is, in words and as a bar. Pure. */
#ifndef REPRISE_PRODUCER_PROGRESS_TEXT_H
#define REPRISE_PRODUCER_PROGRESS_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/queue/operation.h"

struct progress {
    enum op_state state;
    int phase, phases; /* from 1 */
    bool planned;      /* the phase is: `total` grows no more before the next one */
    int64_t total, succeeded, failed, skipped, cancelled_jobs;
    int64_t files, all_files; /* of the jobs under way that count files; all_files 0 = not known */
    double partial;           /* what those have done, in jobs: 0.5 is half of one */
    int64_t slowest_left_ms;  /* that one of them needs still; negative = not known */
    int64_t elapsed_ms;       /* since it was asked for; until its end, if it has ended */
    double rate;              /* jobs, parts of them too (of one job: files), per second; negative = not known */
};

static inline int64_t progress_completed(const struct progress *progress)
{
    return progress->succeeded + progress->failed + progress->skipped;
}
/* What is counted while it runs: the files of one job, else the jobs, with the parts of those under way. */
double progress_done(const struct progress *progress);

/* One line of at most `width` columns (at least 20) with a bar:
 * "[#########-----------]  45 %  4,500 of 10,000  1,200/s  4 s left  3 failed". Appended, no line's end. */
void progress_bar(const struct progress *progress, size_t width, struct buf *out);
/* The same without a bar: "running: 4,500 of 10,000 jobs done, 3 failed, 1,200/s, about 4 s left". */
void progress_sentence(const struct progress *progress, struct buf *out);

/* The rate of the last seconds: a person who watches wants to see it change. */
#define PROGRESS_SAMPLES 16
struct progress_rate {
    int64_t at_ms[PROGRESS_SAMPLES];
    double done[PROGRESS_SAMPLES];
    int count, next;
};
/* Notes what was seen at `now_ms` (clock_mono_ms); returns how many per second over the samples that are kept, negative
 * while there is nothing to compare with. */
double progress_rate_add(struct progress_rate *rate, int64_t now_ms, double done);

/* A long job under way, and how many of its files are done. */
struct progress_job {
    int64_t seq, done, total;
};
#define PROGRESS_JOBS 64
/* When each of them was first seen, and with what: that tells how fast it is. */
struct progress_jobs {
    struct progress_job first[PROGRESS_JOBS];
    int64_t at_ms[PROGRESS_JOBS];
    int count;
};
/* Takes what was seen at `now_ms` over into `progress`: files, parts, and what the slowest needs still. What is not
 * under way any more is forgotten. At most PROGRESS_JOBS. */
void progress_jobs_add(struct progress_jobs *seen, int64_t now_ms, const struct progress_job *jobs, int count,
                       struct progress *progress);

#endif
