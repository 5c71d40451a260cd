/* The checkpoints of the outbox: when they are due, and what becomes of the parcels in them. */
#include <poll.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "worker/run/deliver_fetch.h"
#include "worker/run/deliver_outbox_private.h"
#include "worker/run/deliver_record.h"

#define BATCH_FILES 256
#define BATCH_MS 100
#define BATCH_KEPT_BYTES (INT64_C(1) << 20)
#define BATCH_SPOOLS 16
#define BATCH_SPOOLED_BYTES (INT64_C(64) << 20)
/* A batch is announced while so many are still to be sent, so that the sender never runs dry. */
#define ANNOUNCED_LOW 128
/* Then it is waited for: what the socket did not take at once is only sent there. */
#define CHECKPOINT_PATIENCE_MS 100

bool outbox_batch_is_full(const struct outbox *outbox)
{
    const struct parcels *filling = &outbox->filling;
    return filling->count >= BATCH_FILES || filling->kept_bytes >= BATCH_KEPT_BYTES ||
           filling->spools >= BATCH_SPOOLS || filling->spooled_bytes >= BATCH_SPOOLED_BYTES;
}

static bool may_announce(const struct outbox *outbox)
{
    if (outbox->closed != ERR_OK || outbox->filling.count == 0 || outbox->announced.count > ANNOUNCED_LOW)
        return false;
    return outbox->stage != STAGE_OPEN || outbox_batch_is_full(outbox) ||
           clock_mono_ms() - outbox->filling_since_ms >= BATCH_MS;
}

static bool must_record(const struct outbox *outbox)
{
    if (outbox->answered.count == 0)
        return false;
    bool is_idle = outbox->announced.count == 0 && outbox->filling.count == 0 && !outbox_is_in_flight(outbox);
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
    parcels_move(&outbox->answered, &outbox->recording);
    count_recorded(&deliver->remember, &outbox->recording);
    struct pg_batch *batch = deliver_checkpoint(deliver);
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
    if (!outbox_heed(outbox, run_checkpoint_start(outbox->deliver->run, batch, &error), &error))
        return;
    outbox->checkpoint = batch;
    outbox->checkpoint_began_ms = clock_mono_ms();
}

/* It was committed also where its answer is that the job must stop now. */
void outbox_end_checkpoint(struct outbox *outbox)
{
    struct err_info error = {.code = ERR_OK};
    struct deliver *deliver = outbox->deliver;
    enum err err = run_checkpoint_end(deliver->run, outbox->checkpoint, &error);
    outbox->checkpoint = NULL;
    outbox_heed(outbox, err, &error);
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

void outbox_end_if_answered(struct outbox *outbox)
{
    if (outbox->checkpoint != NULL && (has_answered(outbox) || !outbox_is_in_flight(outbox)))
        outbox_end_checkpoint(outbox);
}

void outbox_drive_checkpoint(struct outbox *outbox)
{
    outbox_end_if_answered(outbox);
    if (outbox->checkpoint == NULL && outbox->closed == ERR_OK && (may_announce(outbox) || must_record(outbox)))
        start_checkpoint(outbox);
}

/* Whatever comes of it: intents tell the next attempt what is not recorded. */
void outbox_record_rest(struct outbox *outbox)
{
    struct err_info ignored = {.code = ERR_OK};
    struct pg_batch *batch = write_checkpoint(outbox);
    enum err err = run_checkpoint_commit(outbox->deliver->run, batch, &ignored);
    if (err == ERR_OK || err == ERR_INTERRUPTED) {
        outbox->deliver->fetch_noted = true;
        FAULT_POINT("deliver.recorded");
    }
}
