/*
 * Up to 256 paths, or 256 KiB of them, that are looked up together in what the app is known to hold; then it is decided
 * for each what it needs.
 */
#ifndef REPRISE_WORKER_RUN_PATH_BATCH_H
#define REPRISE_WORKER_RUN_PATH_BATCH_H

#include "common/deliveries/verb.h"
#include "worker/run/deliver_attempt.h"

#define PATH_BATCH 256
#define PATH_BATCH_BYTES 262144 /* of the paths in it: then it is full, however few they are */

/* One path that differs, or that is unconfirmed. */
struct deliver_change {
    enum verb verb;
    const char *path;
    const uint8_t *digest;
    const char *blob;                     /* in the tree; NULL of a delete */
    const char *held_blob, *held_sha;     /* by the app; NULL = nothing is known */
    struct unconfirmed_path *unconfirmed; /* NULL = it is not */
};

struct path_batch;
struct path_batch *path_batch_new(struct deliver_attempt *attempt);
void path_batch_drop(struct path_batch *batch);

bool path_batch_is_full(const struct path_batch *batch);
/* A path, with its blob in the tree (NULL = it is not in it). The batch has room for it (asserted). */
void path_batch_add(struct path_batch *batch, const char *path, const char *blob);
/* Decides for all in it, in the order in which they came, and empties it: those that need `verb` are `*changes`, which
 * the batch keeps until it decides again. Paths that need nothing count as done in the pass of VERB_CREATE, which comes
 * by all of them once. */
MUST_CHECK enum err path_batch_decide(struct path_batch *batch, enum verb verb, const struct deliver_change **changes,
                                      size_t *count, struct err_info *error);

/* How many of those decided so far, whatever the verb, need an update: none = a further walk is not needed. */
int64_t path_batch_updates(const struct path_batch *batch);

#endif
