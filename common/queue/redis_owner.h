/*
 * Which installation a Redis and its prefix belong to. Two installations on the same would take each other's requests
 * and chunks; so PostgreSQL has an id (store_state.installation), with where it lives (database_home), and Redis keeps
 * both in `<prefix>:installation`. A Redis that has no owner (new, or wiped) belongs to the first that writes to it.
 * One that is another's is refused, and a person decides: another prefix, or, where the other is gone,
 * redis_owner_take.
 */
#ifndef REPRISE_QUEUE_REDIS_OWNER_H
#define REPRISE_QUEUE_REDIS_OWNER_H

#include "common/queue/dispatch.h"

/* Before a program writes, and each second in a worker. ERR_OK: it is ours, or it had no owner and is ours now.
 * ERR_CONFLICT: it is another's; the text says what to do. ERR_UNREACHABLE: a store does not answer. */
MUST_CHECK enum err redis_owner_check(const struct dispatch *dispatch, struct pg *pg, struct err_info *error);
/* The same, and changes nothing: what has no owner is ERR_OK, too. */
MUST_CHECK enum err redis_owner_look(const struct dispatch *dispatch, struct pg *pg, struct err_info *error);
/* At the start of a worker, before it beats. As the check; but where the same installation lived elsewhere (its
 * database was moved, restored or upgraded) and no worker of it is alive, Redis is ours and will be rebuilt. */
MUST_CHECK enum err redis_owner_begin(const struct dispatch *dispatch, struct pg *pg, struct err_info *error);
/* A person's word that the other is gone: Redis is ours and will be rebuilt; what waits in its inbox stays. `*taken` is
 * false where it was ours already. ERR_CONFLICT while workers of the other are alive. */
MUST_CHECK enum err redis_owner_take(const struct dispatch *dispatch, struct pg *pg, bool *taken,
                                     struct err_info *error);

#endif
