/*
 * Redis is disposable: where its epoch is missing or another, or its counter of beats went backwards, it was wiped or
 * rolled back, and everything in it is built again from PostgreSQL (design, section 3, "Rebuild"; model: reprise.pml,
 * Rebuilder).
 */
#ifndef REPRISE_QUEUE_REBUILD_H
#define REPRISE_QUEUE_REBUILD_H

#include "common/queue/dispatch.h"

/* Compares, and rebuilds where needed. `lock` is a second connection, for the lock that spares double work. `*rebuilt`
 * says whether it did. */
MUST_CHECK enum err rebuild_if_needed(const struct dispatch *dispatch, struct pg *pg, struct pg *lock, bool *rebuilt,
                                      struct err_info *error);

#endif
