/*
 * What the three parts of the outbox share: its lists and its flow (deliver_outbox.c), its requests
 * (deliver_outbox_send.c) and its checkpoints (deliver_outbox_record.c).
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_OUTBOX_PRIVATE_H
#define REPRISE_WORKER_RUN_DELIVER_OUTBOX_PRIVATE_H

#include "worker/run/deliver_outbox.h"
#include "worker/run/deliver_request.h"

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

/* The first failure closes it; later ones are not told. */
void outbox_close_by(struct outbox *outbox, enum err err, const struct err_info *why);
/* The same for what the store or the executor says about going on; true if it is to. */
bool outbox_heed(struct outbox *outbox, enum err err, const struct err_info *error);
bool outbox_is_in_flight(const struct outbox *outbox);

/* Sends what is announced, as far as there is room; nothing once it is closed. */
void outbox_send_announced(struct outbox *outbox);
/* Waits for the first answer up to `wait_ms`, and takes those that are there. */
void outbox_take_answers(struct outbox *outbox, int64_t wait_ms);

bool outbox_batch_is_full(const struct outbox *outbox);
/* Ends the checkpoint under way where its answer has come, and starts the next one where it is due. */
void outbox_drive_checkpoint(struct outbox *outbox);
/* Ends the one under way where its answer has come, or where nothing else is to be done meanwhile. */
void outbox_end_if_answered(struct outbox *outbox);
/* Waits for the one under way. */
void outbox_end_checkpoint(struct outbox *outbox);
/* Records what is left, and announces nothing. */
void outbox_record_rest(struct outbox *outbox);

#endif
