/*
 * One thread, one list of calls: asks PostgreSQL which of the awaited operations have ended, after 5 ms at first, then
 * in pauses that double up to 200 ms, and hands the calls whose operation or patience has ended back to LANE_PATIENT.
 * It runs no handler and makes no reply. Handlers enter by operation_waiter_wait (run_history.c); call_executor.c
 * starts the thread.
 */
#include "dashboard/operation_waiter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "dashboard/call.h"
#include "embedded/sql_dashboard.h"

#define PAUSE_FIRST_MS 5
#define PAUSE_LAST_MS 200
#define TOGETHER_MS 20 /* what is due so soon is asked for too: one query instead of many */

struct call operation_waiter_close;

struct waiter {
    struct call_executor *executor;
    struct call *first; /* by call->wait.next */
    bool closing;
};

void operation_waiter_wait(struct call *call, const char *operation_id, int64_t patience_ms, route_fn *then)
{
    int64_t now_ms = clock_mono_ms();
    call->wait = (struct call_wait){
        .then = then, .deadline_ms = now_ms + patience_ms, .check_ms = now_ms, .pause_ms = PAUSE_FIRST_MS};
    snprintf(call->wait.operation_id, sizeof call->wait.operation_id, "%s", operation_id);
}

/* ---- asking PostgreSQL ------------------------------------------------------------------------------------------- */

static size_t take_due(const struct waiter *waiter, int64_t now_ms, const char ***ids)
{
    size_t count = 0, all = 0;
    for (const struct call *call = waiter->first; call != NULL; call = call->wait.next)
        all++;
    *ids = mem_array(all + 1, sizeof **ids);
    for (const struct call *call = waiter->first; call != NULL; call = call->wait.next)
        if (call->wait.check_ms <= now_ms + TOGETHER_MS)
            (*ids)[count++] = call->wait.operation_id;
    return count;
}

static void mark_ended(struct waiter *waiter, const char *operation_id)
{
    for (struct call *call = waiter->first; call != NULL; call = call->wait.next)
        if (strcmp(call->wait.operation_id, operation_id) == 0)
            call->wait.ended = true;
}

/* Where PostgreSQL does not answer, the next round asks again; each call waits no longer than its deadline. */
static void operations_check(struct waiter *waiter, int64_t now_ms)
{
    const char **ids = NULL;
    struct err_info error = {0};
    PGresult *result = NULL;
    struct pg_args *args = pg_args_new();
    size_t count = take_due(waiter, now_ms, &ids);
    pg_arg_texts(args, ids, count);
    enum err err = count == 0 ? ERR_BUSY : pg_ready(waiter->executor->pg, &error);
    if (err == ERR_OK)
        err = pg_exec(waiter->executor->pg, &sql_dashboard_ended, args, &result, &error);
    for (int row = 0; err == ERR_OK && row < pg_rows(result); row++)
        mark_ended(waiter, pg_text(result, row, 0));
    PQclear(result);
    pg_args_drop(args);
    free(ids);
}

/* ---- which calls go on, and which stay --------------------------------------------------------------------------- */

static void pause_longer(struct call_wait *wait, int64_t now_ms)
{
    if (wait->check_ms > now_ms + TOGETHER_MS)
        return;
    wait->check_ms = now_ms + wait->pause_ms;
    wait->pause_ms = wait->pause_ms * 2 < PAUSE_LAST_MS ? wait->pause_ms * 2 : PAUSE_LAST_MS;
}

static void calls_go_on(struct waiter *waiter, int64_t now_ms)
{
    for (struct call **at = &waiter->first; *at != NULL;) {
        struct call *call = *at;
        if (!call->wait.ended && !waiter->closing && call->wait.deadline_ms > now_ms) {
            pause_longer(&call->wait, now_ms);
            at = &call->wait.next;
            continue;
        }
        *at = call->wait.next;
        call->wait.is_over = true;
        mailbox_put(waiter->executor->pool->lanes[LANE_PATIENT], call);
    }
}

static int64_t until_next_check(const struct waiter *waiter)
{
    int64_t next_ms = INT64_MAX, now_ms = clock_mono_ms();
    for (const struct call *call = waiter->first; call != NULL; call = call->wait.next)
        next_ms = call->wait.check_ms < next_ms ? call->wait.check_ms : next_ms;
    return next_ms == INT64_MAX ? -1 : next_ms > now_ms ? next_ms - now_ms : 0;
}

static void call_enter(struct waiter *waiter, struct call *call)
{
    call->wait.next = waiter->first;
    waiter->first = call;
}

void *operation_waiter_main(void *context)
{
    struct waiter waiter = {.executor = context};
    for (;;) {
        struct call *call = mailbox_take(waiter.executor->pool->lanes[LANE_WAITING], until_next_check(&waiter));
        if (call == &call_executor_stop)
            return NULL;
        if (call == &operation_waiter_close)
            waiter.closing = true;
        else if (call != NULL)
            call_enter(&waiter, call);
        int64_t now_ms = clock_mono_ms();
        operations_check(&waiter, now_ms);
        calls_go_on(&waiter, now_ms);
    }
}
