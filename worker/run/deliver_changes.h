/*
 * The comparison: which paths an app must be sent so that it holds the tree that was fetched. In bounded memory: a
 * batch of paths at a time is looked up in what the app is known to hold.
 *
 * Where the app is known to hold a tree that is still there, and no path is unconfirmed, the two trees are walked side
 * by side and equal parts are never opened. Else every path of the tree is compared by its blob, and every path that
 * the app holds is looked for in the tree.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_CHANGES_H
#define REPRISE_WORKER_RUN_DELIVER_CHANGES_H

#include "worker/run/path_batch.h"

/* The app holds exactly the tree that was fetched, and nothing is unconfirmed: nothing is to be read. */
bool deliver_is_unchanged(const struct deliver_attempt *attempt);

struct deliver_changes;
struct deliver_changes *deliver_changes_new(struct deliver_attempt *attempt);
void deliver_changes_drop(struct deliver_changes *changes);

/* Some of the changes, all of one verb: deletes come first, then creates, then updates. Valid until the next call. */
struct change_batch {
    enum verb verb;
    const struct deliver_change *changes;
    size_t count; /* may be 0 also where more will come: each call looks at no more than a batch of paths */
    bool is_last;
};
/* Uses the connection. Counts what is skipped and, in `progress`, how many files there are and how many of them need
 * nothing. A change must have been handed on before the next call: an unconfirmed path is marked as sent then. */
MUST_CHECK enum err deliver_changes_next(struct deliver_changes *changes, struct change_batch *batch,
                                         struct err_info *error);

#endif
