/*
 * What vouches for the content of Redis. PostgreSQL keeps three things that Redis must answer alike: its epoch (another
 * or none: it was wiped, or is another Redis), its counter of beats (lower: rolled back by at least a beat; far ahead:
 * written over), and the id of the run that its process was given at start (another: it restarted or failed over, and
 * may lack what its disk or its replica had not yet; a roll-back of less than a beat shows by this alone). A Redis that
 * does not tell its run (INFO forbidden by an ACL, some that are rented) is judged by the other two.
 */
#ifndef REPRISE_QUEUE_REDIS_IDENTITY_H
#define REPRISE_QUEUE_REDIS_IDENTITY_H

#include "common/queue/dispatch.h"

#define REDIS_IDENTITY_RUN_MAX 48 /* Redis' run_id has 40 characters */

struct redis_identity {
    char *found_epoch, *epoch; /* in Redis ("" = missing), in PostgreSQL */
    int64_t found_beats, beats;
    char found_run[REDIS_IDENTITY_RUN_MAX], run[REDIS_IDENTITY_RUN_MAX]; /* "" = not told, not known yet */
};

/* Reads both stores. redis_identity_fini is owed in any case. ERR_UNREACHABLE. */
MUST_CHECK enum err redis_identity_read(const struct dispatch *dispatch, struct pg *pg, struct redis_identity *identity,
                                        struct err_info *error);
void redis_identity_fini(struct redis_identity *identity);
/* Why the content of Redis is not to be trusted, as the end of a sentence "Redis …"; NULL = it is. */
const char *redis_identity_doubt(const struct redis_identity *identity);
/* The counter that a rebuild begins with: PostgreSQL's, or 0 where that had believed what cannot be. */
int64_t redis_identity_beats_to_seal(const struct redis_identity *identity);
/* PostgreSQL keeps its epoch, but counts from `beats` on: the last step of a rebuild. */
MUST_CHECK enum err redis_identity_begin_again(struct pg *pg, const struct redis_identity *identity,
                                               struct err_info *error);
/* PostgreSQL keeps what Redis answered, where that is news: of a Redis that is trusted or has just been rebuilt. */
MUST_CHECK enum err redis_identity_remember(struct pg *pg, const struct redis_identity *identity,
                                            struct err_info *error);

#endif
