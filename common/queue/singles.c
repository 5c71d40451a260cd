/*
 * Load and settle of many single requests at once, for the executors of workers (worker/single_requests.c).
 *
 *   load     one message: their operations are marked as begun, and their jobs read
 *   settle   1st message   BEGIN; DELETE FROM job … RETURNING         the fence (I1), for each operation
 *            2nd message   outcomes; effects; all tallies; COMMIT     for exactly those rows (I2, I3)
 *
 * Where one operation of them was cancelled meanwhile, the tallies' statement undoes all of it (RP001, I4), and the
 * caller settles one by one. Nothing here repeats anything.
 */
#include "common/queue/singles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/mem.h"
#include "embedded/sql_queue.h"
#include "embedded/sql_session.h"

/* ---- load -------------------------------------------------------------------------------------------------------- */

enum { SINGLES_NO_WAIT, SINGLES_MARK, SINGLES_LOAD };
/* Columns of singles_load behind those of the tally. */
enum {
    LOAD_DEFINITION = TALLY_COLUMNS,
    LOAD_DIGEST,
    LOAD_ARGS,
    LOAD_REQUESTED_BY,
    LOAD_DRY_RUN,
    LOAD_SEQ,
    LOAD_PHASE,
    LOAD_KIND,
    LOAD_KEY,
    LOAD_ATTEMPT,
    LOAD_FAILURES,
    LOAD_CRASHES
};

static char *borrowed(const PGresult *r, int row, int column)
{
    return PQgetvalue(r, row, column);
}

static void single_read(const PGresult *r, int row, struct single *single)
{
    struct operation *operation = &single->operation;
    single->loaded = true;
    tally_read(r, row, &operation->tally);
    operation->definition = borrowed(r, row, LOAD_DEFINITION);
    operation->digest = borrowed(r, row, LOAD_DIGEST);
    operation->args = borrowed(r, row, LOAD_ARGS);
    operation->requested_by = borrowed(r, row, LOAD_REQUESTED_BY);
    operation->dry_run = pg_bool(r, row, LOAD_DRY_RUN);
    single->job = (struct job){
        .seq = pg_int8(r, row, LOAD_SEQ),
        .phase = (int)pg_int8(r, row, LOAD_PHASE),
        .kind = pg_text(r, row, LOAD_KIND),
        .key = pg_text(r, row, LOAD_KEY),
        .attempt = (int)pg_int8(r, row, LOAD_ATTEMPT),
        .failures = (int)pg_int8(r, row, LOAD_FAILURES),
        .crashes = (int)pg_int8(r, row, LOAD_CRASHES),
    };
}

/* The rows come in the order of the chunks, but some may be missing. */
static void singles_read(struct singles *singles, const struct chunk *const *chunks)
{
    const PGresult *r = pg_batch_result(singles->batch, SINGLES_LOAD);
    for (int row = 0; row < pg_rows(r); row++)
        for (size_t i = 0; i < singles->count; i++) {
            size_t guess = (i + (size_t)row) % singles->count;
            if (strcmp(chunks[guess]->operation_id, pg_text(r, row, 0)) == 0) {
                single_read(r, row, &singles->list[guess]);
                break;
            }
        }
}

enum err singles_load(struct pg *pg, const struct chunk *const *chunks, size_t count, struct singles **out,
                      struct err_info *error)
{
    struct singles *singles = mem_zalloc(sizeof *singles);
    const char **ids = mem_array(count, sizeof *ids);
    int64_t *seqs = mem_array(count, sizeof *seqs);
    for (size_t i = 0; i < count; i++) {
        ids[i] = chunks[i]->operation_id;
        seqs[i] = chunks[i]->from;
    }
    singles->batch = pg_batch_new();
    singles->count = count;
    singles->list = mem_array(count, sizeof *singles->list);
    pg_batch_add(singles->batch, &sql_queue_singles_no_wait);
    pg_arg_texts(pg_batch_add(singles->batch, &sql_queue_singles_mark), ids, count);
    struct pg_args *args = pg_batch_add(singles->batch, &sql_queue_singles_load);
    pg_arg_texts(args, ids, count);
    pg_arg_int8s(args, seqs, count);
    enum err err = pg_batch_run(pg, singles->batch, error);
    free(ids);
    free(seqs);
    if (err != ERR_OK) {
        singles_drop(singles);
        return err;
    }
    singles_read(singles, chunks);
    *out = singles;
    return ERR_OK;
}

void singles_drop(struct singles *singles)
{
    if (singles == NULL)
        return;
    pg_batch_drop(singles->batch);
    free(singles->list);
    free(singles);
}

/* ---- settle ------------------------------------------------------------------------------------------------------ */

/* Which of the requests are settled: those that the fence let through. */
struct chosen {
    const struct settle_request *requests;
    size_t index[SINGLES_MAX];
    size_t count;
};

static const struct settle_request *chosen_request(const struct chosen *chosen, size_t i)
{
    return &chosen->requests[chosen->index[i]];
}

static void arg_operations(struct pg_args *args, const struct chosen *chosen)
{
    const char *ids[SINGLES_MAX];
    for (size_t i = 0; i < chosen->count; i++)
        ids[i] = chosen_request(chosen, i)->operation_id;
    pg_arg_texts(args, ids, chosen->count);
}

static void add_fence(struct pg_batch *batch, const struct chosen *chosen)
{
    int64_t seqs[SINGLES_MAX];
    int32_t attempts[SINGLES_MAX];
    struct pg_args *args = pg_batch_add(batch, &sql_queue_singles_fence);
    for (size_t i = 0; i < chosen->count; i++) {
        seqs[i] = chosen_request(chosen, i)->jobs[0].seq;
        attempts[i] = chosen_request(chosen, i)->jobs[0].attempt;
    }
    arg_operations(args, chosen);
    pg_arg_int8s(args, seqs, chosen->count);
    pg_arg_int4s(args, attempts, chosen->count);
}

static void keep_returned(struct chosen *chosen, const PGresult *returned)
{
    size_t kept = 0;
    for (size_t i = 0; i < chosen->count; i++)
        for (int row = 0; row < pg_rows(returned); row++)
            if (strcmp(pg_text(returned, row, 0), chosen_request(chosen, i)->operation_id) == 0) {
                chosen->index[kept++] = chosen->index[i];
                break;
            }
    chosen->count = kept;
}

#define SECONDS_MAX 32
enum { TEXT_SECONDS, TEXT_KIND, TEXT_KEY, TEXT_OUTCOME, TEXT_ERROR, TEXT_RESULT, TEXTS };

static void add_outcomes(struct pg_batch *batch, const struct chosen *chosen)
{
    const char *texts[TEXTS][SINGLES_MAX];
    char seconds[SINGLES_MAX][SECONDS_MAX];
    int64_t seqs[SINGLES_MAX];
    int32_t phases[SINGLES_MAX], attempts[SINGLES_MAX];
    size_t n = chosen->count;
    for (size_t i = 0; i < n; i++) {
        const struct settle_request *request = chosen_request(chosen, i);
        const struct job *job = request->jobs;
        snprintf(seconds[i], SECONDS_MAX, "%.3f",
                 (double)(clock_mono_ms() - request->started_ms) / (double)CLOCK_MS_PER_S);
        seqs[i] = job->seq;
        phases[i] = job->phase;
        attempts[i] = job->attempt;
        texts[TEXT_SECONDS][i] = seconds[i];
        texts[TEXT_KIND][i] = job->kind;
        texts[TEXT_KEY][i] = job->key;
        texts[TEXT_OUTCOME][i] = outcome_name(request->results[0].outcome);
        texts[TEXT_ERROR][i] = request->results[0].error;
        texts[TEXT_RESULT][i] = request->results[0].result;
    }
    struct pg_args *args = pg_batch_add(batch, &sql_queue_singles_outcomes);
    pg_arg_text(args, chosen_request(chosen, 0)->worker);
    arg_operations(args, chosen);
    pg_arg_texts(args, texts[TEXT_SECONDS], n);
    pg_arg_int8s(args, seqs, n);
    pg_arg_int4s(args, phases, n);
    pg_arg_texts(args, texts[TEXT_KIND], n);
    pg_arg_texts(args, texts[TEXT_KEY], n);
    pg_arg_texts(args, texts[TEXT_OUTCOME], n);
    pg_arg_int4s(args, attempts, n);
    pg_arg_texts(args, texts[TEXT_ERROR], n);
    pg_arg_texts(args, texts[TEXT_RESULT], n);
}

static void add_effects(struct pg_batch *batch, const struct chosen *chosen)
{
    const size_t first = 0;
    for (size_t i = 0; i < chosen->count; i++) {
        const struct settle_request *request = chosen_request(chosen, i);
        if (request->effects != NULL)
            request->effects(batch, &first, 1, request->context);
    }
}

static void add_tallies(struct pg_batch *batch, const struct chosen *chosen)
{
    const char *kinds[SINGLES_MAX];
    int64_t counts[3][SINGLES_MAX] = {{0}};
    for (size_t i = 0; i < chosen->count; i++) {
        kinds[i] = chosen_request(chosen, i)->jobs[0].kind;
        counts[chosen_request(chosen, i)->results[0].outcome - OUTCOME_SUCCEEDED][i] = 1;
    }
    struct pg_args *args = pg_batch_add(batch, &sql_queue_singles_tally);
    arg_operations(args, chosen);
    pg_arg_texts(args, kinds, chosen->count);
    for (int i = 0; i < 3; i++)
        pg_arg_int8s(args, counts[i], chosen->count);
}

static void read_tallies(const PGresult *r, const struct chosen *chosen, struct single_settled *settled)
{
    for (size_t i = 0; i < chosen->count; i++)
        for (int row = 0; row < pg_rows(r); row++) {
            int guess = (row + (int)i) % pg_rows(r);
            struct single_settled *one = &settled[chosen->index[i]];
            if (strcmp(pg_text(r, guess, 0), chosen_request(chosen, i)->operation_id) != 0)
                continue;
            const char *finished_at = pg_text(r, guess, TALLY_COLUMNS);
            one->mine = true;
            tally_read(r, guess, &one->tally);
            snprintf(one->finished_at, sizeof one->finished_at, "%s", finished_at == NULL ? "" : finished_at);
            break;
        }
}

/* The second message; its last result but one are the tallies. */
static enum err write_singles(struct pg *pg, const struct chosen *chosen, struct single_settled *settled,
                              struct err_info *error)
{
    struct pg_batch *batch = pg_batch_new();
    add_outcomes(batch, chosen);
    add_effects(batch, chosen);
    add_tallies(batch, chosen);
    pg_batch_add(batch, &sql_session_commit);
    FAULT_POINT("singles.between");
    enum err err = pg_batch_run(pg, batch, error);
    FAULT_POINT("singles.committed");
    if (err == ERR_OK)
        read_tallies(pg_batch_result(batch, pg_batch_count(batch) - 2), chosen, settled);
    pg_batch_drop(batch);
    return err;
}

enum err singles_settle(struct pg *pg, const struct settle_request *requests, size_t count,
                        struct single_settled *settled, struct err_info *error)
{
    struct chosen chosen = {.requests = requests, .count = count};
    for (size_t i = 0; i < count; i++) {
        chosen.index[i] = i;
        settled[i] = (struct single_settled){.mine = false};
    }
    struct pg_batch *fence = pg_batch_new();
    pg_batch_add(fence, &sql_session_begin);
    add_fence(fence, &chosen);
    FAULT_POINT("singles.begin");
    enum err err = pg_batch_run(pg, fence, error);
    if (err == ERR_OK) {
        keep_returned(&chosen, pg_batch_result(fence, 1));
        if (chosen.count > 0)
            err = write_singles(pg, &chosen, settled, error);
    }
    pg_abort(pg);
    pg_batch_drop(fence);
    return err;
}
