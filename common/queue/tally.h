/*
 * The tally of an operation as read from PostgreSQL: the one place where its state and counts are true (I2). All
 * statements that return it begin with the same columns, in the order of the struct.
 */
#ifndef REPRISE_QUEUE_TALLY_H
#define REPRISE_QUEUE_TALLY_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/ids.h"
#include "common/store/pg.h"
#include "common/store/redis.h"

enum op_state { OP_RUNNING, OP_PAUSED, OP_COMPLETED, OP_FAILED, OP_CANCELLED };

struct tally {
    char operation_id[ID_MAX];
    enum op_state state;
    int phase;
    bool planned;
    int64_t total, succeeded, failed, skipped, cancelled_jobs;
    int64_t last_seq;
    int64_t generation, version;
    int64_t timeline;
};
#define TALLY_COLUMNS 13

void tally_read(const PGresult *result, int row, struct tally *tally);
/* The state alone, now. An operation that is not there any more counts as cancelled. */
MUST_CHECK enum err tally_state(struct pg *pg, const char *operation_id, enum op_state *state, struct err_info *error);
const char *op_state_name(enum op_state state);
/* Unknown words are OP_FAILED: the column's CHECK leaves none. */
enum op_state op_state_of(const char *name);

static inline bool tally_is_live(const struct tally *tally)
{
    return tally->state == OP_RUNNING || tally->state == OP_PAUSED;
}
static inline int64_t tally_settled(const struct tally *tally)
{
    return tally->succeeded + tally->failed + tally->skipped;
}
/* A phase that may be advanced from. */
static inline bool tally_phase_is_done(const struct tally *tally)
{
    return tally->state == OP_RUNNING && tally->planned && tally_settled(tally) == tally->total;
}

/* Appends the block of lua/_forward.lua: ten values. `tally` NULL: a block that says nothing. `finished_at` may be
 * NULL. */
void tally_block(struct redis_args *args, const struct tally *tally, const char *finished_at);

#endif
