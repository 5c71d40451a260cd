/*
 * Runs single requests of many operations between one load and one settle. Called by executor.c, on its thread.
 *
 * What does not fit is left to the executor's ordinary way: jobs that hold a lease, kinds that do not allow it, jobs
 * that have ended a process before or wait, operations that do not run, and everything where the load fails. Where the
 * common settle is refused, each is settled by itself with the result that it has: no handler is called twice for that.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/definitions/definition_registry.h"
#include "common/kinds/kinds.h"
#include "common/queue/singles.h"
#include "worker/job_group.h"

#define TURN_MS 50 /* afterwards none is begun: what is left goes back to the queue, for any executor */

/* One that is run here. */
struct request_in_hand {
    struct message *message;
    struct single *single;
    struct known_operation known;
    struct job_group group;
};
struct requests_in_hand {
    struct request_in_hand *list;
    size_t count;
};

/* Two chunks of one operation, of different generations, are not run together. */
static bool is_in_hand(const struct requests_in_hand *requests, const char *operation_id)
{
    for (size_t i = 0; i < requests->count; i++)
        if (strcmp(requests->list[i].known.operation_id, operation_id) == 0)
            return true;
    return false;
}

static bool may_join(const struct requests_in_hand *requests, const struct chunk *chunk, const struct single *single)
{
    if (!single->loaded || single->job.crashes > 0 || chunk->due || chunk->from != chunk->to ||
        is_in_hand(requests, chunk->operation_id))
        return false;
    const struct kind *kind = kind_find(&kinds, single->job.kind);
    const struct runner *runner = runner_find(single->job.kind);
    return kind != NULL && !kind->exclusive && runner != NULL && runner->together;
}

static void request_begin(struct executor_state *executor, struct requests_in_hand *requests, struct message *message,
                          struct single *single)
{
    struct request_in_hand *request = &requests->list[requests->count];
    *request = (struct request_in_hand){.message = message, .single = single};
    struct err_info ignored = {0};
    if (known_operation_fill(executor->process->versions, executor->pg, &single->operation, &request->known,
                             &ignored) != ERR_OK) {
        known_operation_fini(executor->process->versions, &request->known);
        return; /* by itself it will find out, and say, why */
    }
    message->settled = true;
    message->tally = single->operation.tally;
    int64_t began_us = clock_mono_us();
    job_group_begin(&request->group, executor, &request->known, &single->job, 1);
    message->took_us = 1 + clock_mono_us() - began_us;
    requests->count++;
}

static void requests_begin(struct executor_state *executor, struct message *first, struct singles *singles,
                           struct requests_in_hand *requests)
{
    int64_t until_ms = clock_mono_ms() + TURN_MS;
    size_t i = 0;
    for (struct message *message = first; message != NULL; message = message->next, i++) {
        if (process_is_stopping(executor->process) || (requests->count > 0 && clock_mono_ms() >= until_ms))
            message->kind = MESSAGE_GIVE_BACK;
        else if (may_join(requests, &message->chunk, &singles->list[i]))
            request_begin(executor, requests, message, &singles->list[i]);
        else if (singles->list[i].loaded)
            message->took_us = SINGLE_ALONE_US;
    }
}

static bool is_final(const struct request_in_hand *request)
{
    enum outcome outcome = request->group.run.results[0].outcome;
    return outcome == OUTCOME_SUCCEEDED || outcome == OUTCOME_FAILED || outcome == OUTCOME_SKIPPED;
}

/* False: nothing is known to be settled. */
static bool settle_together(struct executor_state *executor, struct request_in_hand **final, size_t count)
{
    struct settle_request *requests = mem_array(count + 1, sizeof *requests);
    struct single_settled *settled = mem_array(count + 1, sizeof *settled);
    struct err_info error = {0};
    for (size_t i = 0; i < count; i++)
        requests[i] = job_group_request(&final[i]->group);
    enum err err = singles_settle(executor->pg, requests, count, settled, &error);
    for (size_t i = 0; err == ERR_OK && i < count; i++) {
        struct message *message = final[i]->message;
        message->kind = MESSAGE_DONE;
        if (!settled[i].mine)
            continue;
        message->tally = settled[i].tally;
        snprintf(message->finished_at, sizeof message->finished_at, "%s", settled[i].finished_at);
        job_group_note_settled(&final[i]->group, &message->tally);
    }
    if (err != ERR_OK)
        log_info("%zu single requests are settled one by one: %s", count, error.text);
    free(settled);
    free(requests);
    return err == ERR_OK;
}

static void requests_settle(struct executor_state *executor, struct requests_in_hand *requests)
{
    struct request_in_hand **final = mem_array(requests->count + 1, sizeof(struct request_in_hand *));
    size_t count = 0;
    for (size_t i = 0; i < requests->count; i++)
        if (is_final(&requests->list[i]))
            final[count++] = &requests->list[i];
    if (count > 0)
        (void)settle_together(executor, final, count);
    for (size_t i = 0; i < requests->count; i++) {
        struct request_in_hand *request = &requests->list[i];
        if (request->message->kind == MESSAGE_RUN)
            request->message->kind =
                job_group_settle(&request->group, request->message) ? MESSAGE_DONE : MESSAGE_GIVE_BACK;
        job_group_end(&request->group);
        known_operation_fini(executor->process->versions, &request->known);
    }
    free(final);
}

void single_requests_run(struct executor_state *executor, struct message *first)
{
    const struct chunk *chunks[SINGLES_MAX];
    size_t count = 0;
    struct singles *singles = NULL;
    struct err_info error = {0};
    for (struct message *message = first; message != NULL && count < SINGLES_MAX; message = message->next)
        chunks[count++] = &message->chunk;
    if (singles_load(executor->pg, chunks, count, &singles, &error) != ERR_OK) {
        log_info("%zu single requests are run by themselves: %s", count, error.text);
        pg_abort(executor->pg);
        return;
    }
    FAULT_POINT("executor.loaded");
    struct requests_in_hand requests = {mem_array(count + 1, sizeof(struct request_in_hand)), 0};
    requests_begin(executor, first, singles, &requests);
    requests_settle(executor, &requests);
    pg_abort(executor->pg);
    free(requests.list);
    singles_drop(singles);
}
