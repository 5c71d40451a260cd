#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "worker/run/deliver_outbox_private.h"

#define DRIVE_US 1000 /* between two looks at what is in flight, while parcels are put in */
#define LOOK_MS 25    /* between two looks at whether a checkpoint is due */
#define WAIT_MS 500
#define CHECKPOINT_POLL_MS 1
#define SQLSTATE_NOT_CURRENT "RP002" /* the attempt, or its lease */

/* ---- life ---------------------------------------------------------------------------------------------------- */

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

/* ---- the first failure ----------------------------------------------------------------------------------------- */

void outbox_close_by(struct outbox *outbox, enum err err, const struct err_info *why)
{
    if (outbox->closed != ERR_OK || err == ERR_OK)
        return;
    outbox->closed = err;
    outbox->why = *why;
}

bool outbox_heed(struct outbox *outbox, enum err err, const struct err_info *error)
{
    outbox_close_by(outbox, deliver_heed(outbox->deliver, err, error), error);
    return err == ERR_OK;
}

static enum err verdict(const struct outbox *outbox, struct err_info *error)
{
    if (outbox->closed != ERR_OK)
        *error = outbox->why;
    return outbox->closed;
}

bool outbox_is_in_flight(const struct outbox *outbox)
{
    return http_under_way(outbox->deliver->tools->http) > 0;
}

/* ---- all of it at once --------------------------------------------------------------------------------------- */

enum patience { DO_NOT_WAIT, WAIT_FOR_NEXT };

/* Until something is due, at most. */
static int64_t wait_ms(const struct outbox *outbox, enum patience patience)
{
    if (patience == DO_NOT_WAIT)
        return 0;
    if (outbox->checkpoint != NULL)
        return CHECKPOINT_POLL_MS;
    return outbox->answered.count + outbox->filling.count > 0 ? LOOK_MS : WAIT_MS;
}

static void step(struct outbox *outbox, enum patience patience)
{
    struct err_info error = {.code = ERR_OK};
    outbox->driven_us = clock_mono_us();
    if (outbox->checkpoint == NULL)
        outbox_heed(outbox, run_tick(outbox->deliver->run, &error), &error);
    outbox_send_announced(outbox);
    outbox_take_answers(outbox, wait_ms(outbox, patience));
    outbox_drive_checkpoint(outbox);
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
    while (outbox->closed == ERR_OK && outbox_batch_is_full(outbox))
        step(outbox, WAIT_FOR_NEXT);
    return verdict(outbox, error);
}

enum err outbox_free_connection(struct outbox *outbox, struct err_info *error)
{
    while (outbox->closed == ERR_OK && outbox->checkpoint != NULL) {
        outbox_take_answers(outbox, CHECKPOINT_POLL_MS);
        outbox_end_if_answered(outbox);
    }
    return verdict(outbox, error);
}

static bool is_answered(const struct outbox *outbox)
{
    return outbox->filling.count == 0 && outbox->announcing.count == 0 && outbox->announced.count == 0 &&
           !outbox_is_in_flight(outbox);
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

/* ---- after a failure ----------------------------------------------------------------------------------------- */

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
    while (outbox_is_in_flight(outbox) && !is_taken_over(outbox)) {
        outbox_take_answers(outbox, WAIT_MS);
        if (outbox->checkpoint == NULL && outbox->deliver->stop == ERR_OK)
            outbox_heed(outbox, run_tick(outbox->deliver->run, &error), &error);
    }
}

void outbox_give_up(struct outbox *outbox, struct err_info *error)
{
    (void)verdict(outbox, error);
    outbox_close_by(outbox, error->code, error);
    parcels_clear(&outbox->filling);
    await_answers(outbox);
    if (outbox->checkpoint != NULL)
        outbox_end_checkpoint(outbox);
    if (outbox->answered.count > 0 && may_write(outbox))
        outbox_record_rest(outbox);
}
