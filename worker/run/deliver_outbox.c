#include "worker/run/deliver_outbox.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/mem.h"
#include "worker/run/deliver_fetch.h"
#include "worker/run/deliver_record.h"
#include "worker/run/deliver_request.h"

#define BATCH_FILES 256
#define BATCH_MS 100
#define BATCH_KEPT_BYTES (INT64_C(1) << 20)
#define BATCH_SPOOLS 16
#define BATCH_SPOOLED_BYTES (INT64_C(64) << 20)
#define ANNOUNCED_LOW                                                                                                  \
    128 /* a batch is announced while so many are still to be sent, so that the sender never runs dry */
#define IN_FLIGHT_BYTES (INT64_C(1) << 20)
#define DRIVE_US 1000 /* between two looks at what is in flight, while parcels are put in */
#define WAIT_MS 500
#define SQLSTATE_NOT_CURRENT "RP002" /* the attempt, or its lease */
#define CHECKPOINT_POLL_MS 1
#define CHECKPOINT_PATIENCE_MS 20 /* then it is waited for: what the socket did not take yet is only sent there */

enum stage { STAGE_OPEN, STAGE_FLUSH, STAGE_FINISH };

struct outbox {
    struct deliver *deliver;
    struct parcels filling, announcing, announced, answered, recording;
    struct deliver_request *requests; /* deliver.parallel of them */
    size_t parallel;
    char *urls[VERB_COUNT];
    int64_t in_flight_bytes;
    enum stage stage;

    struct pg_batch *checkpoint; /* under way, else NULL */
    int64_t checkpoint_began_ms;
    int64_t filling_since_ms, answered_since_ms; /* of the oldest in them */
    int64_t driven_us;

    enum err closed; /* the first failure, else ERR_OK */
    struct err_info why;
};

/* ---- life -------------------------------------------------------------------------------------------------------- */

static char *url_of(const char *base_url, enum verb verb)
{
    struct buf url = BUF_INIT;
    buf_addf(&url, "%s/%s", base_url, verb_name(verb));
    return buf_take(&url);
}

struct outbox *outbox_new(struct deliver *deliver)
{
    struct outbox *outbox = mem_zalloc(sizeof *outbox);
    outbox->deliver = deliver;
    outbox->parallel = (size_t)deliver->tools->parallel;
    outbox->requests = mem_array(outbox->parallel, sizeof *outbox->requests);
    for (size_t i = 0; i < outbox->parallel; i++)
        deliver_request_init(&outbox->requests[i]);
    for (int verb = VERB_DELETE; verb <= VERB_UPDATE; verb++)
        outbox->urls[verb] = url_of(deliver->link.base_url, (enum verb)verb);
    return outbox;
}

void outbox_drop(struct outbox *outbox)
{
    if (outbox == NULL)
        return;
    http_cancel_all(outbox->deliver->tools->http);
    struct parcels *lists[] = {&outbox->filling, &outbox->announcing, &outbox->announced, &outbox->answered,
                               &outbox->recording};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        parcels_clear(lists[i]);
    for (size_t i = 0; i < outbox->parallel; i++)
        deliver_request_fini(&outbox->requests[i]);
    for (int verb = 0; verb < VERB_COUNT; verb++)
        free(outbox->urls[verb]);
    free(outbox->requests);
    free(outbox);
}

static void close_by(struct outbox *outbox, enum err err, const struct err_info *why)
{
    if (outbox->closed != ERR_OK || err == ERR_OK)
        return;
    outbox->closed = err;
    outbox->why = *why;
}

/* What the store or the executor says about going on. */
static bool heed(struct outbox *outbox, enum err err, const struct err_info *error)
{
    close_by(outbox, deliver_heed(outbox->deliver, err, error), error);
    return err == ERR_OK;
}

static enum err verdict(const struct outbox *outbox, struct err_info *error)
{
    if (outbox->closed != ERR_OK)
        *error = outbox->why;
    return outbox->closed;
}

static bool is_in_flight(const struct outbox *outbox)
{
    return http_under_way(outbox->deliver->tools->http) > 0;
}

/* ---- sending -------------------------------------------------------------------------------------------------------
 */

static struct deliver_request *free_request(struct outbox *outbox)
{
    for (size_t i = 0; i < outbox->parallel; i++)
        if (outbox->requests[i].parcel == NULL)
            return &outbox->requests[i];
    return NULL;
}

/* While a checkpoint is under way the connection is not free for a touch; then sending waits for it. */
static bool may_send(struct outbox *outbox)
{
    struct err_info error = {.code = ERR_OK};
    struct run *run = outbox->deliver->run;
    if (outbox->checkpoint != NULL)
        return clock_boot_ms() - run->lease->touched_ms < LEASE_FRESH_MS;
    return heed(outbox, run_fresh(run, &error), &error);
}

static bool has_room(const struct outbox *outbox, const struct parcel *parcel)
{
    return !is_in_flight(outbox) || outbox->in_flight_bytes + deliver_request_weight(parcel) <= IN_FLIGHT_BYTES;
}

/* False if it cannot be sent now. The lease is looked at last: building a big body takes its time. */
static bool send_next(struct outbox *outbox, struct deliver_request *request)
{
    struct err_info error = {.code = ERR_OK};
    struct parcel *parcel = parcels_pop(&outbox->announced);
    enum err err = deliver_request_open(request, outbox->deliver, outbox->urls, parcel, &error);
    close_by(outbox, err, &error);
    if (err != ERR_OK || !may_send(outbox)) {
        parcels_push_front(&outbox->announced, deliver_request_close(request));
        return false;
    }
    outbox->in_flight_bytes += deliver_request_weight(parcel);
    http_submit(outbox->deliver->tools->http, &request->http);
    return true;
}

static void send_announced(struct outbox *outbox)
{
    struct deliver_request *request;
    while (outbox->closed == ERR_OK && outbox->announced.count > 0 && has_room(outbox, outbox->announced.first) &&
           (request = free_request(outbox)) != NULL)
        if (!send_next(outbox, request))
            return;
}

/* ---- answers -------------------------------------------------------------------------------------------------------
 */

static void take_success(struct outbox *outbox, struct parcel *parcel)
{
    if (++parcel->piece < parcel->pieces) {
        FAULT_POINT("deliver.piece");
        parcels_push_front(&outbox->announced, parcel);
        return;
    }
    if (outbox->answered.count == 0)
        outbox->answered_since_ms = clock_mono_ms();
    deliver_content_fini(&parcel->content);
    parcels_push(&outbox->answered, parcel);
}

static void take_answer(struct outbox *outbox, struct deliver_request *request)
{
    outbox->in_flight_bytes -= deliver_request_weight(request->parcel);
    FAULT_POINT("deliver.sent");
    if (request->http.outcome == ERR_OK) {
        take_success(outbox, deliver_request_close(request));
        return;
    }
    struct err_info error;
    deliver_request_failure(request, &error);
    if (outbox->closed == ERR_OK)
        outbox->deliver->is_final = request->http.outcome == ERR_PERMANENT;
    close_by(outbox, request->http.outcome, &error);
    parcel_drop(deliver_request_close(request));
}

/* At most as many as can be in flight, so that a quick receiver does not keep us from filling in the next batch. */
static void take_answers(struct outbox *outbox, int64_t wait_ms)
{
    for (size_t n = 0; n < outbox->parallel; n++) {
        struct http_request *done = http_wait(outbox->deliver->tools->http, n == 0 ? wait_ms : 0);
        if (done == NULL)
            return;
        take_answer(outbox, done->context);
        send_announced(outbox);
    }
}

/* ---- checkpoints ---------------------------------------------------------------------------------------------------
 */

static bool is_full(const struct parcels *filling)
{
    return filling->count >= BATCH_FILES || filling->kept_bytes >= BATCH_KEPT_BYTES ||
           filling->spools >= BATCH_SPOOLS || filling->spooled_bytes >= BATCH_SPOOLED_BYTES;
}

static bool may_announce(const struct outbox *outbox)
{
    if (outbox->closed != ERR_OK || outbox->filling.count == 0 || outbox->announced.count > ANNOUNCED_LOW)
        return false;
    return outbox->stage != STAGE_OPEN || is_full(&outbox->filling) ||
           clock_mono_ms() - outbox->filling_since_ms >= BATCH_MS;
}

static bool must_record(const struct outbox *outbox)
{
    if (outbox->answered.count == 0)
        return false;
    bool is_idle = outbox->announced.count == 0 && outbox->filling.count == 0 && !is_in_flight(outbox);
    return outbox->answered.count >= BATCH_FILES || (outbox->stage == STAGE_FINISH && is_idle) ||
           clock_mono_ms() - outbox->answered_since_ms >= BATCH_MS;
}

static void count_recorded(struct deliver_remember *remember, const struct parcels *recording)
{
    for (const struct parcel *parcel = recording->first; parcel != NULL; parcel = parcel->next) {
        remember->created += parcel->verb == VERB_CREATE;
        remember->updated += parcel->verb == VERB_UPDATE;
        remember->deleted += parcel->verb == VERB_DELETE;
        remember->bytes += parcel->size;
        remember->done += parcel->verb != VERB_DELETE;
    }
}

static struct pg_batch *write_checkpoint(struct outbox *outbox)
{
    struct deliver *deliver = outbox->deliver;
    char remember[DELIVER_REMEMBER_MAX];
    parcels_move(&outbox->answered, &outbox->recording);
    count_recorded(&deliver->remember, &outbox->recording);
    struct pg_batch *batch = run_checkpoint(deliver->run, deliver_remember_write(&deliver->remember, remember));
    if (!deliver->fetch_noted)
        deliver_note_fetch(batch, &deliver->link, &deliver->fetched);
    deliver_record(batch, deliver, &outbox->recording, &outbox->announcing);
    return batch;
}

static void start_checkpoint(struct outbox *outbox)
{
    struct err_info error = {.code = ERR_OK};
    if (may_announce(outbox))
        parcels_move(&outbox->filling, &outbox->announcing);
    struct pg_batch *batch = write_checkpoint(outbox);
    if (!heed(outbox, run_checkpoint_start(outbox->deliver->run, batch, &error), &error))
        return;
    outbox->checkpoint = batch;
    outbox->checkpoint_began_ms = clock_mono_ms();
}

/* It was committed also where its answer is that the job must stop now. */
static void end_checkpoint(struct outbox *outbox)
{
    struct err_info error = {.code = ERR_OK};
    struct deliver *deliver = outbox->deliver;
    enum err err = run_checkpoint_end(deliver->run, outbox->checkpoint, &error);
    outbox->checkpoint = NULL;
    heed(outbox, err, &error);
    if (err != ERR_OK && err != ERR_INTERRUPTED)
        return;
    deliver->fetch_noted = true;
    free(deliver->link.synced_tree);
    deliver->link.synced_tree = NULL;
    if (outbox->recording.count > 0)
        FAULT_POINT("deliver.recorded");
    if (outbox->announcing.count > 0)
        FAULT_POINT("deliver.announced");
    parcels_clear(&outbox->recording);
    parcels_move(&outbox->announcing, &outbox->announced);
}

static bool has_answered(const struct outbox *outbox)
{
    struct pollfd socket = {.fd = pg_socket(outbox->deliver->run->pg), .events = POLLIN, .revents = 0};
    return socket.fd < 0 || poll(&socket, 1, 0) != 0 ||
           clock_mono_ms() - outbox->checkpoint_began_ms > CHECKPOINT_PATIENCE_MS;
}

static void drive_checkpoint(struct outbox *outbox)
{
    if (outbox->checkpoint != NULL && (has_answered(outbox) || !is_in_flight(outbox)))
        end_checkpoint(outbox);
    if (outbox->checkpoint == NULL && outbox->closed == ERR_OK && (may_announce(outbox) || must_record(outbox)))
        start_checkpoint(outbox);
}

/* ---- all of it at once
 * ----------------------------------------------------------------------------------------------- */

enum patience { DO_NOT_WAIT, WAIT_FOR_NEXT };

/* Until something is due, at most. */
static int64_t wait_ms(const struct outbox *outbox, enum patience patience)
{
    if (patience == DO_NOT_WAIT)
        return 0;
    if (outbox->checkpoint != NULL)
        return CHECKPOINT_POLL_MS;
    return outbox->answered.count + outbox->filling.count > 0 ? BATCH_MS / 4 : WAIT_MS;
}

static void step(struct outbox *outbox, enum patience patience)
{
    struct err_info error = {.code = ERR_OK};
    outbox->driven_us = clock_mono_us();
    if (outbox->checkpoint == NULL)
        heed(outbox, run_tick(outbox->deliver->run, &error), &error);
    send_announced(outbox);
    take_answers(outbox, wait_ms(outbox, patience));
    drive_checkpoint(outbox);
}

enum err outbox_drive(struct outbox *outbox, struct err_info *error)
{
    step(outbox, DO_NOT_WAIT);
    return verdict(outbox, error);
}

enum err outbox_put(struct outbox *outbox, struct parcel *parcel, struct err_info *error)
{
    if (outbox->filling.count == 0)
        outbox->filling_since_ms = clock_mono_ms();
    parcels_push(&outbox->filling, parcel);
    if (clock_mono_us() - outbox->driven_us >= DRIVE_US)
        step(outbox, DO_NOT_WAIT);
    while (outbox->closed == ERR_OK && is_full(&outbox->filling))
        step(outbox, WAIT_FOR_NEXT);
    return verdict(outbox, error);
}

enum err outbox_free_connection(struct outbox *outbox, struct err_info *error)
{
    while (outbox->closed == ERR_OK && outbox->checkpoint != NULL) {
        take_answers(outbox, CHECKPOINT_POLL_MS);
        if (has_answered(outbox) || !is_in_flight(outbox))
            end_checkpoint(outbox);
    }
    return verdict(outbox, error);
}

static bool is_answered(const struct outbox *outbox)
{
    return outbox->filling.count == 0 && outbox->announcing.count == 0 && outbox->announced.count == 0 &&
           !is_in_flight(outbox);
}

enum err outbox_flush(struct outbox *outbox, struct err_info *error)
{
    outbox->stage = STAGE_FLUSH;
    while (outbox->closed == ERR_OK && !is_answered(outbox))
        step(outbox, WAIT_FOR_NEXT);
    outbox->stage = STAGE_OPEN;
    return verdict(outbox, error);
}

enum err outbox_finish(struct outbox *outbox, struct err_info *error)
{
    outbox->stage = STAGE_FINISH;
    while (outbox->closed == ERR_OK &&
           (!is_answered(outbox) || outbox->answered.count > 0 || outbox->checkpoint != NULL))
        step(outbox, WAIT_FOR_NEXT);
    return verdict(outbox, error);
}

/* ---- after a failure
 * --------------------------------------------------------------------------------------------------- */

static bool may_write(const struct outbox *outbox)
{
    enum err stop = outbox->deliver->stop;
    return (stop == ERR_OK || stop == ERR_INTERRUPTED) && !outbox->deliver->is_gone;
}

/* The successor is at work already: the less of ours arrives now, the better. */
static bool is_taken_over(const struct outbox *outbox)
{
    return strcmp(outbox->why.sqlstate, SQLSTATE_NOT_CURRENT) == 0;
}

static void await_answers(struct outbox *outbox)
{
    struct err_info error = {.code = ERR_OK};
    while (is_in_flight(outbox) && !is_taken_over(outbox)) {
        take_answers(outbox, WAIT_MS);
        if (outbox->checkpoint == NULL && outbox->deliver->stop == ERR_OK)
            heed(outbox, run_tick(outbox->deliver->run, &error), &error);
    }
}

void outbox_give_up(struct outbox *outbox)
{
    struct err_info error = {.code = ERR_OK};
    parcels_clear(&outbox->filling);
    await_answers(outbox);
    if (outbox->checkpoint != NULL)
        end_checkpoint(outbox);
    if (outbox->answered.count == 0 || !may_write(outbox))
        return;
    struct pg_batch *batch = write_checkpoint(outbox);
    /* Whatever comes of it: intents tell the next attempt what is not recorded. */
    enum err err = run_checkpoint_commit(outbox->deliver->run, batch, &error);
    if (err == ERR_OK || err == ERR_INTERRUPTED) {
        outbox->deliver->fetch_noted = true;
        FAULT_POINT("deliver.recorded");
    }
}
