/* What each app holds of each repository: paths and digests, and the files that are still coming in pieces. */
#ifndef REPRISE_RECEIVER_HELD_H
#define REPRISE_RECEIVER_HELD_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "tests/receiver/keep.h"

struct held;
/* `keep` (borrowed) may be NULL: then only digests are held. */
struct held *held_new(struct keep *keep);
void held_drop(struct held *held);

struct held_counts {
    int64_t files, incomplete;
    int64_t created_again;   /* creates of a path that was there: a re-sync, or an attempt that was cut off */
    int64_t updates_of_none; /* updates and deletes of a path that was not there */
    int64_t other_previous;  /* updates whose previous_sha is not what was held */
};
const struct held_counts *held_counts(const struct held *held);

/* True if this verb stands before that of the last request for the same app, repository and commit, in the order
 * deleted, created, updated: within one attempt of a job that must not be. */
bool held_went_back(struct held *held, const struct delivery *delivery);

/* Does what the request asks. False: a piece out of order, or the pieces are not the file; `why` says so. */
bool held_apply(struct held *held, const struct delivery *delivery, char why[DELIVERY_WHY_MAX]);

/* Appends a JSON object path -> sha of at most `limit` files with a path above `after`, in byte order. False if nothing
 * of this app and repository ever came (nothing is added). */
bool held_add_files(struct held *held, const char *app_id, const char *repository_id, const char *after, size_t limit,
                    struct buf *out);

#endif
