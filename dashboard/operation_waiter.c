#include "dashboard/operation_waiter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "dashboard/call_executor.h"
#include "embedded/sql_dashboard.h"

#define NAP_FIRST_MS 5
#define NAP_LAST_MS 200
#define TOGETHER_MS 20 /* those that are due so soon are asked for too: one question instead of many */

struct call waiting_over;

struct room {
    struct desk *desk;
    struct call *first; /* by call->wait.next */
    bool closing;
};

void waiting_ask(struct call *call, const char *operation_id, int64_t patience_ms, route_fn *then)
{
    int64_t now_ms = clock_mono_ms();
    call->wait = (struct call_wait){
        .then = then, .deadline_ms = now_ms + patience_ms, .look_ms = now_ms, .nap_ms = NAP_FIRST_MS};
    snprintf(call->wait.operation_id, sizeof call->wait.operation_id, "%s", operation_id);
}

/* ---- looking ----------------------------------------------------------------------------------------------------- */

static size_t take_due(const struct room *room, int64_t now_ms, const char ***ids)
{
    size_t count = 0, all = 0;
    for (const struct call *call = room->first; call != NULL; call = call->wait.next)
        all++;
    *ids = mem_array(all + 1, sizeof **ids);
    for (const struct call *call = room->first; call != NULL; call = call->wait.next)
        if (call->wait.look_ms <= now_ms + TOGETHER_MS)
            (*ids)[count++] = call->wait.operation_id;
    return count;
}

static void mark_ended(struct room *room, const char *operation_id)
{
    for (struct call *call = room->first; call != NULL; call = call->wait.next)
        if (strcmp(call->wait.operation_id, operation_id) == 0)
            call->wait.ended = true;
}

/* Where PostgreSQL does not answer they are asked for again; that has the patience of each. */
static void look(struct room *room, int64_t now_ms)
{
    const char **ids = NULL;
    struct err_info error = {0};
    PGresult *result = NULL;
    struct pg_args *args = pg_args_new();
    size_t count = take_due(room, now_ms, &ids);
    pg_arg_texts(args, ids, count);
    enum err err = count == 0 ? ERR_BUSY : pg_ready(room->desk->pg, &error);
    if (err == ERR_OK)
        err = pg_exec(room->desk->pg, &sql_dashboard_ended, args, &result, &error);
    for (int row = 0; err == ERR_OK && row < pg_rows(result); row++)
        mark_ended(room, pg_text(result, row, 0));
    PQclear(result);
    pg_args_drop(args);
    free(ids);
}

/* ---- who goes on, and who stays ---------------------------------------------------------------------------------- */

static void nap_longer(struct call_wait *wait, int64_t now_ms)
{
    if (wait->look_ms > now_ms + TOGETHER_MS)
        return;
    wait->look_ms = now_ms + wait->nap_ms;
    wait->nap_ms = wait->nap_ms * 2 < NAP_LAST_MS ? wait->nap_ms * 2 : NAP_LAST_MS;
}

static void let_go(struct room *room, int64_t now_ms)
{
    for (struct call **at = &room->first; *at != NULL;) {
        struct call *call = *at;
        if (!call->wait.ended && !room->closing && call->wait.deadline_ms > now_ms) {
            nap_longer(&call->wait, now_ms);
            at = &call->wait.next;
            continue;
        }
        *at = call->wait.next;
        call->wait.is_over = true;
        mailbox_put(room->desk->office->lanes[LANE_PATIENT], call);
    }
}

static int64_t until_next_look(const struct room *room)
{
    int64_t next_ms = INT64_MAX, now_ms = clock_mono_ms();
    for (const struct call *call = room->first; call != NULL; call = call->wait.next)
        next_ms = call->wait.look_ms < next_ms ? call->wait.look_ms : next_ms;
    return next_ms == INT64_MAX ? -1 : next_ms > now_ms ? next_ms - now_ms : 0;
}

static void enter(struct room *room, struct call *call)
{
    call->wait.next = room->first;
    room->first = call;
}

void *waiting_main(void *context)
{
    struct room room = {.desk = context};
    for (;;) {
        struct call *call = mailbox_take(room.desk->office->lanes[LANE_WAITING], until_next_look(&room));
        if (call == &desk_stop)
            return NULL;
        if (call == &waiting_over)
            room.closing = true;
        else if (call != NULL)
            enter(&room, call);
        int64_t now_ms = clock_mono_ms();
        look(&room, now_ms);
        let_go(&room, now_ms);
    }
}
