/*
 * Settle: the transaction that ends jobs (docs/design.md, "Settle").
 *
 *   1st message   BEGIN; DELETE FROM job … RETURNING seq        the fence (I1): only what is deleted here is ours
 *   2nd message   outcomes; effects; tally; COMMIT              for exactly those rows (I2, I3); the tally last, so
 * that its row is locked only for the commit; RP001 undoes all (I4)
 *
 * Never one statement with CTEs: that would commit its deletes although the tally's UPDATE matched nothing.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/mem.h"
#include "common/queue/job.h"
#include "embedded/sql_queue.h"
#include "embedded/sql_session.h"

const char *const outcome_words[OUTCOMES_FINAL + 1] = {"succeeded", "failed", "skipped", NULL};

const char *outcome_name(enum outcome outcome)
{
    assert(outcome >= OUTCOME_SUCCEEDED && outcome < OUTCOME_SUCCEEDED + OUTCOMES_FINAL);
    return outcome_words[outcome - OUTCOME_SUCCEEDED];
}

void job_result_fini(struct job_result *result)
{
    free(result->error);
    free(result->result);
    *result = (struct job_result){0};
}

/* Indices of some jobs of a settlement, ascending by seq. */
struct picked {
    size_t *index;
    size_t count;
};

static bool is_final(enum outcome outcome)
{
    return outcome == OUTCOME_SUCCEEDED || outcome == OUTCOME_FAILED || outcome == OUTCOME_SKIPPED;
}

static bool is_again(enum outcome outcome)
{
    return outcome == OUTCOME_RETRY || outcome == OUTCOME_PUT_OFF;
}

static struct picked pick(const struct settle_request *s, bool (*wanted)(enum outcome))
{
    struct picked picked = {mem_array(s->count + 1, sizeof(size_t)), 0};
    for (size_t i = 0; i < s->count; i++)
        if (wanted(s->results[i].outcome))
            picked.index[picked.count++] = i;
    return picked;
}

/* Keeps of `picked` the jobs that a RETURNING seq names. */
static void keep_returned(const struct settle_request *s, struct picked *picked, const PGresult *returned)
{
    size_t kept = 0;
    for (size_t i = 0; i < picked->count; i++)
        for (int row = 0; row < pg_rows(returned); row++) {
            /* Both are in nearly the same order, so the match is nearly always at once. */
            int guess = (int)((kept + (size_t)row) % (size_t)pg_rows(returned));
            if (pg_int8(returned, guess, 0) == s->jobs[picked->index[i]].seq) {
                picked->index[kept++] = picked->index[i];
                break;
            }
        }
    picked->count = kept;
}

static void arg_seqs_and_attempts(struct pg_args *args, const struct settle_request *s, const struct picked *picked)
{
    int64_t *seqs = mem_array(picked->count + 1, sizeof *seqs);
    int32_t *attempts = mem_array(picked->count + 1, sizeof *attempts);
    for (size_t i = 0; i < picked->count; i++) {
        seqs[i] = s->jobs[picked->index[i]].seq;
        attempts[i] = s->jobs[picked->index[i]].attempt;
    }
    pg_arg_int8s(args, seqs, picked->count);
    pg_arg_int4s(args, attempts, picked->count);
    free(seqs);
    free(attempts);
}

static void add_outcomes(struct pg_batch *batch, const struct settle_request *s, const struct picked *mine)
{
    size_t n = mine->count;
    int64_t *seqs = mem_array(n, sizeof *seqs);
    int32_t *phases = mem_array(n, sizeof *phases), *attempts = mem_array(n, sizeof *attempts);
    const char **texts = mem_array(5 * n, sizeof *texts);
    for (size_t i = 0; i < n; i++) {
        const struct job *job = &s->jobs[mine->index[i]];
        const struct job_result *result = &s->results[mine->index[i]];
        seqs[i] = job->seq;
        phases[i] = job->phase;
        attempts[i] = job->attempt;
        texts[i] = job->kind;
        texts[n + i] = job->key;
        texts[2 * n + i] = outcome_name(result->outcome);
        texts[3 * n + i] = result->error;
        texts[4 * n + i] = result->result;
    }
    char seconds[32];
    snprintf(seconds, sizeof seconds, "%.3f", (double)(clock_mono_ms() - s->started_ms) / (double)CLOCK_MS_PER_S);
    struct pg_args *args = pg_batch_add(batch, &sql_queue_settle_outcomes);
    pg_arg_text(args, s->operation_id);
    pg_arg_text(args, s->worker);
    pg_arg_text(args, seconds);
    pg_arg_int8s(args, seqs, n);
    pg_arg_int4s(args, phases, n);
    pg_arg_texts(args, texts, n);
    pg_arg_texts(args, texts + n, n);
    pg_arg_texts(args, texts + 2 * n, n);
    pg_arg_int4s(args, attempts, n);
    pg_arg_texts(args, texts + 3 * n, n);
    pg_arg_texts(args, texts + 4 * n, n);
    free(seqs);
    free(phases);
    free(attempts);
    free(texts);
}

static void add_release(struct pg_batch *batch, const struct settle_request *s, const struct picked *mine)
{
    if (s->exclusive_key == NULL)
        return;
    const struct job *job = &s->jobs[mine->index[0]];
    struct pg_args *args = pg_batch_add(batch, &sql_queue_release_held);
    pg_arg_text(args, s->operation_id);
    pg_arg_int8(args, job->seq);
    pg_arg_int4(args, job->attempt);
    pg_arg_text(args, s->exclusive_key);
}

/* What is settled together is of one kind (job_group.h of the worker). */
static void add_tally(struct pg_batch *batch, const struct settle_request *s, const struct picked *mine)
{
    int64_t counts[3] = {0};
    for (size_t i = 0; i < mine->count; i++)
        counts[s->results[mine->index[i]].outcome - OUTCOME_SUCCEEDED]++;
    struct pg_args *args = pg_batch_add(batch, &sql_queue_settle_tally);
    pg_arg_text(args, s->operation_id);
    pg_arg_text(args, s->jobs[mine->index[0]].kind);
    for (int i = 0; i < 3; i++)
        pg_arg_int8(args, counts[i]);
}

/* The second message; its last result but one is the tally. */
static enum err write_effects(struct pg *pg, const struct settle_request *s, const struct picked *mine,
                              struct settle_result *settled, struct err_info *error)
{
    struct pg_batch *batch = pg_batch_new();
    add_outcomes(batch, s, mine);
    add_release(batch, s, mine);
    if (s->effects != NULL)
        s->effects(batch, mine->index, mine->count, s->context);
    add_tally(batch, s, mine);
    pg_batch_add(batch, &sql_session_commit);
    FAULT_POINT("settle.between");
    enum err err = pg_batch_run(pg, batch, error);
    FAULT_POINT("settle.committed");
    if (err == ERR_OK) {
        tally_read(pg_batch_result(batch, pg_batch_count(batch) - 2), 0, &settled->tally);
        settled->any = true;
        settled->ended += (int64_t)mine->count;
    }
    pg_batch_drop(batch);
    return err;
}

#define DENSE 4 /* a range that is at most so many times wider than its jobs are many is read as a whole */

/* The attempt of each seq of the range, -1 where it is not ours. */
static void arg_attempts_of_range(struct pg_args *args, const struct settle_request *s, const struct picked *wanted,
                                  int64_t first, int64_t last)
{
    size_t width = (size_t)(last - first + 1);
    int32_t *attempts = mem_array(width, sizeof *attempts);
    for (size_t i = 0; i < width; i++)
        attempts[i] = -1;
    for (size_t i = 0; i < wanted->count; i++) {
        const struct job *job = &s->jobs[wanted->index[i]];
        attempts[job->seq - first] = job->attempt;
    }
    pg_arg_int4s(args, attempts, width);
    free(attempts);
}

static void add_fence(struct pg_batch *batch, const struct settle_request *s, const struct picked *wanted)
{
    int64_t first = s->jobs[wanted->index[0]].seq, last = s->jobs[wanted->index[wanted->count - 1]].seq;
    bool dense = last - first < DENSE * (int64_t)wanted->count;
    struct pg_args *args = pg_batch_add(batch, dense ? &sql_queue_settle_fence : &sql_queue_settle_fence_scattered);
    pg_arg_text(args, s->operation_id);
    if (!dense) {
        arg_seqs_and_attempts(args, s, wanted);
        return;
    }
    pg_arg_int8(args, first);
    pg_arg_int8(args, last);
    arg_attempts_of_range(args, s, wanted, first, last);
}

/* One transaction for the final outcomes of `wanted`. */
static enum err end_jobs(struct pg *pg, const struct settle_request *s, const struct picked *wanted,
                         struct settle_result *settled, struct err_info *error)
{
    struct picked mine = {mem_array(wanted->count + 1, sizeof(size_t)), wanted->count};
    memcpy(mine.index, wanted->index, wanted->count * sizeof(size_t));
    struct pg_batch *fence = pg_batch_new();
    pg_batch_add(fence, &sql_session_begin);
    add_fence(fence, s, wanted);
    FAULT_POINT("settle.begin");
    enum err err = pg_batch_run(pg, fence, error);
    if (err == ERR_OK) {
        keep_returned(s, &mine, pg_batch_result(fence, 1));
        if (mine.count > 0 && s->within != NULL)
            err = s->within(pg, s->results, mine.index, mine.count, s->context, error);
        if (err == ERR_OK && mine.count > 0)
            err = write_effects(pg, s, &mine, settled, error);
    }
    if (err == ERR_OK)
        settled->lost += (int64_t)(wanted->count - mine.count);
    pg_abort(pg);
    pg_batch_drop(fence);
    free(mine.index);
    return err;
}

/* Its own data are refused: the job fails with the reason, and writes no effects. */
static enum err fail_instead(struct pg *pg, const struct settle_request *s, size_t index, struct settle_result *settled,
                             struct err_info *error)
{
    struct job_result *result = &s->results[index];
    job_result_fini(result);
    result->outcome = OUTCOME_FAILED;
    result->error = mem_strdup(error->text);
    struct settle_request plain = *s;
    plain.effects = NULL;
    plain.within = NULL;
    return end_jobs(pg, &plain, &(struct picked){&index, 1}, settled, error);
}

/* What it read has been changed by another since: nothing was written, and it reads again. */
static void read_again(const struct settle_request *s, size_t index)
{
    struct job_result *result = &s->results[index];
    job_result_fini(result);
    result->outcome = OUTCOME_PUT_OFF;
}

/* Whether a batch of many may pass where one of its jobs is left out. */
static bool is_of_one_job(enum err err)
{
    return err == ERR_PERMANENT || err == ERR_CONFLICT;
}

/* Many were refused as a whole (`err`): half of them, and the other half, and so on down to the jobs that are to blame.
 * One bad job of a thousand costs twenty transactions so, not a thousand. */
static enum err end_by_halves(struct pg *pg, const struct settle_request *s, const struct picked *refused, enum err err,
                              struct settle_result *settled, struct err_info *error)
{
    if (refused->count == 1 && err == ERR_PERMANENT)
        return fail_instead(pg, s, refused->index[0], settled, error);
    if (refused->count == 1) {
        read_again(s, refused->index[0]);
        return ERR_OK;
    }
    size_t middle = refused->count / 2;
    const struct picked halves[] = {{refused->index, middle}, {refused->index + middle, refused->count - middle}};
    err = ERR_OK;
    for (int i = 0; i < 2 && err == ERR_OK; i++) {
        err = end_jobs(pg, s, &halves[i], settled, error);
        if (is_of_one_job(err))
            err = end_by_halves(pg, s, &halves[i], err, settled, error);
    }
    return err;
}

static void add_retry(struct pg_batch *batch, const struct settle_request *s, const struct picked *again)
{
    size_t n = again->count;
    int64_t *delays = mem_array(n, sizeof *delays);
    int32_t *failed = mem_array(n, sizeof *failed);
    const char **errors = mem_array(n, sizeof *errors);
    for (size_t i = 0; i < n; i++) {
        const struct job_result *result = &s->results[again->index[i]];
        delays[i] = result->delay_ms;
        failed[i] = result->outcome == OUTCOME_RETRY;
        errors[i] = result->error;
    }
    struct pg_args *args = pg_batch_add(batch, &sql_queue_retry);
    pg_arg_text(args, s->operation_id);
    arg_seqs_and_attempts(args, s, again);
    pg_arg_int8s(args, delays, n);
    pg_arg_int4s(args, failed, n);
    pg_arg_texts(args, errors, n);
    pg_arg_bool(args, s->exclusive_key == NULL);
    free(delays);
    free(failed);
    free(errors);
}

enum { PUT_BACK_BEGIN, PUT_BACK_SETTING, PUT_BACK_RETRY };

static bool has_effects(const struct job_result *result)
{
    return result->outcome == OUTCOME_RETRY || result->error != NULL;
}

/* The effects of those that failed, or were put off for a reason that is to be told; who was just put off has none. */
static void add_retry_effects(struct pg_batch *batch, const struct settle_request *s, const struct picked *mine)
{
    struct picked telling = {mem_array(mine->count + 1, sizeof(size_t)), 0};
    for (size_t i = 0; i < mine->count; i++)
        if (has_effects(&s->results[mine->index[i]]))
            telling.index[telling.count++] = mine->index[i];
    if (s->effects != NULL && telling.count > 0)
        s->effects(batch, telling.index, telling.count, s->context);
    free(telling.index);
}

/* Puts jobs back for another try; an exclusive one gives its lease up in the same transaction. */
static enum err put_back(struct pg *pg, const struct settle_request *s, const struct picked *again,
                         struct settle_result *settled, struct err_info *error)
{
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &sql_session_begin);
    pg_batch_add(batch, &sql_queue_no_nested_loops);
    add_retry(batch, s, again);
    add_release(batch, s, again);
    FAULT_POINT("settle.retry");
    enum err err = pg_batch_run(pg, batch, error);
    struct picked mine = {mem_array(again->count + 1, sizeof(size_t)), again->count};
    memcpy(mine.index, again->index, again->count * sizeof(size_t));
    if (err == ERR_OK) {
        keep_returned(s, &mine, pg_batch_result(batch, PUT_BACK_RETRY));
        struct pg_batch *rest = pg_batch_new();
        add_retry_effects(rest, s, &mine);
        pg_batch_add(rest, &sql_session_commit);
        err = pg_batch_run(pg, rest, error);
        pg_batch_drop(rest);
    }
    if (err == ERR_OK) {
        settled->retried += (int64_t)mine.count;
        settled->lost += (int64_t)(again->count - mine.count);
    }
    pg_abort(pg);
    free(mine.index);
    pg_batch_drop(batch);
    return err;
}

/* All at once; where that is refused because of one job's data, job by job. */
static enum err put_all_back(struct pg *pg, const struct settle_request *s, const struct picked *again,
                             struct settle_result *settled, struct err_info *error)
{
    enum err err = put_back(pg, s, again, settled, error);
    if (err != ERR_PERMANENT)
        return err;
    err = ERR_OK;
    for (size_t i = 0; i < again->count && err == ERR_OK; i++) {
        err = put_back(pg, s, &(struct picked){again->index + i, 1}, settled, error);
        if (err == ERR_PERMANENT)
            err = fail_instead(pg, s, again->index[i], settled, error);
    }
    return err;
}

enum err settle(struct pg *pg, const struct settle_request *s, struct settle_result *settled, struct err_info *error)
{
    *settled = (struct settle_result){0};
    struct picked final = pick(s, is_final);
    enum err err = ERR_OK;
    if (final.count > 0)
        err = end_jobs(pg, s, &final, settled, error);
    if (is_of_one_job(err))
        err = end_by_halves(pg, s, &final, err, settled, error);
    struct picked again = pick(s, is_again);
    if (err == ERR_OK && again.count > 0)
        err = put_all_back(pg, s, &again, settled, error);
    free(final.index);
    free(again.index);
    return err;
}
