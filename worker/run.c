/*
 * What handlers call: results, the lease while they run, checkpoints. Called on an executor's thread, by the handlers
 * in worker/run/ (and, for jobs that no handler runs, by job_group.c).
 *
 * Nothing here settles: a result only says what the settle is to write. A checkpoint is repeated until its answer has
 * come, since an answer that was lost does not tell whether it was committed; it is never repeated beyond the lease,
 * for then another attempt may hold the key.
 */
#include "worker/run.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/mem.h"
#include "embedded/sql_session.h"
#include "worker/counts.h"
#include "worker/process_state.h"

#define OP_STATE_EVERY_MS 500
#define RETRY_AFTER_MAX_MS (24 * INT64_C(3600) * CLOCK_MS_PER_S)

/* ---- results -------------------------------------------------------------------------------------------------- */

static void result_set(struct run *run, size_t index, enum outcome outcome, const char *error, const char *result)
{
    struct job_result *given = &run->results[index];
    job_result_fini(given);
    given->outcome = outcome;
    given->error = error == NULL ? NULL : mem_strdup(error);
    given->result = result == NULL ? NULL : mem_strdup(result);
}

void run_succeed(struct run *run, size_t index, const char *result)
{
    result_set(run, index, OUTCOME_SUCCEEDED, NULL, result);
}

void run_skip(struct run *run, size_t index, const char *reason, const char *result)
{
    result_set(run, index, OUTCOME_SKIPPED, reason, result);
}

static int64_t retry_delay_ms(const struct run *run, int failures, const struct err_info *error)
{
    const struct definition_retry *retry = &run->definition->retry;
    int exponent = retry->backoff == DEFINITION_EXPONENTIAL ? failures : 1;
    int64_t delay = clock_backoff_ms(exponent, retry->base_ms, retry->max_ms, retry->jitter, id_random_u32());
    int64_t asked = error->retry_after_ms > RETRY_AFTER_MAX_MS ? RETRY_AFTER_MAX_MS : error->retry_after_ms;
    return asked > delay ? asked : delay;
}

void run_fail(struct run *run, size_t index, const struct err_info *error, enum run_retry retry, const char *result)
{
    int failures = run->jobs[index].failures + 1;
    if (retry == RUN_FINAL || failures >= run->definition->retry.attempts) {
        result_set(run, index, OUTCOME_FAILED, error->text, result);
        return;
    }
    counts_retry(error->code);
    result_set(run, index, OUTCOME_RETRY, error->text, NULL);
    run->results[index].delay_ms = retry_delay_ms(run, failures, error);
}

void run_put_off(struct run *run, size_t index, int64_t delay_ms)
{
    run_put_off_because(run, index, delay_ms, NULL);
}

void run_put_off_because(struct run *run, size_t index, int64_t delay_ms, const char *reason)
{
    result_set(run, index, OUTCOME_PUT_OFF, reason, NULL);
    run->results[index].delay_ms = delay_ms;
}

void run_note_health(const struct run *run, const char *text, int64_t for_ms)
{
    health_note_add_for(&run->executor->process->health, text, for_ms);
}

/* ---- while it runs ----------------------------------------------------------------------------------------------- */

bool run_stopping(const struct run *run)
{
    return process_is_stopping(run->executor->process);
}

/* Whether an operation in this state lets its runs go on. */
static enum err op_state_err(enum op_state state, struct err_info *error)
{
    if (state == OP_RUNNING)
        return ERR_OK;
    if (state == OP_PAUSED)
        return err_set(error, ERR_INTERRUPTED, "the operation is paused");
    return err_set(error, ERR_FENCED, "the operation is %s", op_state_name(state));
}

/* A connection that broke is replaced at once: the lease would be lost otherwise. */
static enum err lease_keep(struct run *run, struct err_info *error)
{
    enum op_state state = OP_RUNNING;
    enum err err = lease_touch(run->pg, run->lease, &state, error);
    if (err == ERR_UNREACHABLE && pg_ready(run->pg, error) == ERR_OK)
        err = lease_touch(run->pg, run->lease, &state, error);
    return err == ERR_OK ? op_state_err(state, error) : err;
}

static enum err lease_keep_if_older(struct run *run, int64_t age_ms, struct err_info *error)
{
    if (run_stopping(run))
        return err_set(error, ERR_INTERRUPTED, "this worker is being drained");
    if (run->lease == NULL || clock_boot_ms() - run->lease->touched_ms < age_ms)
        return ERR_OK;
    return lease_keep(run, error);
}

bool run_pause(const struct run *run, int64_t ms)
{
    return executor_pause(run->executor, ms);
}

/* Without a lease. Where PostgreSQL does not answer, the settle will find out. */
static enum err op_state_read_now_and_then(struct run *run, struct err_info *error)
{
    struct err_info ignored = {0};
    int64_t now_ms = clock_boot_ms();
    if (run->op_state == OP_RUNNING && now_ms - run->op_state_ms >= OP_STATE_EVERY_MS) {
        run->op_state_ms = now_ms;
        (void)!tally_state(run->pg, run->operation_id, &run->op_state, &ignored);
    }
    return op_state_err(run->op_state, error);
}

enum err run_tick(void *context, struct err_info *error)
{
    struct run *run = context;
    enum err err = lease_keep_if_older(run, LEASE_TOUCH_MS, error);
    return err == ERR_OK && run->lease == NULL ? op_state_read_now_and_then(run, error) : err;
}

bool run_goes_on(struct run *run)
{
    struct err_info ignored = {0};
    return run_tick(run, &ignored) == ERR_OK;
}

enum err run_fresh(struct run *run, struct err_info *error)
{
    return lease_keep_if_older(run, LEASE_FRESH_MS / 2, error);
}

/* ---- checkpoints ------------------------------------------------------------------------------------------------- */

struct pg_batch *run_checkpoint(struct run *run, const char *remember)
{
    struct executor_state *executor = run->executor;
    if (executor->checkpoint == NULL)
        executor->checkpoint = pg_batch_new();
    pg_batch_reset(executor->checkpoint);
    checkpoint_begin(executor->checkpoint, run->lease, remember);
    return executor->checkpoint;
}

/* The lease was proved at the moment before the request was sent; what the server's clock says is later. */
static enum err checkpoint_committed(struct run *run, struct pg_batch *batch, struct err_info *error)
{
    run->lease->touched_ms = run->executor->checkpoint_sent_ms;
    FAULT_POINT("checkpoint.committed");
    return op_state_err(lease_checkpoint_state(batch), error);
}

/* The same checkpoint again is harmless, and needed: whether the first one was committed is not known. */
static enum err checkpoint_repeat(struct run *run, struct pg_batch *batch, enum err err, struct err_info *error)
{
    int tries = 0;
    while (executor_may_repeat(err)) {
        if (clock_boot_ms() - run->lease->touched_ms > LEASE_MS || run_stopping(run))
            return err;
        if (++tries > 1 && !run_pause(run, clock_backoff_ms(tries, 20, 1000, 0.3, id_random_u32())))
            return err;
        struct err_info ignored = {0};
        if (pg_ready(run->pg, &ignored) != ERR_OK)
            continue;
        run->executor->checkpoint_sent_ms = clock_boot_ms();
        err = pg_batch_run(run->pg, batch, error);
        if (err != ERR_OK)
            pg_abort(run->pg);
    }
    return err;
}

enum err run_checkpoint_start(struct run *run, struct pg_batch *batch, struct err_info *error)
{
    pg_batch_add(batch, &sql_session_commit);
    FAULT_POINT("checkpoint.begin");
    run->executor->checkpoint_sent_ms = clock_boot_ms();
    enum err err = pg_batch_start(run->pg, batch, error);
    run->executor->checkpoint_under_way = err == ERR_OK;
    if (err != ERR_OK)
        pg_abort(run->pg);
    return checkpoint_repeat(run, batch, err, error);
}

enum err run_checkpoint_end(struct run *run, struct pg_batch *batch, struct err_info *error)
{
    enum err err = ERR_OK; /* where the start had to be repeated, all of it is done */
    if (run->executor->checkpoint_under_way)
        err = pg_batch_end(run->pg, batch, error);
    run->executor->checkpoint_under_way = false;
    if (err != ERR_OK)
        pg_abort(run->pg);
    err = checkpoint_repeat(run, batch, err, error);
    return err == ERR_OK ? checkpoint_committed(run, batch, error) : err;
}

enum err run_checkpoint_commit(struct run *run, struct pg_batch *batch, struct err_info *error)
{
    enum err err = run_checkpoint_start(run, batch, error);
    return err == ERR_OK ? run_checkpoint_end(run, batch, error) : err;
}
