/*
 * The comparison: which paths an app must be sent so that it holds the tree that was fetched. In bounded memory: a
 * window of paths at a time is looked up in what the app is known to hold.
 *
 * Where the app is known to hold a tree that is still there, and there is no doubt about any path, the two trees are
 * walked side by side and equal parts are never opened. Else every path of the tree is compared by its blob, and every
 * path that the app holds is looked for in the tree.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_CHANGES_H
#define REPRISE_WORKER_RUN_DELIVER_CHANGES_H

#include "common/deliveries/verb.h"
#include "worker/run/deliver.h"

/* One path that differs, or about which there is doubt. Borrowed for the call. */
struct deliver_change {
    enum verb verb;
    const char *path;
    const uint8_t *digest;
    const char *blob;                 /* in the tree; NULL of a delete */
    const char *held_blob, *held_sha; /* by the app; NULL = nothing is known */
    struct deliver_doubt *doubt;      /* NULL = none */
};

/* Where changes go. A group ends when no more of its verb will come. */
struct deliver_sink {
    enum err (*take)(void *context, const struct deliver_change *change, struct err_info *error);
    enum err (*end_group)(void *context, struct err_info *error);
    void *context;
};

/* The app holds exactly the tree that was fetched, without doubt: nothing is to be read. */
bool deliver_is_unchanged(const struct deliver *deliver);

/* Deleted, then created, then updated. Counts what is skipped and, in `remember`, how many files there are and how many
 * of them need nothing. */
MUST_CHECK enum err deliver_changes(struct deliver *deliver, const struct deliver_sink *sink, struct err_info *error);

#endif
