/*
 * The thread that runs chunks: it waits for a message, loads the chunk's open jobs, has them run group by group, and
 * ends the phase where the last job was settled. Made by queue_consumer.c; what it has to say goes to the loop thread
 * as messages, never by a call.
 *
 * A chunk whose load PostgreSQL refuses for the moment is loaded again, for as long as the process is not to stop. A
 * chunk that was not finished is given back, never dropped, unless PostgreSQL says that there is no such operation.
 */
#include "worker/executor.h"

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
#include "worker/counts.h"
#include "worker/inflight.h"
#include "worker/job_group.h"
#include "worker/process_state.h"
#include "worker/quarantine.h"
#include "worker/run.h"

#define LONG_CHUNK_MS (24 * 60 * 60 * CLOCK_MS_PER_S)

struct executor {
    struct executor_state state;
    int queue;
    pthread_t thread;
    struct mailbox *in, *out;
    struct operation_cache *operations;
};

/* ---- one chunk --------------------------------------------------------------------------------------------------- */

/* The executor that settled the last job ends the phase; the sweep would, too, but later. */
static void advance_if_done(struct executor *executor, struct message *message)
{
    struct err_info error = {0};
    if (!message->settled || !tally_phase_is_done(&message->tally))
        return;
    FAULT_POINT("executor.advance");
    enum err err = operation_advance(executor->state.pg, message->tally.operation_id, message->tally.phase,
                                     &message->tally, &error);
    struct operation *operation = NULL;
    if (err == ERR_OK && !tally_is_live(&message->tally))
        err = operation_get(executor->state.pg, message->tally.operation_id, &operation, &error);
    if (operation != NULL) {
        message->tally = operation->tally;
        snprintf(message->finished_at, sizeof message->finished_at, "%s",
                 operation->finished_at == NULL ? "" : operation->finished_at);
    }
    operation_drop(operation);
    if (err != ERR_OK)
        log_info("the sweep will advance %s: %s", message->tally.operation_id, error.text);
}

static void send_more_due(struct executor *executor, const struct message *message, const struct load *load)
{
    if (!message->chunk.due || load->due_ms != 0)
        return;
    struct message *more = message_new(MESSAGE_MORE_DUE, executor, &message->chunk);
    more->queue = executor->queue;
    mailbox_put(executor->out, more);
}

static bool chunk_run_groups(struct executor *executor, const struct known_operation *known, struct load *load,
                             struct message *message)
{
    bool recorded = true;
    for (size_t at = 0, n; at < load->count && recorded; at += n) {
        n = job_group_size(load, at);
        recorded = job_group_run(&executor->state, known, load->jobs + at, n, message);
    }
    return recorded;
}

/* How long a retry that was loaded is kept from others, in case we die. An exclusive job's lease keeps it better, and
 * no longer. Where a chunk takes its time, it is the heartbeat that keeps it: what no heartbeat names is due again. */
static int64_t set_aside_ms(const struct definition *definition)
{
    for (size_t i = 0; i < definition->phase_count; i++) {
        const struct kind *kind = kind_find(&kinds, definition->phases[i].job);
        if (kind != NULL && kind->long_chunks)
            return LONG_CHUNK_MS;
        if (kind != NULL && kind->exclusive && definition->timeout_ms > LEASE_MS)
            return LEASE_MS;
    }
    return definition->timeout_ms;
}

static enum err chunk_load_and_run(struct executor *executor, struct message *message, int64_t number, bool *recorded,
                                   struct err_info *error)
{
    const struct known_operation *known = NULL;
    struct load *load = NULL;
    enum err err =
        operation_cache_get(executor->operations, executor->state.pg, message->chunk.operation_id, &known, error);
    if (err == ERR_OK) {
        struct load_spec spec = {
            &message->chunk, executor->state.process->worker,    set_aside_ms(known->definition), number,
            known->chunk,    executor->state.process->quarantine};
        err = load_chunk(executor->state.pg, &spec, &load, error);
    }
    if (err != ERR_OK)
        return err;
    FAULT_POINT("executor.loaded");
    message->settled = true;
    message->tally = load->tally;
    message->next_open = load->next_open;
    message->due_ms = load->due_ms;
    message->retries = message->chunk.due ? -(int64_t)load->count : 0;
    send_more_due(executor, message, load);
    *recorded = chunk_run_groups(executor, known, load, message);
    load_drop(load);
    if (*recorded)
        advance_if_done(executor, message);
    return ERR_OK;
}

/* Loads and runs; ERR_OK also where there was nothing to do. What may pass the caller repeats, by another load: the
 * first may have been committed although its answer was lost. */
static enum err chunk_try(struct executor *executor, struct message *message, bool *recorded, struct err_info *error)
{
    int64_t number = message->chunk.due ? due_loads_begin(executor->state.process->due_loads) : 0;
    enum err err = chunk_load_and_run(executor, message, number, recorded, error);
    pg_abort(executor->state.pg);
    if (number != 0)
        due_loads_end(executor->state.process->due_loads, number);
    return err;
}

static void chunk_run(struct executor *executor, struct message *message)
{
    for (int tries = 1;; tries++) {
        struct err_info error = {0};
        bool recorded = true;
        enum err err = chunk_try(executor, message, &recorded, &error);
        if (!executor_may_repeat(err)) {
            if (err != ERR_OK)
                log_error("chunk %s is dropped: %s", message->chunk.text, error.text);
            message->kind = recorded ? MESSAGE_DONE : MESSAGE_GIVE_BACK;
            return;
        }
        if (tries == 1)
            log_warn("chunk %s waits: %s", message->chunk.text, error.text);
        if (!executor_wait(&executor->state, tries, &error) || !executor_connect(&executor->state)) {
            message->kind = MESSAGE_GIVE_BACK;
            return;
        }
    }
}

/* ---- what the loop thread gave ----------------------------------------------------------------------------------- */

static void message_return(struct executor *executor, struct message *message, int64_t began_us)
{
    message->next = NULL;
    counts_took(COUNTS_CHUNK, clock_mono_us() - began_us);
    mailbox_put(executor->out, message);
}

/* Single requests, together as far as that goes. What is left of them may take long: one is run here, and all others go
 * back before that, to the executors that are free. */
static void chain_run(struct executor *executor, struct message *first, int64_t began_us)
{
    struct message *alone = NULL;
    single_requests_run(&executor->state, first);
    for (struct message *message = first, *next; message != NULL; message = next) {
        next = message->next;
        if (message->kind == MESSAGE_RUN && alone == NULL) {
            alone = message;
            continue;
        }
        if (message->kind == MESSAGE_RUN)
            message->kind = MESSAGE_GIVE_BACK;
        if (message->kind == MESSAGE_DONE)
            advance_if_done(executor, message);
        message_return(executor, message, began_us);
    }
    if (alone != NULL) {
        chunk_run(executor, alone);
        message_return(executor, alone, began_us);
    }
}

static void message_run(struct executor *executor, struct message *message)
{
    int64_t began_us = clock_mono_us();
    bool quarantine = executor->state.process->quarantine;
    if (message->chunk.first && !quarantine) {
        chain_run(executor, message, began_us);
        return;
    }
    if (!quarantine || !quarantine_split(executor->state.pg, message))
        chunk_run(executor, message);
    message_return(executor, message, began_us);
}

/* ---- the thread -------------------------------------------------------------------------------------------------- */

static void send_message(struct executor *executor, enum message_kind kind)
{
    struct message *message = message_new(kind, executor, NULL);
    message->queue = executor->queue;
    mailbox_put(executor->out, message);
}

static void *executor_main(void *context)
{
    struct executor *executor = context;
    for (bool going = true; going;) {
        if (executor_connect(&executor->state))
            send_message(executor, MESSAGE_READY);
        struct message *message = mailbox_take(executor->in, -1);
        going = message->kind != MESSAGE_STOP;
        if (!going) {
            message_drop(message);
            break;
        }
        message_run(executor, message);
    }
    send_message(executor, MESSAGE_ENDED);
    return NULL;
}

static size_t runner_count(void)
{
    size_t n = 0;
    while (runners[n].kind != NULL)
        n++;
    return n;
}

struct executor *executor_new(struct process_state *process, int queue, struct mailbox *out)
{
    struct executor *executor = mem_zalloc(sizeof *executor);
    char application[64];
    snprintf(application, sizeof application, "reprise %s", process->worker);
    executor->state.process = process;
    executor->queue = queue;
    executor->out = out;
    executor->in = mailbox_new(NULL, NULL);
    executor->state.pg = pg_new(process_config(process)->postgres_url, application, PG_LIMITS_HOT);
    executor->operations = operation_cache_new(process->versions);
    executor->state.tools = mem_array(runner_count() + 1, sizeof *executor->state.tools);
    int failed = pthread_create(&executor->thread, NULL, executor_main, executor);
    if (failed != 0) {
        log_error("cannot start an executor: %s", strerror(failed));
        abort();
    }
    return executor;
}

void executor_give(struct executor *executor, struct message *message)
{
    message->executor = executor;
    mailbox_put(executor->in, message);
}

void executor_drop(struct executor *executor)
{
    if (executor == NULL)
        return;
    pthread_join(executor->thread, NULL);
    for (size_t i = 0; runners[i].kind != NULL; i++)
        if (runners[i].drop_tools != NULL && executor->state.tools[i] != NULL)
            runners[i].drop_tools(executor->state.tools[i]);
    pg_batch_drop(executor->state.checkpoint);
    operation_cache_drop(executor->operations);
    pg_drop(executor->state.pg);
    mailbox_drop(executor->in);
    free(executor->state.tools);
    free(executor);
}
