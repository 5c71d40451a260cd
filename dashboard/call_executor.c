#include "dashboard/call_executor.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "dashboard/access.h"
#include "dashboard/operation_waiter.h"

#define REDIS_CONNECT_MS 1000
#define REDIS_COMMAND_MS 2000
#define PATIENT_DESKS 4
#define UNPREPARED_RETRY_S 2
#define WAITING_DESKS 1 /* the waiting room */
#define LOGIN_DESKS 1   /* one at a time: a hash takes 32 MiB, and a processor for as long as it lasts */

/* For requests: nobody waits longer for a page than this. */
#define LIMITS_QUICK ((struct pg_limits){5000, 10000, 8000, 5000, 12000, false, 3000})

struct call desk_stop;

/* A question's answer is the reply as it stands. */
static enum err run_route(struct call *call, struct err_info *error)
{
    if (call->route->run != NULL)
        return call->route->run(call, error);
    struct query_params asked = call_asked(call);
    struct query_result answer = {0};
    enum err err = call->route->ask(call->desk->pg, &asked, &answer, error);
    if (err == ERR_OK) {
        call_reply(call, 200, json_object_get(answer.json));
        query_result_fini(&answer);
    }
    return err;
}

/* ERR_OK: the route's work can begin. */
static enum err stores_ready(struct call *call, struct err_info *error)
{
    if (!atomic_load(&call->desk->office->prepared)) {
        call->reply.retry_after_s = UNPREPARED_RETRY_S;
        return call_refuse(
            call, 503, error,
            "PostgreSQL does not answer yet, or its schema is being brought up to date; it is tried again");
    }
    return pg_ready(call->desk->pg, error);
}

/* An idle connection may have been cut by the server since it was last used, which shows only now. What has changed
 * nothing is tried once more, on a new one. */
static enum err again_if_cut(enum err err, struct call *call, route_fn *run, struct err_info *error)
{
    if (err != ERR_UNREACHABLE || strcmp(error->sqlstate, "") == 0)
        return err;
    err_clear(error);
    err = pg_ready(call->desk->pg, error);
    return err == ERR_OK ? run(call, error) : err;
}

/* It has waited, and goes on; who asks was checked before. */
static enum err go_on(struct call *call, struct err_info *error)
{
    route_fn *then = call->wait.then;
    call->wait.then = NULL;
    enum err err = pg_ready(call->desk->pg, error);
    return err == ERR_OK ? again_if_cut(then(call, error), call, then, error) : err;
}

static enum err answer_call(struct call *call, struct err_info *error)
{
    if (call->wait.is_over)
        return go_on(call, error);
    bool stores = call->route->needs == ROUTE_WITH_STORES;
    enum err err = stores ? stores_ready(call, error) : ERR_OK;
    if (err == ERR_OK)
        err = again_if_cut(access_check(call, error), call, access_check, error);
    if (err == ERR_OK)
        err = run_route(call, error);
    return call->route->method == METHOD_GET ? again_if_cut(err, call, run_route, error) : err;
}

/* Those that a route takes together with `first` and that wait already. */
static size_t take_group(struct desk *desk, struct call *first, struct call *calls[ROUTE_MANY_MAX])
{
    size_t count = 1;
    calls[0] = first;
    while (first->route->many != NULL && count < ROUTE_MANY_MAX) {
        struct call *call = mailbox_take(desk->office->lanes[desk->lane], 0);
        if (call == NULL)
            break;
        if (call == &desk_stop || call->route != first->route) {
            desk->next = call;
            break;
        }
        calls[count++] = call;
    }
    for (size_t i = 0; i < count; i++)
        calls[i]->desk = desk;
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

static void answer(struct call **calls, size_t count)
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

static void *desk_main(void *context)
{
    struct desk *desk = context;
    for (;;) {
        struct call *calls[ROUTE_MANY_MAX];
        struct call *first = desk->next != NULL ? desk->next : mailbox_take(desk->office->lanes[desk->lane], -1);
        desk->next = NULL;
        if (first == &desk_stop)
            return NULL;
        size_t count = take_group(desk, first, calls);
        answer(calls, count);
        pg_abort(desk->pg); /* a handler that failed may have left a transaction open */
        for (size_t i = 0; i < count; i++)
            mailbox_put(waits(calls[i]) ? desk->office->lanes[LANE_WAITING] : desk->office->answered, calls[i]);
    }
}

static struct desk *desk_open(struct office *office, enum lane lane)
{
    const struct config *config = office_config(office);
    struct desk *desk = mem_zalloc(sizeof *desk);
    pthread_t *thread = mem_zalloc(sizeof *thread);
    desk->office = office;
    desk->lane = lane;
    desk->pg = pg_new(config->postgres_url, "reprise dashboard", lane == LANE_QUICK ? LIMITS_QUICK : PG_LIMITS_PROGRAM);
    desk->dispatch =
        (struct dispatch){redis_new(office->redis, REDIS_CONNECT_MS, REDIS_COMMAND_MS), config->redis_prefix};
    desk->thread = thread;
    int failed = pthread_create(thread, NULL, lane == LANE_WAITING ? waiting_main : desk_main, desk);
    if (failed != 0) {
        log_error("cannot start an executor: %s", strerror(failed));
        abort();
    }
    return desk;
}

struct desk **desks_open(struct office *office, size_t *count)
{
    const size_t wanted[LANE_COUNT] = {(size_t)office_config(office)->dashboard_executors, PATIENT_DESKS, WAITING_DESKS,
                                       LOGIN_DESKS};
    struct desk **desks = mem_array(wanted[0] + wanted[1] + wanted[2] + wanted[3], sizeof(struct desk *));
    *count = 0;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        for (size_t i = 0; i < wanted[lane]; i++)
            desks[(*count)++] = desk_open(office, (enum lane)lane);
    return desks;
}

void desks_close(struct desk **desks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mailbox_put(desks[i]->office->lanes[desks[i]->lane], &desk_stop);
    for (size_t i = 0; i < count; i++) {
        pthread_t *thread = desks[i]->thread;
        pthread_join(*thread, NULL);
        free(thread);
        redis_drop(desks[i]->dispatch.redis);
        pg_drop(desks[i]->pg);
        free(desks[i]);
    }
    free(desks);
}
