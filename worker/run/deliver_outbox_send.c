/* The requests of the outbox, from announced to answered. */
#include "common/base/clock.h"
#include "common/base/fault.h"
#include "worker/counts.h"
#include "worker/run/deliver_outbox_private.h"

#define IN_FLIGHT_BYTES (INT64_C(1) << 20)

/* ---- sending ------------------------------------------------------------------------------------------------- */

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
    return outbox_heed(outbox, run_fresh(run, &error), &error);
}

static bool has_room(const struct outbox *outbox, const struct parcel *parcel)
{
    return !outbox_is_in_flight(outbox) || outbox->in_flight_bytes + deliver_request_weight(parcel) <= IN_FLIGHT_BYTES;
}

/* False if it cannot be sent now. The lease is looked at last: building a big body takes its time. */
static bool send_next(struct outbox *outbox, struct deliver_request *request)
{
    struct err_info error = {.code = ERR_OK};
    struct parcel *parcel = parcels_pop(&outbox->announced);
    enum err err = deliver_request_open(request, outbox->deliver, outbox->urls, parcel, &error);
    outbox_close_by(outbox, err, &error);
    if (err != ERR_OK || !may_send(outbox)) {
        parcels_push_front(&outbox->announced, deliver_request_close(request));
        return false;
    }
    outbox->in_flight_bytes += deliver_request_weight(parcel);
    http_submit(outbox->deliver->tools->http, &request->http);
    return true;
}

void outbox_send_announced(struct outbox *outbox)
{
    struct deliver_request *request;
    while (outbox->closed == ERR_OK && outbox->announced.count > 0 && has_room(outbox, outbox->announced.first) &&
           (request = free_request(outbox)) != NULL)
        if (!send_next(outbox, request))
            return;
}

/* ---- answers ------------------------------------------------------------------------------------------------- */

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
    outbox_close_by(outbox, request->http.outcome, &error);
    parcel_drop(deliver_request_close(request));
}

/* At most as many as can be in flight, so that a quick receiver does not keep us from filling in the next batch. */
void outbox_take_answers(struct outbox *outbox, int64_t wait_ms)
{
    for (size_t n = 0; n < outbox->parallel; n++) {
        struct http_request *done = http_wait(outbox->deliver->tools->http, n == 0 ? wait_ms : 0);
        if (done == NULL)
            return;
        counts_delivery(done->status);
        take_answer(outbox, done->context);
        outbox_send_announced(outbox);
    }
}
