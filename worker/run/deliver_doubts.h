/*
 * The paths about which there is doubt: another attempt announced them, and no settle as synced has come since, so
 * nobody knows what the app holds there. Each is sent once by this attempt, whatever its sha; one that is not in the
 * tree, as a delete. There are at most a few hundred for each attempt that failed or died since the link was last
 * synced.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_DOUBTS_H
#define REPRISE_WORKER_RUN_DELIVER_DOUBTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/crypto.h"
#include "common/store/pg.h"

struct deliver_doubt {
    uint8_t digest[SHA256_BYTES]; /* of the path */
    char *path;
    char *sha; /* one that the app may hold; NULL = none is known */
    bool sent; /* handed to the outbox by this attempt */
};

struct deliver_doubts {
    struct deliver_doubt *list; /* ascending by digest */
    size_t count;
};

/* From the rows of sql/deliveries/record.sql, other_intents. deliver_doubts_fini is owed. */
void deliver_doubts_read(const PGresult *rows, struct deliver_doubts *doubts);
void deliver_doubts_fini(struct deliver_doubts *doubts);

/* NULL = no doubt about this path. */
struct deliver_doubt *deliver_doubts_find(const struct deliver_doubts *doubts, const uint8_t digest[SHA256_BYTES]);

#endif
