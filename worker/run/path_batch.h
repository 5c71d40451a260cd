/*
 * A window of the comparison: up to 256 paths, or 256 KiB of them, that are looked up together in what the app is known
 * to hold, and then judged one by one, in the order in which they came.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_WINDOW_H
#define REPRISE_WORKER_RUN_DELIVER_WINDOW_H

#include "worker/run/deliver_changes.h"

#define DELIVER_WINDOW 256
#define DELIVER_WINDOW_BYTES 262144 /* of the paths in it: then it is judged, however few they are */

struct deliver_window;
/* Judges for one verb after the other; `sink` gets those changes that have it. Borrows both. */
struct deliver_window *deliver_window_new(struct deliver *deliver, const struct deliver_sink *sink);
void deliver_window_drop(struct deliver_window *window);

void deliver_window_begin(struct deliver_window *window, enum verb verb);
/* A path, with its blob in the tree (NULL = it is not in it); judged when the window is full. */
MUST_CHECK enum err deliver_window_add(struct deliver_window *window, const char *path, const char *blob,
                                       struct err_info *error);
/* Judges what is left, and ends the group. */
MUST_CHECK enum err deliver_window_end(struct deliver_window *window, struct err_info *error);

/* How many of those judged so far, whatever the verb, need an update: none = a further walk is not needed. */
int64_t deliver_window_updates(const struct deliver_window *window);

#endif
