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
#include "worker/job_group.h"
#include "worker/loads.h"
#include "worker/operation_cache.h"
#include "worker/executor_state.h"
#include "worker/quarantine.h"

#define TROUBLE_TRIES 3 /* a deadlock or a broken connection is over by then */
#define TROUBLE_BASE_MS 50
#define TROUBLE_MAX_MS 2000

bool executor_is_stopping(const struct executor *executor)
{
    return atomic_load_explicit(&executor->process->stopping, memory_order_relaxed);
}

/* ---- staying connected ------------------------------------------------------------------------------------------- */

bool executor_wait(struct executor *executor, int tries, const struct err_info *why)
{
    if (tries >= TROUBLE_TRIES)
        trouble_note(&executor->process->trouble, why->text);
    struct run waiter = {.executor = executor};
    return run_pause(&waiter, clock_backoff_ms(tries, TROUBLE_BASE_MS, TROUBLE_MAX_MS, 0.3, id_random_u32()));
}

bool executor_connect(struct executor *executor)
{
    struct err_info error = {0};
    for (int tries = 1; pg_ready(executor->pg, &error) != ERR_OK; tries++) {
        if (tries == 1)
            log_warn("PostgreSQL does not answer: %s", error.text);
        if (!executor_wait(executor, tries, &error))
            return false;
    }
    return !executor_is_stopping(executor);
}

bool executor_is_passing(enum err err)
{
    return err == ERR_RETRY || err == ERR_UNREACHABLE;
}

/* ---- one chunk --------------------------------------------------------------------------------------------------- */

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
        recorded = group_run(executor, known, load->jobs + at, n, work);
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

static enum err attempt_load(struct executor *executor, struct work *work, int64_t number, bool *recorded,
                             struct err_info *error)
{
    const struct known_operation *known = NULL;
    struct load *load = NULL;
    enum err err = operations_get(executor->operations, executor->pg, work->chunk.operation_id, &known, error);
    if (err == ERR_OK) {
        struct load_spec spec = {&work->chunk, executor->process->worker,  set_aside_ms(known->definition), number,
                                 known->chunk, executor->process->suspects};
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

/* Loads and runs; ERR_OK also where there was nothing to do. A passing trouble is for the caller to repeat: by another
 * load, as the first may have been committed although its answer is lost. */
static enum err attempt_chunk(struct executor *executor, struct work *work, bool *recorded, struct err_info *error)
{
    int64_t number = work->chunk.due ? loads_begin(executor->process->loads) : 0;
    enum err err = attempt_load(executor, work, number, recorded, error);
    pg_abort(executor->pg);
    if (number != 0)
        loads_end(executor->process->loads, number);
    return err;
}

static void run_chunk(struct executor *executor, struct work *work)
{
    for (int tries = 1;; tries++) {
        struct err_info error = {0};
        bool recorded = true;
        enum err err = attempt_chunk(executor, work, &recorded, &error);
        if (!executor_is_passing(err)) {
            if (err != ERR_OK)
                log_error("chunk %s is dropped: %s", work->chunk.text, error.text);
            work->event = recorded ? WORK_DONE : WORK_GIVE_BACK;
            return;
        }
        if (tries == 1)
            log_warn("chunk %s waits: %s", work->chunk.text, error.text);
        if (!executor_wait(executor, tries, &error) || !executor_connect(executor)) {
            work->event = WORK_GIVE_BACK;
            return;
        }
    }
}

/* ---- the thread -------------------------------------------------------------------------------------------------- */

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
    executor->pg = pg_new(process_config(process)->postgres_url, application, PG_LIMITS_HOT);
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
