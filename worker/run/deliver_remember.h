/*
 * What a delivery job leaves in its checkpoint for the next attempt, and for whoever shows how far it is:
 * {"cleared":true,"created":120,"updated":0,"deleted":0,"bytes":88213,"done":120,"total":400}.
 * sql/kinds/cancel.sql, cancel_mark reads it too.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_REMEMBER_H
#define REPRISE_WORKER_RUN_DELIVER_REMEMBER_H

#include <stdbool.h>
#include <stdint.h>

struct deliver_remember {
    bool cleared;                      /* the re-sync has forgotten what the app was sent: once for each job */
    int64_t created, updated, deleted; /* recorded by all attempts so far */
    int64_t bytes;                     /* of their contents */
    int64_t done, total;               /* files: those that the app has by now, and all; total 0 = not known yet */
};

#define DELIVER_REMEMBER_MAX 256
/* From a job's checkpoint; NULL, or what is not JSON, is a job that has not begun. */
struct deliver_remember deliver_remember_read(const char *checkpoint);
/* As JSON; returns `out`. */
const char *deliver_remember_write(const struct deliver_remember *remember, char out[DELIVER_REMEMBER_MAX]);

#endif
