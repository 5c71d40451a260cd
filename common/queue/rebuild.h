/*
 * Redis is disposable: where nothing vouches for its content (common/queue/redis_identity.h) it was wiped, rolled back
 * or restarted, and everything in it is built again from PostgreSQL (docs/design.md, "Redis"; model:
 * docs/model/reprise.pml, Rebuilder). A rebuild of a Redis that had lost nothing costs a generation of each live
 * operation and nothing else.
 */
#ifndef REPRISE_QUEUE_REBUILD_H
#define REPRISE_QUEUE_REBUILD_H

#include "common/queue/dispatch.h"

/* Compares, and rebuilds where needed. ERR_CONFLICT: Redis belongs to another installation (redis_owner.h). `lock` is a
 * second connection, for the lock that spares double work. `*rebuilt` says whether it did. */
MUST_CHECK enum err rebuild_if_needed(const struct dispatch *dispatch, struct pg *pg, struct pg *lock, bool *rebuilt,
                                      struct err_info *error);

#endif
