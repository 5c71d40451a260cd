/*
 * Operations in PostgreSQL: looking one up, cancel, pause, resume. Nothing here speaks to Redis:
 * that is dispatch.h, after the commit.
 */
#ifndef REPRISE_QUEUE_OPERATION_H
#define REPRISE_QUEUE_OPERATION_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/ids.h"
#include "common/store/pg.h"
#include "common/store/redis.h"

/*
 * The tally of an operation as read from PostgreSQL: the one place where its state and counts are true (I2). All
 * statements that return it begin with the same columns, in the order of the struct.
 */

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

struct operation {
    struct tally tally;
    char *definition, *digest, *args, *subject, *phases, *queue, *requested_by;
    int chunk, window;
    bool dry_run, single, loaded;
    char *created_at, *finished_at, *error, *plan_cursor; /* the last three may be NULL */
    int plan_failures;
};

/* On success `*operation` is the caller's (operation_drop). ERR_NOT_FOUND: "no operation op_…". */
MUST_CHECK enum err operation_get(struct pg *pg, const char *operation_id, struct operation **operation,
                                  struct err_info *error);
void operation_drop(struct operation *operation);

/* After it has returned ERR_OK nothing more of the operation commits but the removal of what it leaves (I4). `*tally`
 * is what was done. One that has ended already: ERR_CONFLICT with its tally, except a cancelled one (ERR_OK again). */
MUST_CHECK enum err operation_cancel(struct pg *pg, const char *operation_id, struct tally *tally,
                                     struct err_info *error);
/* ERR_CONFLICT if its state refuses; `*tally` as it is now in any case where it exists. */
MUST_CHECK enum err operation_pause(struct pg *pg, const char *operation_id, struct tally *tally,
                                    struct err_info *error);
MUST_CHECK enum err operation_resume(struct pg *pg, const char *operation_id, struct tally *tally,
                                     struct err_info *error);

/* Ends a done phase; idempotent. `*tally` as it is afterwards. */
MUST_CHECK enum err operation_advance(struct pg *pg, const char *operation_id, int phase, struct tally *tally,
                                      struct err_info *error);

#endif
