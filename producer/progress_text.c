/*
 * An operation's counts as a line: with a bar for a terminal, as a sentence for all else. Rate and time left are shown
 * only while they are known. No I/O, no clock: follow.c reads and draws.
 */
#include "producer/progress_text.h"

#include <inttypes.h>
#include <string.h>

#include "common/base/clock.h"
#include "producer/out.h"

#define BAR_MIN 10
#define BAR_MAX 40
#define SAMPLE_EVERY_MS 500

/* Jobs that are planned and not settled. */
static int64_t progress_open(const struct progress *progress)
{
    return progress->total - progress_completed(progress) - progress->cancelled_jobs;
}

static bool counts_files(const struct progress *progress)
{
    return progress->total == 1 && progress->all_files > 0 && progress->state == OP_RUNNING;
}

double progress_done(const struct progress *progress)
{
    return counts_files(progress) ? (double)progress->files : (double)progress_completed(progress) + progress->partial;
}

static int64_t progress_all(const struct progress *progress)
{
    return counts_files(progress) ? progress->all_files : progress->total;
}

/* Milliseconds until all of that is done at this rate; -1 = not known. */
static int64_t progress_left_ms(const struct progress *progress)
{
    double open = counts_files(progress) ? (double)(progress->all_files - progress->files)
                                         : (double)progress_open(progress) - progress->partial;
    double left = open / (progress->rate > 0 ? progress->rate : 1) * (double)CLOCK_MS_PER_S;
    left = (double)progress->slowest_left_ms > left ? (double)progress->slowest_left_ms : left;
    bool known = progress->state == OP_RUNNING && progress->planned && progress->rate > 0;
    return known && left < 1e15 ? (int64_t)left : -1;
}

static int progress_percent(const struct progress *progress)
{
    if (progress_all(progress) == 0)
        return progress->state == OP_COMPLETED ? 100 : 0;
    return (int)(progress_done(progress) * 100 / (double)progress_all(progress));
}

static void add_counts(const struct progress *progress, struct buf *out)
{
    out_add_count(out, counts_files(progress) ? progress->files : progress_completed(progress));
    buf_add_str(out, " of ");
    out_add_count(out, progress_all(progress));
    if (counts_files(progress))
        buf_add_str(out, " files");
    else if (!progress->planned && progress->state == OP_RUNNING)
        buf_add_char(out, '+');
}

/* Slow work is shown per minute: "0 /s" would say that it stands still. */
static void add_rate(double rate, struct buf *out)
{
    if (rate >= 10)
        out_add_count(out, (int64_t)(rate + 0.5));
    else if (rate >= 1)
        buf_addf(out, "%.1f", rate);
    else
        buf_addf(out, "%.1f", rate * 60);
    buf_add_str(out, rate >= 1 ? "/s" : "/min");
}

/* What else there is to say, most wanted first, each with `gap` before it. */
static void add_rest(const struct progress *progress, const char *gap, const char *about, struct buf *out)
{
    char length[CLOCK_ISO_MAX];
    if (progress->rate > 0 && progress->state == OP_RUNNING) {
        buf_add_str(out, gap);
        add_rate(progress->rate, out);
    }
    int64_t left = progress_left_ms(progress);
    if (left >= 0) /* whole seconds: the rest flickers */
        buf_addf(out, "%s%s%s left", gap, about,
                 clock_human_ms((left + CLOCK_MS_PER_S - 1) / CLOCK_MS_PER_S * CLOCK_MS_PER_S, length));
    if (progress->all_files > 0 && !counts_files(progress) && progress->state == OP_RUNNING) {
        buf_add_str(out, gap);
        out_add_count(out, progress->files);
        buf_add_str(out, " of ");
        out_add_count(out, progress->all_files);
        buf_add_str(out, " files under way");
    }
    if (progress->failed > 0)
        buf_addf(out, "%s%" PRId64 " failed", gap, progress->failed);
    if (progress->skipped > 0)
        buf_addf(out, "%s%" PRId64 " skipped", gap, progress->skipped);
    if (progress->cancelled_jobs > 0)
        buf_addf(out, "%s%" PRId64 " cancelled", gap, progress->cancelled_jobs);
    if (progress->phases > 1)
        buf_addf(out, "%sphase %d of %d", gap, progress->phase, progress->phases);
}

void progress_bar(const struct progress *progress, size_t width, struct buf *out)
{
    struct buf words = BUF_INIT;
    buf_addf(&words, " %3d %%  ", progress_percent(progress));
    add_counts(progress, &words);
    add_rest(progress, "  ", "", &words);
    if (progress->state != OP_RUNNING)
        buf_addf(&words, "  %s", op_state_name(progress->state));
    size_t start = out->len;
    size_t bar = width > words.len + 2 + BAR_MIN ? width - words.len - 2 : BAR_MIN;
    bar = bar > BAR_MAX ? BAR_MAX : bar;
    buf_add_char(out, '[');
    for (size_t i = 0; i < bar; i++)
        buf_add_char(out, i < bar * (size_t)progress_percent(progress) / 100 ? '#' : '-');
    buf_add_char(out, ']');
    buf_add(out, words.data, words.len); /* ASCII throughout, so that bytes are columns */
    if (out->len - start > width) {
        out->len = start + width;
        out->data[out->len] = '\0';
    }
    buf_fini(&words);
}

void progress_sentence(const struct progress *progress, struct buf *out)
{
    buf_addf(out, "%s: ", op_state_name(progress->state));
    add_counts(progress, out);
    buf_add_str(out, counts_files(progress) ? " done" : " jobs done");
    add_rest(progress, ", ", "about ", out);
}

double progress_rate_add(struct progress_rate *rate, int64_t now_ms, double done)
{
    int newest = (rate->next + PROGRESS_SAMPLES - 1) % PROGRESS_SAMPLES;
    int oldest = rate->count < PROGRESS_SAMPLES ? 0 : rate->next;
    double seen = -1;
    if (rate->count > 0 && now_ms > rate->at_ms[oldest])
        seen = (done - rate->done[oldest]) * (double)CLOCK_MS_PER_S / (double)(now_ms - rate->at_ms[oldest]);
    if (rate->count == 0 || now_ms - rate->at_ms[newest] >= SAMPLE_EVERY_MS) {
        rate->at_ms[rate->next] = now_ms;
        rate->done[rate->next] = done;
        rate->next = (rate->next + 1) % PROGRESS_SAMPLES;
        rate->count += rate->count < PROGRESS_SAMPLES;
    }
    return seen;
}

/* Where the job was when it was first seen; seen now, if it was not before. */
static int first_look(const struct progress_jobs *before, const struct progress_job *job)
{
    int at = 0;
    while (at < before->count && before->first[at].seq != job->seq)
        at++;
    return at < before->count && before->first[at].done <= job->done ? at : -1;
}

/* -1 = not known: it has done nothing since it was first seen. */
static int64_t job_left_ms(const struct progress_job *first, const struct progress_job *job, int64_t passed_ms)
{
    double done = (double)(job->done - first->done);
    return done > 0 && passed_ms > 0 ? (int64_t)((double)(job->total - job->done) / done * (double)passed_ms) : -1;
}

void progress_jobs_add(struct progress_jobs *seen, int64_t now_ms, const struct progress_job *jobs, int count,
                       struct progress *progress)
{
    struct progress_jobs before = *seen;
    seen->count = count;
    progress->files = progress->all_files = 0;
    progress->partial = 0;
    progress->slowest_left_ms = -1;
    for (int i = 0; i < count; i++) {
        int at = first_look(&before, &jobs[i]);
        seen->first[i] = at < 0 ? jobs[i] : before.first[at];
        seen->at_ms[i] = at < 0 ? now_ms : before.at_ms[at];
        int64_t left = job_left_ms(&seen->first[i], &jobs[i], now_ms - seen->at_ms[i]);
        progress->slowest_left_ms = left > progress->slowest_left_ms ? left : progress->slowest_left_ms;
        progress->files += jobs[i].done;
        progress->all_files += jobs[i].total;
        progress->partial += (double)jobs[i].done / (double)jobs[i].total;
    }
}
