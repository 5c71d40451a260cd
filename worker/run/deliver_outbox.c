/*
 * The flow of an attempt: what may be sent, when a checkpoint is due, and what becomes of the tasks in both. One step
 * does all that can be done without waiting: keep the lease, send, take answers, end and begin a checkpoint; the calls
 * of the header repeat it until what they wait for is there. While a checkpoint is under way the connection is not free
 * for anything else, so the lease is then judged by the clock alone.
 *
 * Requests are deliver_http.c's, statements deliver_record.c's. The rules are in the header; they must hold at every
 * return, since a fault point or a death may come anywhere.
 */
#include "worker/run/deliver.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/mem.h"

#define BATCH_MS 100
#define ANNOUNCED_LOW 128 /* a batch is announced while so many are still to be sent: the sender never runs dry */

#define DRIVE_US 1000        /* between two looks at what is in flight, while tasks are put in */
#define LOOK_MS 25           /* between two looks at whether a checkpoint is due */
#define WAIT_MS 500          /* for an answer, where nothing else is due */
#define CHECKPOINT_POLL_MS 1 /* between two looks at whether a checkpoint has ended */
/* After this a checkpoint under way is waited for: what the socket did not take at once is only sent there. */
#define CHECKPOINT_PATIENCE_MS 100

#define SQLSTATE_NOT_CURRENT "RP002" /* the attempt, or its lease */

enum stage {
    STAGE_OPEN,
    STAGE_LENT,  /* the connection is the comparison's: no checkpoint begins */
    STAGE_FLUSH, /* all is to be answered, */
    STAGE_FINISH /* and recorded */
};

struct outbox {
    struct deliver_attempt *attempt;
    struct deliver_http *http;
    struct file_tasks filling, announcing, announced, answered, recording;
    enum stage stage;
    enum verb group; /* of the tasks put in last */

    struct pg_batch *checkpoint; /* under way, else NULL */
    int64_t checkpoint_began_ms;
    int64_t filling_since_ms, answered_since_ms; /* of the oldest in them */
    int64_t driven_us;

    enum err closed; /* the first failure, else ERR_OK */
    struct err_info why;
};

/* ---- the first failure ------------------------------------------------------------------------------------------- */

static void outbox_close(struct outbox *outbox, enum err err, const struct err_info *why)
{
    if (outbox->closed != ERR_OK || err == ERR_OK)
        return;
    outbox->closed = err;
    outbox->why = *why;
}

/* The same for what PostgreSQL or the executor say about going on; true: go on. */
static bool outbox_note_stop(struct outbox *outbox, enum err err, const struct err_info *error)
{
    outbox_close(outbox, deliver_note_stop(outbox->attempt, err, error), error);
    return err == ERR_OK;
}

static enum err outbox_result(const struct outbox *outbox, struct err_info *error)
{
    if (outbox->closed != ERR_OK)
        *error = outbox->why;
    return outbox->closed;
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

/* Rule 2. While a checkpoint is under way the connection is not free for a touch; then sending waits for it. */
static bool outbox_may_send(struct outbox *outbox)
{
    struct err_info error = {.code = ERR_OK};
    struct run *run = outbox->attempt->run;
    if (outbox->checkpoint != NULL)
        return clock_boot_ms() - run->lease->touched_ms < LEASE_FRESH_MS;
    return outbox_note_stop(outbox, run_fresh(run, &error), &error);
}

/* False if it cannot be sent now. The lease is looked at last: building a big body takes its time. */
static bool outbox_send_next(struct outbox *outbox)
{
    struct err_info error = {.code = ERR_OK};
    struct deliver_request *request = NULL;
    enum err err = deliver_http_open(outbox->http, file_tasks_pop(&outbox->announced), &request, &error);
    outbox_close(outbox, err, &error);
    if (err != ERR_OK || !outbox_may_send(outbox)) {
        file_tasks_push_front(&outbox->announced, deliver_http_close(request));
        return false;
    }
    deliver_http_submit(outbox->http, request);
    return true;
}

/* Sends what is announced, as far as there is room; nothing once the outbox is closed. */
static void outbox_send(struct outbox *outbox)
{
    while (outbox->closed == ERR_OK && outbox->announced.count > 0 &&
           deliver_http_has_room(outbox->http, outbox->announced.first))
        if (!outbox_send_next(outbox))
            return;
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static void outbox_take_success(struct outbox *outbox, struct file_task *task)
{
    if (++task->piece < task->pieces) {
        FAULT_POINT("deliver.piece");
        file_tasks_push_front(&outbox->announced, task);
        return;
    }
    if (outbox->answered.count == 0)
        outbox->answered_since_ms = clock_mono_ms();
    file_content_fini(&task->content);
    file_tasks_push(&outbox->answered, task);
}

static void outbox_take_answer(struct outbox *outbox, struct deliver_request *request)
{
    struct err_info error = {.code = ERR_OK};
    FAULT_POINT("deliver.sent");
    enum err err = deliver_http_failure(request, &error);
    bool is_away = deliver_http_is_away(request);
    struct file_task *task = deliver_http_close(request);
    if (err == ERR_OK) {
        outbox_take_success(outbox, task);
        return;
    }
    if (outbox->closed == ERR_OK) {
        outbox->attempt->is_final = err == ERR_PERMANENT;
        outbox->attempt->is_away = err == ERR_RETRY && is_away;
    }
    outbox_close(outbox, err, &error);
    file_task_drop(task);
}

/* Waits for the first answer up to `wait_ms`. It takes at most as many as can be in flight, so that a quick receiver
 * does not keep the next batch from being filled in. */
static void outbox_take_answers(struct outbox *outbox, int64_t wait_ms)
{
    for (int n = 0; n < outbox->attempt->tools->parallel; n++) {
        struct deliver_request *request = deliver_http_wait(outbox->http, n == 0 ? wait_ms : 0);
        if (request == NULL)
            return;
        outbox_take_answer(outbox, request);
        outbox_send(outbox);
    }
}

/* ---- checkpoints ------------------------------------------------------------------------------------------------- */

static bool outbox_may_announce(const struct outbox *outbox)
{
    if (outbox->closed != ERR_OK || outbox->filling.count == 0 || outbox->announced.count > ANNOUNCED_LOW)
        return false;
    return outbox->stage == STAGE_FLUSH || outbox->stage == STAGE_FINISH || file_tasks_are_a_batch(&outbox->filling) ||
           clock_mono_ms() - outbox->filling_since_ms >= BATCH_MS;
}

static bool outbox_must_record(const struct outbox *outbox)
{
    if (outbox->answered.count == 0)
        return false;
    bool is_idle = outbox->announced.count == 0 && outbox->filling.count == 0 && deliver_http_is_idle(outbox->http);
    return outbox->answered.count >= FILE_TASKS_BATCH || (outbox->stage == STAGE_FINISH && is_idle) ||
           clock_mono_ms() - outbox->answered_since_ms >= BATCH_MS;
}

static struct pg_batch *outbox_write_checkpoint(struct outbox *outbox)
{
    file_tasks_move(&outbox->answered, &outbox->recording);
    return deliver_record(outbox->attempt, &outbox->recording, &outbox->announcing);
}

static void outbox_begin_checkpoint(struct outbox *outbox)
{
    struct err_info error = {.code = ERR_OK};
    if (outbox_may_announce(outbox))
        file_tasks_move(&outbox->filling, &outbox->announcing);
    struct pg_batch *batch = outbox_write_checkpoint(outbox);
    if (!outbox_note_stop(outbox, run_checkpoint_start(outbox->attempt->run, batch, &error), &error))
        return;
    outbox->checkpoint = batch;
    outbox->checkpoint_began_ms = clock_mono_ms();
}

/* Waits for the one under way. It was committed also where its answer is that the job must stop now. */
static void outbox_end_checkpoint(struct outbox *outbox)
{
    struct err_info error = {.code = ERR_OK};
    struct deliver_attempt *attempt = outbox->attempt;
    enum err err = run_checkpoint_end(attempt->run, outbox->checkpoint, &error);
    outbox->checkpoint = NULL;
    (void)outbox_note_stop(outbox, err, &error);
    if (err != ERR_OK && err != ERR_INTERRUPTED)
        return;
    attempt->fetch_noted = true;
    free(attempt->link.synced_tree);
    attempt->link.synced_tree = NULL;
    attempt->answer_noted |= outbox->recording.count > 0;
    if (outbox->recording.count > 0)
        FAULT_POINT("deliver.recorded");
    if (outbox->announcing.count > 0)
        FAULT_POINT("deliver.announced");
    file_tasks_clear(&outbox->recording);
    file_tasks_move(&outbox->announcing, &outbox->announced);
}

static bool checkpoint_has_answered(const struct outbox *outbox)
{
    struct pollfd socket = {.fd = pg_socket(outbox->attempt->run->pg), .events = POLLIN, .revents = 0};
    return socket.fd < 0 || poll(&socket, 1, 0) != 0 ||
           clock_mono_ms() - outbox->checkpoint_began_ms > CHECKPOINT_PATIENCE_MS;
}

/* Ends the one under way where its answer has come, or where nothing else is to be done meanwhile. */
static void outbox_end_if_answered(struct outbox *outbox)
{
    if (outbox->checkpoint != NULL && (checkpoint_has_answered(outbox) || deliver_http_is_idle(outbox->http)))
        outbox_end_checkpoint(outbox);
}

static void outbox_drive_checkpoint(struct outbox *outbox)
{
    outbox_end_if_answered(outbox);
    if (outbox->checkpoint == NULL && outbox->closed == ERR_OK && outbox->stage != STAGE_LENT &&
        (outbox_may_announce(outbox) || outbox_must_record(outbox)))
        outbox_begin_checkpoint(outbox);
}

/* ---- all of it at once ------------------------------------------------------------------------------------------- */

enum patience { DO_NOT_WAIT, WAIT_FOR_NEXT };

/* Until something is due, at most. */
static int64_t outbox_wait_ms(const struct outbox *outbox, enum patience patience)
{
    if (patience == DO_NOT_WAIT)
        return 0;
    if (outbox->checkpoint != NULL)
        return CHECKPOINT_POLL_MS;
    return outbox->answered.count + outbox->filling.count > 0 ? LOOK_MS : WAIT_MS;
}

static void outbox_step(struct outbox *outbox, enum patience patience)
{
    struct err_info error = {.code = ERR_OK};
    outbox->driven_us = clock_mono_us();
    if (outbox->checkpoint == NULL)
        (void)outbox_note_stop(outbox, run_tick(outbox->attempt->run, &error), &error);
    outbox_send(outbox);
    outbox_take_answers(outbox, outbox_wait_ms(outbox, patience));
    outbox_drive_checkpoint(outbox);
}

/* A child_tick_fn. */
static enum err outbox_tick(void *context, struct err_info *error)
{
    struct outbox *outbox = context;
    outbox_step(outbox, DO_NOT_WAIT);
    return outbox_result(outbox, error);
}

struct outbox *outbox_new(struct deliver_attempt *attempt)
{
    struct outbox *outbox = mem_zalloc(sizeof *outbox);
    outbox->attempt = attempt;
    outbox->http = deliver_http_new(attempt);
    deliver_watch(attempt, outbox_tick, outbox);
    return outbox;
}

void outbox_drop(struct outbox *outbox)
{
    deliver_watch(outbox->attempt, NULL, NULL);
    deliver_http_drop(outbox->http);
    struct file_tasks *lists[] = {&outbox->filling, &outbox->announcing, &outbox->announced, &outbox->answered,
                                  &outbox->recording};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        file_tasks_clear(lists[i]);
    free(outbox);
}

enum err outbox_lend_connection(struct outbox *outbox, struct err_info *error)
{
    outbox->stage = STAGE_OPEN;
    outbox_step(outbox, DO_NOT_WAIT); /* what is due by now, since nothing is put in where nothing has changed */
    outbox->stage = STAGE_LENT;
    while (outbox->closed == ERR_OK && outbox->checkpoint != NULL) {
        outbox_take_answers(outbox, CHECKPOINT_POLL_MS);
        outbox_end_if_answered(outbox);
    }
    return outbox_result(outbox, error);
}

enum err outbox_put(struct outbox *outbox, struct file_task *task, struct err_info *error)
{
    outbox->stage = STAGE_OPEN;
    if (outbox->filling.count == 0)
        outbox->filling_since_ms = clock_mono_ms();
    file_tasks_push(&outbox->filling, task);
    if (clock_mono_us() - outbox->driven_us >= DRIVE_US)
        outbox_step(outbox, DO_NOT_WAIT);
    while (outbox->closed == ERR_OK && file_tasks_are_a_batch(&outbox->filling))
        outbox_step(outbox, WAIT_FOR_NEXT);
    return outbox_result(outbox, error);
}

static bool outbox_is_answered(const struct outbox *outbox)
{
    return outbox->filling.count == 0 && outbox->announcing.count == 0 && outbox->announced.count == 0 &&
           deliver_http_is_idle(outbox->http);
}

enum err outbox_begin_group(struct outbox *outbox, enum verb verb, struct err_info *error)
{
    outbox->stage = STAGE_FLUSH;
    while (verb != outbox->group && outbox->closed == ERR_OK && !outbox_is_answered(outbox))
        outbox_step(outbox, WAIT_FOR_NEXT);
    outbox->stage = STAGE_OPEN;
    outbox->group = verb;
    return outbox_result(outbox, error);
}

enum err outbox_finish(struct outbox *outbox, struct err_info *error)
{
    outbox->stage = STAGE_FINISH;
    while (outbox->closed == ERR_OK &&
           (!outbox_is_answered(outbox) || outbox->answered.count > 0 || outbox->checkpoint != NULL))
        outbox_step(outbox, WAIT_FOR_NEXT);
    return outbox_result(outbox, error);
}

/* ---- after a failure --------------------------------------------------------------------------------------------- */

static bool outbox_may_write(const struct outbox *outbox)
{
    enum err stop = outbox->attempt->stop;
    return (stop == ERR_OK || stop == ERR_INTERRUPTED) && !outbox->attempt->is_gone;
}

/* The successor is at work already: the less of this attempt's arrives now, the better. */
static bool outbox_is_taken_over(const struct outbox *outbox)
{
    return strcmp(outbox->why.sqlstate, SQLSTATE_NOT_CURRENT) == 0;
}

static void outbox_await_answers(struct outbox *outbox)
{
    struct err_info error = {.code = ERR_OK};
    while (!deliver_http_is_idle(outbox->http) && !outbox_is_taken_over(outbox)) {
        outbox_take_answers(outbox, WAIT_MS);
        if (outbox->checkpoint == NULL && outbox->attempt->stop == ERR_OK)
            (void)outbox_note_stop(outbox, run_tick(outbox->attempt->run, &error), &error);
    }
}

/* Whether it succeeds or not: intents tell the next attempt what is not recorded. */
static void outbox_record_rest(struct outbox *outbox)
{
    struct err_info ignored = {.code = ERR_OK};
    struct pg_batch *batch = outbox_write_checkpoint(outbox);
    enum err err = run_checkpoint_commit(outbox->attempt->run, batch, &ignored);
    if (err == ERR_OK || err == ERR_INTERRUPTED) {
        outbox->attempt->fetch_noted = true;
        FAULT_POINT("deliver.recorded");
    }
}

void outbox_give_up(struct outbox *outbox, struct err_info *error)
{
    (void)outbox_result(outbox, error);
    outbox_close(outbox, error->code, error);
    file_tasks_clear(&outbox->filling);
    outbox_await_answers(outbox);
    if (outbox->checkpoint != NULL)
        outbox_end_checkpoint(outbox);
    if (outbox->answered.count > 0 && outbox_may_write(outbox))
        outbox_record_rest(outbox);
}
