/*
 * Operations in PostgreSQL: looking one up, cancel, pause, resume. Nothing here speaks to Redis:
 * that is dispatch.h, after the commit.
 */
#ifndef REPRISE_QUEUE_OPERATION_H
#define REPRISE_QUEUE_OPERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/queue/tally.h"
#include "common/store/pg.h"

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
