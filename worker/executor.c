#include "worker/executor.h"
#include "worker/counts.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/ids.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/kinds/kinds.h"
#include "embedded/sql.h"
#include "worker/operations.h"
#include "worker/run_private.h"
#include "worker/suspect.h"

#define TROUBLE_BASE_MS 50
#define TROUBLE_MAX_MS 2000

static bool is_stopping(const struct executor *executor)
{
    return atomic_load_explicit(&executor->process->stopping, memory_order_relaxed);
}

/* ---- staying connected
 * ------------------------------------------------------------------------------------------------ */

/* Waits for the next try; false if the process is to stop. */
static bool wait_for_next_try(struct executor *executor, int tries)
{
    struct run waiter = {.executor = executor};
    return run_pause(&waiter, clock_backoff_ms(tries, TROUBLE_BASE_MS, TROUBLE_MAX_MS, 0.3, id_random_u32()));
}

bool executor_connect(struct executor *executor)
{
    struct err_info error = {0};
    for (int tries = 1; pg_ready(executor->pg, &error) != ERR_OK; tries++) {
        if (tries == 1)
            log_warn("PostgreSQL does not answer: %s", error.text);
        if (!wait_for_next_try(executor, tries))
            return false;
    }
    return !is_stopping(executor);
}

static bool is_passing(enum err err)
{
    return err == ERR_RETRY || err == ERR_UNREACHABLE;
}

/* ---- one group of jobs of a kind
 * ----------------------------------------------------------------------------------------- */

static void add_progress(struct work *work, const struct settled *settled)
{
    if (settled->any) {
        work->settled = true;
        work->tally = settled->tally;
    }
    work->retries += settled->retried;
}

static int64_t sooner(int64_t a_ms, int64_t b_ms)
{
    return a_ms < 0 ? b_ms : b_ms < 0 || a_ms < b_ms ? a_ms : b_ms;
}

static void note_delays(struct work *work, const struct run *run)
{
    for (size_t i = 0; i < run->count; i++)
        if (run->rulings[i].verdict == VERDICT_RETRY || run->rulings[i].verdict == VERDICT_PUT_OFF)
            work->due_ms = sooner(work->due_ms, run->rulings[i].delay_ms);
}

/* Repeats the settle until PostgreSQL has taken (ERR_OK) or refused it (ERR_FENCED). Else the process stops, and what
 * was done is not recorded. */
static enum err settle_firmly(struct executor *executor, struct settlement *settlement, struct work *work)
{
    for (int tries = 1;; tries++) {
        struct settled settled;
        struct err_info error = {0};
        int64_t began_us = clock_mono_us();
        enum err err = settle(executor->pg, settlement, &settled, &error);
        counts_took(COUNTS_SETTLE, clock_mono_us() - began_us);
        add_progress(work, &settled);
        if (err == ERR_OK || err == ERR_FENCED) {
            if (settled.lost > 0)
                log_info("%lld jobs had been settled by another attempt", (long long)settled.lost);
            return err;
        }
        if (!is_passing(err)) {
            log_error("a settle was refused: %s", error.text);
            return err;
        }
        if (tries == 1)
            log_info("a settle is repeated: %s", error.text);
        if (!wait_for_next_try(executor, tries) && tries > 3)
            return err;
        if (pg_ready(executor->pg, &error) != ERR_OK && is_stopping(executor))
            return err;
    }
}

/* A lease that no settle gave up (no verdict; or refused, as the operation was cancelled) is given back, so that the
 * next claim need not wait for it to grow old. */
static void release_unused(struct executor *executor, const struct run *run, enum err settled)
{
    struct err_info error = {0};
    bool unused = run->lease != NULL && (run->rulings[0].verdict == VERDICT_NONE || settled != ERR_OK);
    for (int tries = 1; unused; tries++) {
        enum err err = pg_ready(executor->pg, &error);
        if (err == ERR_OK)
            err = lease_release(executor->pg, run->lease, &error);
        if (!is_passing(err) || !wait_for_next_try(executor, tries))
            return;
    }
}

/* A due chunk's jobs were moved ahead when they were loaded; what was not begun comes back at once. */
static void hand_back_due(struct run *run, const struct work *work)
{
    for (size_t i = 0; work->chunk.due && i < run->count; i++)
        if (run->rulings[i].verdict == VERDICT_NONE)
            run_put_off(run, i, 0);
}

static bool fail_poisoned(struct run *run, size_t index)
{
    if (run->jobs[index].crashes < JOB_CRASHES_MAX)
        return false;
    struct err_info reason = {0};
    err_set(&reason, ERR_PERMANENT, "it ended its process by a fatal signal %d times while it ran alone",
            run->jobs[index].crashes);
    run_fail(run, index, &reason, RUN_FINAL, NULL);
    return true;
}

/* Claims the lease of an exclusive job. False: somebody else has the key (put off), or the job is not ours to run. */
static bool claim(struct executor *executor, struct run *run, struct job *job, struct lease *lease)
{
    struct err_info error = {0};
    enum err err = lease_claim(executor->pg, run->operation_id, job, run->worker, lease, &error);
    if (err == ERR_OK) {
        job->attempt = lease->attempt;
        run->lease = lease;
        return true;
    }
    if (err == ERR_BUSY)
        run_put_off(run, 0, LEASE_BUSY_MS);
    else if (err != ERR_FENCED)
        log_warn("a claim failed: %s", error.text);
    return false;
}

/* A dry run writes nothing that a lease would have to guard: it claims nothing and waits for nobody. */
static bool needs_lease(const struct kind *kind, const struct run *run)
{
    return kind->exclusive && !run->dry_run;
}

static void forget(struct run *run)
{
    if (run->forget != NULL)
        run->forget(run->effects_context);
    for (size_t i = 0; i < run->count; i++)
        ruling_fini(&run->rulings[i]);
    free(run->rulings);
}

/* Runs some jobs of one kind to their settle. False: not recorded; the chunk goes back. */
static bool run_group(struct executor *executor, const struct known_operation *known, struct job *jobs, size_t count,
                      struct work *work)
{
    const struct kind *kind = kind_find(&kinds, jobs[0].kind);
    const struct runner *runner = runner_find(jobs[0].kind);
    int64_t started_ms = clock_mono_ms();
    struct lease lease = {0};
    struct run run = {.pg = executor->pg,
                      .config = executor->process->config,
                      .keys = executor->process->keys,
                      .worker = executor->process->worker,
                      .operation_id = known->operation_id,
                      .requested_by = known->requested_by,
                      .args = known->args,
                      .definition = known->definition,
                      .dry_run = known->dry_run,
                      .jobs = jobs,
                      .count = count,
                      .rulings = mem_array(count, sizeof(struct ruling)),
                      .tools = runner == NULL ? NULL : &executor->tools[runner - runners],
                      .executor = executor};
    log_scope(known->operation_id, count == 1 ? jobs[0].seq : 0, count == 1 ? jobs[0].attempt : 0);
    if (kind == NULL || runner == NULL) {
        struct err_info reason = {0};
        err_set(&reason, ERR_PERMANENT, "this worker does not know jobs of kind %s", jobs[0].kind);
        for (size_t i = 0; i < count; i++)
            run_fail(&run, i, &reason, RUN_FINAL, NULL);
    } else if (!(count == 1 && fail_poisoned(&run, 0)) &&
               (!needs_lease(kind, &run) || claim(executor, &run, jobs, &lease))) {
        FAULT_POINT("executor.run");
        runner->run(&run);
    }
    pg_abort(executor->pg);
    hand_back_due(&run, work);
    bool unrecorded = false;
    for (size_t i = 0; i < count; i++)
        unrecorded = unrecorded || (run.rulings[i].verdict == VERDICT_NONE && is_stopping(executor));
    struct settlement settlement = {known->operation_id, run.worker,  started_ms,         jobs, run.rulings, count,
                                    lease.key,           run.effects, run.effects_context};
    enum err settled = settle_firmly(executor, &settlement, work);
    if (settled == ERR_OK)
        counts_settled(jobs[0].kind, run.rulings, count);
    if (settled == ERR_OK && runner != NULL && runner->settled != NULL)
        runner->settled(&work->tally);
    note_delays(work, &run); /* after it: who must read again is put off by the settle */
    release_unused(executor, &run, settled);
    forget(&run);
    lease_fini(&lease);
    log_scope_clear();
    return (settled == ERR_OK || settled == ERR_FENCED) && !unrecorded;
}

/* How many jobs from `first` on are run together: those of the same kind; an exclusive one, and one that may kill,
 * alone. */
static size_t group_size(const struct load *load, size_t first)
{
    const struct kind *kind = kind_find(&kinds, load->jobs[first].kind);
    size_t n = 1;
    if ((kind != NULL && kind->exclusive) || load->jobs[first].crashes >= JOB_CRASHES_MAX)
        return 1;
    while (first + n < load->count && load->jobs[first + n].crashes < JOB_CRASHES_MAX &&
           strcmp(load->jobs[first + n].kind, load->jobs[first].kind) == 0)
        n++;
    return n;
}

/* ---- one chunk
 * ------------------------------------------------------------------------------------------------------------ */

/* Whoever settled last ends the phase; the sweep would, too, but later. */
static void advance_if_done(struct executor *executor, struct work *work)
{
    struct err_info error = {0};
    if (!work->settled || !tally_phase_is_done(&work->tally))
        return;
    FAULT_POINT("executor.advance");
    enum err err = operation_advance(executor->pg, work->tally.operation_id, work->tally.phase, &work->tally, &error);
    struct operation *operation = NULL;
    if (err == ERR_OK && !tally_is_live(&work->tally))
        err = operation_get(executor->pg, work->tally.operation_id, &operation, &error);
    if (operation != NULL) {
        work->tally = operation->tally;
        snprintf(work->finished_at, sizeof work->finished_at, "%s",
                 operation->finished_at == NULL ? "" : operation->finished_at);
    }
    operation_drop(operation);
    if (err != ERR_OK)
        log_info("the sweep will advance %s: %s", work->tally.operation_id, error.text);
}

static void tell_more_due(struct executor *executor, const struct work *work, const struct load *load)
{
    if (!work->chunk.due || load->due_ms != 0)
        return;
    struct work *more = work_new(WORK_MORE_DUE, executor, &work->chunk);
    more->queue = executor->queue;
    mailbox_put(executor->out, more);
}

static bool run_jobs(struct executor *executor, const struct known_operation *known, struct load *load,
                     struct work *work)
{
    bool recorded = true;
    for (size_t at = 0, n; at < load->count && recorded; at += n) {
        n = group_size(load, at);
        recorded = run_group(executor, known, load->jobs + at, n, work);
    }
    return recorded;
}

/* How long a retry that was loaded is kept from others, in case we die. An exclusive job's lease keeps it better, and
 * no longer. */
static int64_t set_aside_ms(const struct definition *definition)
{
    for (size_t i = 0; i < definition->phase_count; i++) {
        const struct kind *kind = kind_find(&kinds, definition->phases[i].job);
        if (kind != NULL && kind->exclusive && definition->timeout_ms > LEASE_MS)
            return LEASE_MS;
    }
    return definition->timeout_ms;
}

/* Loads and runs; ERR_OK also where there was nothing to do. A passing trouble is for the caller to repeat. */
static enum err attempt_chunk(struct executor *executor, struct work *work, bool *recorded, struct err_info *error)
{
    const struct known_operation *known = NULL;
    struct load *load = NULL;
    enum err err = operations_get(executor->operations, executor->pg, work->chunk.operation_id, &known, error);
    if (err == ERR_OK) {
        struct load_spec spec = {&work->chunk, executor->process->worker, set_aside_ms(known->definition), known->chunk,
                                 executor->process->suspects};
        err = load_chunk(executor->pg, &spec, &load, error);
    }
    if (err != ERR_OK)
        return err;
    FAULT_POINT("executor.loaded");
    work->settled = true;
    work->tally = load->tally;
    work->next_open = load->next_open;
    work->due_ms = load->due_ms;
    work->retries = work->chunk.due ? -(int64_t)load->count : 0;
    tell_more_due(executor, work, load);
    *recorded = run_jobs(executor, known, load, work);
    load_drop(load);
    if (*recorded)
        advance_if_done(executor, work);
    return ERR_OK;
}

static void run_chunk(struct executor *executor, struct work *work)
{
    for (int tries = 1;; tries++) {
        struct err_info error = {0};
        bool recorded = true;
        enum err err = attempt_chunk(executor, work, &recorded, &error);
        pg_abort(executor->pg);
        if (!is_passing(err)) {
            if (err != ERR_OK)
                log_error("chunk %s is dropped: %s", work->chunk.text, error.text);
            work->event = recorded ? WORK_DONE : WORK_GIVE_BACK;
            return;
        }
        if (tries == 1)
            log_warn("chunk %s waits: %s", work->chunk.text, error.text);
        if (!wait_for_next_try(executor, tries) || !executor_connect(executor)) {
            work->event = WORK_GIVE_BACK;
            return;
        }
    }
}

/* ---- the thread
 * ----------------------------------------------------------------------------------------------------------------- */

static void tell(struct executor *executor, enum work_event event)
{
    struct work *work = work_new(event, executor, NULL);
    work->queue = executor->queue;
    mailbox_put(executor->out, work);
}

static void *executor_main(void *context)
{
    struct executor *executor = context;
    for (bool going = true; going;) {
        if (executor_connect(executor))
            tell(executor, WORK_READY);
        struct work *work = mailbox_take(executor->in, -1);
        going = work->event != WORK_STOP;
        if (!going) {
            work_drop(work);
            break;
        }
        int64_t began_us = clock_mono_us();
        if (!executor->process->suspects || !suspect_split(executor, work))
            run_chunk(executor, work);
        counts_took(COUNTS_CHUNK, clock_mono_us() - began_us);
        mailbox_put(executor->out, work);
    }
    tell(executor, WORK_ENDED);
    return NULL;
}

static size_t runner_count(void)
{
    size_t n = 0;
    while (runners[n].kind != NULL)
        n++;
    return n;
}

struct executor *executor_new(struct process *process, int queue, struct mailbox *out)
{
    struct executor *executor = mem_zalloc(sizeof *executor);
    char application[64];
    snprintf(application, sizeof application, "reprise %s", process->worker);
    executor->process = process;
    executor->queue = queue;
    executor->out = out;
    executor->in = mailbox_new(NULL, NULL);
    executor->pg = pg_new(process->config->postgres_url, application, PG_LIMITS_HOT);
    executor->operations = operations_new(process->versions);
    executor->tools = mem_array(runner_count() + 1, sizeof *executor->tools);
    int failed = pthread_create(&executor->thread, NULL, executor_main, executor);
    if (failed != 0) {
        log_error("cannot start an executor: %s", strerror(failed));
        abort();
    }
    return executor;
}

void executor_give(struct executor *executor, struct work *work)
{
    work->executor = executor;
    mailbox_put(executor->in, work);
}

int executor_queue(const struct executor *executor)
{
    return executor->queue;
}

void executor_drop(struct executor *executor)
{
    if (executor == NULL)
        return;
    pthread_join(executor->thread, NULL);
    for (size_t i = 0; runners[i].kind != NULL; i++)
        if (runners[i].drop_tools != NULL && executor->tools[i] != NULL)
            runners[i].drop_tools(executor->tools[i]);
    pg_batch_drop(executor->checkpoint);
    operations_drop(executor->operations);
    pg_drop(executor->pg);
    mailbox_drop(executor->in);
    free(executor->tools);
    free(executor);
}
