/*
 * The executors: one function answers each call in the same order (the stores are ready, the caller may, the handler
 * runs, what failed becomes a reply), for one call (answer_call) or for several of one route (answer_group).
 *
 * A handler never answers twice, and no transaction stays open after it. A call that waits for an operation goes to
 * LANE_WAITING instead of the loop. Started and stopped by serve.c; the loop (exchange.c) fills the lanes.
 */
#include "dashboard/call_executor.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "dashboard/call.h"
#include "dashboard/session.h"
#include "embedded/sql_dashboard.h"

#define REDIS_CONNECT_MS 1000
#define REDIS_COMMAND_MS 2000
#define PATIENT_EXECUTORS 4
#define UNPREPARED_RETRY_S 2
#define WAITING_EXECUTORS 1 /* the operation waiter */
#define LOGIN_EXECUTORS 1   /* one at a time: a hash takes 32 MiB, and a processor for as long as it lasts */

/* For requests of pages: no answer takes longer than this. */
#define LIMITS_QUICK ((struct pg_limits){5000, 10000, 8000, 5000, 12000, false, 3000})

/* ---- one call ---------------------------------------------------------------------------------------------------- */

/* The result of a query of common/query is the reply as it stands. */
static enum err run_route(struct call *call, struct err_info *error)
{
    if (call->route->run != NULL)
        return call->route->run(call, error);
    struct query_params asked = call_params(call);
    struct query_result answer = {0};
    enum err err = call->route->ask(call->executor->pg, &asked, &answer, error);
    if (err == ERR_OK) {
        call_reply(call, 200, json_object_get(answer.json));
        query_result_fini(&answer);
    }
    return err;
}

/* ERR_OK: the handler can begin. */
static enum err stores_ready(struct call *call, struct err_info *error)
{
    if (!atomic_load(&call->executor->pool->prepared)) {
        call->reply.retry_after_s = UNPREPARED_RETRY_S;
        return call_refuse(call, 503, error,
                           "PostgreSQL does not answer yet, or its schema is being brought up to date; try again soon");
    }
    return pg_ready(call->executor->pg, error);
}

/* The server may have cut an idle connection since it was last used, which shows only now. What changes nothing is run
 * once more, on a new connection. */
static enum err rerun_if_cut(enum err err, struct call *call, route_fn *run, struct err_info *error)
{
    if (err != ERR_UNREACHABLE || strcmp(error->sqlstate, "") == 0)
        return err;
    err_clear(error);
    err = pg_ready(call->executor->pg, error);
    return err == ERR_OK ? run(call, error) : err;
}

/* It has waited for an operation, and goes on; its caller was checked before. */
static enum err answer_waited(struct call *call, struct err_info *error)
{
    route_fn *then = call->wait.then;
    call->wait.then = NULL;
    enum err err = pg_ready(call->executor->pg, error);
    return err == ERR_OK ? rerun_if_cut(then(call, error), call, then, error) : err;
}

static enum err answer_call(struct call *call, struct err_info *error)
{
    if (call->wait.is_over)
        return answer_waited(call, error);
    bool stores = call->route->needs == ROUTE_WITH_STORES;
    enum err err = stores ? stores_ready(call, error) : ERR_OK;
    if (err == ERR_OK)
        err = rerun_if_cut(access_check(call, error), call, access_check, error);
    if (err == ERR_OK)
        err = run_route(call, error);
    return call->route->method == METHOD_GET ? rerun_if_cut(err, call, run_route, error) : err;
}

/* ---- an executor ------------------------------------------------------------------------------------------------- */

/* The calls that wait already and that the route answers together with `first`. */
static size_t take_group(struct call_executor *executor, struct call *first, struct call *calls[ROUTE_MANY_MAX])
{
    size_t count = 1;
    calls[0] = first;
    while (first->route->many != NULL && count < ROUTE_MANY_MAX) {
        struct call *call = mailbox_take(executor->pool->lanes[executor->lane], 0);
        if (call == NULL)
            break;
        if (call == &call_executor_stop || call->route != first->route) {
            executor->next = call;
            break;
        }
        calls[count++] = call;
    }
    for (size_t i = 0; i < count; i++)
        calls[i]->executor = executor;
    return count;
}

static void answer_group(struct call **calls, size_t count)
{
    struct err_info error = {0};
    enum err err = stores_ready(calls[0], &error);
    for (size_t i = 0; err != ERR_OK && i < count; i++) {
        calls[i]->refusal = calls[0]->refusal;
        calls[i]->reply.retry_after_s = calls[0]->reply.retry_after_s;
        call_reply_error(calls[i], &error);
    }
    size_t passed = err == ERR_OK ? access_check_many(calls, count) : 0;
    if (passed > 0)
        calls[0]->route->many(calls, passed);
}

static void answer_calls(struct call **calls, size_t count)
{
    struct err_info error = {0};
    if (calls[0]->route->many != NULL)
        answer_group(calls, count);
    else if (answer_call(calls[0], &error) != ERR_OK)
        call_reply_error(calls[0], &error);
}

static bool waits(const struct call *call)
{
    return call->wait.then != NULL && !call->wait.is_over;
}

static void *executor_main(void *context)
{
    struct call_executor *executor = context;
    for (;;) {
        struct call *calls[ROUTE_MANY_MAX];
        struct call *first =
            executor->next != NULL ? executor->next : mailbox_take(executor->pool->lanes[executor->lane], -1);
        executor->next = NULL;
        if (first == &call_executor_stop)
            return NULL;
        size_t count = take_group(executor, first, calls);
        answer_calls(calls, count);
        for (size_t i = 0; i < count; i++)
            if (!waits(calls[i]))
                response_compress(calls[i]);
        pg_abort(executor->pg); /* a handler that failed may have left a transaction open */
        for (size_t i = 0; i < count; i++)
            mailbox_put(waits(calls[i]) ? executor->pool->lanes[LANE_WAITING] : executor->pool->answered, calls[i]);
    }
}

/* ---- operation waiter -------------------------------------------------------------------------------------------- */

/*
 * One thread, one list of calls: asks PostgreSQL which of the awaited operations have ended, after 5 ms at first, then
 * in pauses that double up to 200 ms, and hands the calls whose operation or patience has ended back to LANE_PATIENT.
 * It runs no handler and makes no reply. Handlers enter by operation_waiter_wait (run_history.c).
 */

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

/* The thread of LANE_WAITING; `context` is its executor. Ends with call_executor_stop. */
static void *operation_waiter_main(void *context)
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

/* ---- start and end ----------------------------------------------------------------------------------------------- */

static struct call_executor *executor_start(struct call_pool *pool, enum lane lane)
{
    const struct config *config = call_pool_config(pool);
    struct call_executor *executor = mem_zalloc(sizeof *executor);
    pthread_t *thread = mem_zalloc(sizeof *thread);
    executor->pool = pool;
    executor->lane = lane;
    executor->pg =
        pg_new(config->postgres_url, "reprise dashboard", lane == LANE_QUICK ? LIMITS_QUICK : PG_LIMITS_PROGRAM);
    executor->dispatch =
        (struct dispatch){redis_new(pool->redis, REDIS_CONNECT_MS, REDIS_COMMAND_MS), config->redis_prefix};
    executor->thread = thread;
    int failed = pthread_create(thread, NULL, lane == LANE_WAITING ? operation_waiter_main : executor_main, executor);
    if (failed != 0) {
        log_error("cannot start an executor: %s", strerror(failed));
        abort();
    }
    return executor;
}

struct call_executor **call_executors_start(struct call_pool *pool, size_t *count)
{
    const size_t wanted[LANE_COUNT] = {(size_t)call_pool_config(pool)->dashboard_executors, PATIENT_EXECUTORS,
                                       WAITING_EXECUTORS, LOGIN_EXECUTORS};
    struct call_executor **executors =
        mem_array(wanted[0] + wanted[1] + wanted[2] + wanted[3], sizeof(struct call_executor *));
    *count = 0;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        for (size_t i = 0; i < wanted[lane]; i++)
            executors[(*count)++] = executor_start(pool, (enum lane)lane);
    return executors;
}

void call_executors_stop(struct call_executor **executors, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mailbox_put(executors[i]->pool->lanes[executors[i]->lane], &call_executor_stop);
    for (size_t i = 0; i < count; i++) {
        pthread_t *thread = executors[i]->thread;
        pthread_join(*thread, NULL);
        free(thread);
        redis_drop(executors[i]->dispatch.redis);
        pg_drop(executors[i]->pg);
        free(executors[i]);
    }
    free(executors);
}
