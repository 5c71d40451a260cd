/*
 * Runs the jobs of one group: the claim of an exclusive job's lease, the handler, the settle, and the return of what
 * was not used. Called on the executor's thread: by executor.c for each group of a chunk, by single_requests.c for
 * single jobs.
 *
 * The settle is repeated until PostgreSQL has taken or refused it, with the same results: the fence makes that
 * harmless. The handler is never called again for it. What has no result stays open, and a job that ended its process
 * JOB_CRASHES_MAX times while it ran alone is failed without being run.
 */
#include "worker/job_group.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/kinds/kinds.h"
#include "worker/counts.h"
#include "worker/run.h"

static void note_progress(struct message *message, const struct settle_result *settled)
{
    if (settled->any) {
        message->settled = true;
        message->tally = settled->tally;
    }
    message->retries += settled->retried;
}

static int64_t sooner(int64_t a_ms, int64_t b_ms)
{
    return a_ms < 0 ? b_ms : b_ms < 0 || a_ms < b_ms ? a_ms : b_ms;
}

static void note_delays(struct message *message, const struct run *run)
{
    for (size_t i = 0; i < run->count; i++)
        if (run->results[i].outcome == OUTCOME_RETRY || run->results[i].outcome == OUTCOME_PUT_OFF)
            message->due_ms = sooner(message->due_ms, run->results[i].delay_ms);
}

/* Repeats the settle until PostgreSQL has taken (ERR_OK) or refused it (ERR_FENCED). Else the process stops, and what
 * was done is not recorded. */
static enum err settle_until_taken(struct executor_state *executor, struct settle_request *request,
                                   struct message *message)
{
    for (int tries = 1;; tries++) {
        struct settle_result settled;
        struct err_info error = {0};
        int64_t began_us = clock_mono_us();
        enum err err = settle(executor->pg, request, &settled, &error);
        counts_took(COUNTS_SETTLE, clock_mono_us() - began_us);
        note_progress(message, &settled);
        if (err == ERR_OK || err == ERR_FENCED) {
            if (settled.lost > 0)
                log_info("%lld jobs had been settled by another attempt", (long long)settled.lost);
            return err;
        }
        if (!executor_may_repeat(err)) {
            log_error("a settle was refused: %s", error.text);
            return err;
        }
        if (tries == 1)
            log_info("a settle is repeated: %s", error.text);
        if (!executor_wait(executor, tries, &error) && tries > 3)
            return err;
        if (pg_ready(executor->pg, &error) != ERR_OK && process_is_stopping(executor->process))
            return err;
    }
}

/* A lease that no settle gave up (no result; or refused, as the operation was cancelled) is given back, so that the
 * next claim need not wait for it to grow old. */
static void release_unused_lease(struct executor_state *executor, const struct run *run, enum err settled)
{
    struct err_info error = {0};
    bool unused = run->lease != NULL && (run->results[0].outcome == OUTCOME_NONE || settled != ERR_OK);
    for (int tries = 1; unused; tries++) {
        enum err err = pg_ready(executor->pg, &error);
        if (err == ERR_OK)
            err = lease_release(executor->pg, run->lease, &error);
        if (!executor_may_repeat(err) || !executor_wait(executor, tries, &error))
            return;
    }
}

/* A due chunk's jobs were moved ahead when they were loaded; what was not begun comes back at once. */
static void hand_back_due(struct run *run, const struct message *message)
{
    for (size_t i = 0; message->chunk.due && i < run->count; i++)
        if (run->results[i].outcome == OUTCOME_NONE)
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

/* Claims the lease of an exclusive job. False: another job has the key (this one is put off),
 * or the job is not ours to run. */
static bool claim_lease(struct executor_state *executor, struct run *run, struct job *job, struct lease *lease)
{
    struct err_info error = {0};
    enum err err = lease_claim(executor->pg, &(struct claim){run->operation_id, job, run->worker}, lease, &error);
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

/* A dry run writes nothing that a lease would have to guard: it claims nothing and waits for no other job. */
static bool needs_lease(const struct kind *kind, const struct run *run)
{
    return kind->exclusive && !run->dry_run;
}

static void run_drop(struct run *run)
{
    if (run->drop_effects != NULL)
        run->drop_effects(run->effects_context);
    for (size_t i = 0; i < run->count; i++)
        job_result_fini(&run->results[i]);
    free(run->results);
}

static struct run run_new(struct executor_state *executor, const struct known_operation *known,
                          const struct runner *runner, struct job *jobs, size_t count)
{
    return (struct run){.pg = executor->pg,
                        .config = process_config(executor->process),
                        .keys = executor->process->keys,
                        .worker = executor->process->worker,
                        .operation_id = known->operation_id,
                        .requested_by = known->requested_by,
                        .args = known->args,
                        .definition = known->definition,
                        .dry_run = known->dry_run,
                        .jobs = jobs,
                        .count = count,
                        .results = mem_array(count, sizeof(struct job_result)),
                        .tools = runner == NULL ? NULL : &executor->tools[runner - runners],
                        .executor = executor,
                        .op_state_ms = clock_boot_ms()};
}

static void fail_unknown_kind(struct run *run)
{
    struct err_info reason = {0};
    err_set(&reason, ERR_PERMANENT, "this worker does not know jobs of kind %s", run->jobs[0].kind);
    for (size_t i = 0; i < run->count; i++)
        run_fail(run, i, &reason, RUN_FINAL, NULL);
}

/* To the results; what is left without one was not begun, or is not ours to run. */
static void run_handler(struct run *run, const struct runner *runner, struct job *jobs, struct lease *lease)
{
    const struct kind *kind = kind_find(&kinds, jobs[0].kind);
    if (kind == NULL || runner == NULL)
        fail_unknown_kind(run);
    else if (!(run->count == 1 && fail_poisoned(run, 0)) &&
             (!needs_lease(kind, run) || claim_lease(run->executor, run, jobs, lease))) {
        FAULT_POINT("executor.run");
        runner->run(run);
    }
    pg_abort(run->pg);
}

void job_group_begin(struct job_group *group, struct executor_state *executor, const struct known_operation *known,
                     struct job *jobs, size_t count)
{
    *group = (struct job_group){.runner = runner_find(jobs[0].kind), .started_ms = clock_mono_ms()};
    group->run = run_new(executor, known, group->runner, jobs, count);
    log_scope(known->operation_id, count == 1 ? jobs[0].seq : 0, count == 1 ? jobs[0].attempt : 0);
    run_handler(&group->run, group->runner, jobs, &group->lease);
    log_scope_clear();
}

struct settle_request job_group_request(const struct job_group *group)
{
    const struct run *run = &group->run;
    return (struct settle_request){run->operation_id,    run->worker, group->started_ms, run->jobs,
                                   run->results,         run->count,  group->lease.key,  run->effects,
                                   run->effects_context, run->within};
}

void job_group_note_settled(const struct job_group *group, const struct tally *tally)
{
    counts_settled(group->run.jobs[0].kind, group->run.results, group->run.count);
    if (group->runner != NULL && group->runner->settled != NULL)
        group->runner->settled(tally);
}

/* Whether the drain came before some of them. */
static bool is_cut_short(const struct run *run)
{
    bool bare = false;
    for (size_t i = 0; i < run->count; i++)
        bare = bare || run->results[i].outcome == OUTCOME_NONE;
    return bare && run_stopping(run);
}

bool job_group_settle(struct job_group *group, struct message *message)
{
    struct run *run = &group->run;
    log_scope(run->operation_id, run->count == 1 ? run->jobs[0].seq : 0, run->count == 1 ? run->jobs[0].attempt : 0);
    hand_back_due(run, message);
    bool unrecorded = is_cut_short(run);
    struct settle_request request = job_group_request(group);
    enum err settled = settle_until_taken(run->executor, &request, message);
    if (settled == ERR_OK)
        job_group_note_settled(group, &message->tally);
    note_delays(message, run); /* after it: a job that must read again is put off by the settle */
    release_unused_lease(run->executor, run, settled);
    log_scope_clear();
    return (settled == ERR_OK || settled == ERR_FENCED) && !unrecorded;
}

void job_group_end(struct job_group *group)
{
    run_drop(&group->run);
    lease_fini(&group->lease);
}

bool job_group_run(struct executor_state *executor, const struct known_operation *known, struct job *jobs, size_t count,
                   struct message *message)
{
    struct job_group group;
    job_group_begin(&group, executor, known, jobs, count);
    bool recorded = job_group_settle(&group, message);
    job_group_end(&group);
    return recorded;
}

size_t job_group_size(const struct load *load, size_t first)
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
