/*
 * A file task: one path that is to be sent, from the comparison to the record, with its content. Where a task stands is
 * which list of the outbox it is in; what a list holds of memory and of spooled bytes is counted as tasks come and go.
 *
 * Contents stay in bounded memory: what is small is kept; what is of middling size is only looked at, and read once
 * more when it is sent; what is big is spooled to a file without a name, beside the clones (their disk has room for it,
 * a temporary directory may be memory).
 */
#ifndef REPRISE_WORKER_RUN_FILE_TASK_H
#define REPRISE_WORKER_RUN_FILE_TASK_H

#include <stdint.h>

#include "common/deliveries/content.h"
#include "common/deliveries/verb.h"
#include "worker/run/deliver_attempt.h"

/* ---- contents ---------------------------------------------------------------------------------------------------- */

#define FILE_KEPT_MAX INT64_C(65536)     /* bytes: stays in memory */
#define FILE_REREAD_MAX INT64_C(1048576) /* bytes: above it is spooled */

struct file_content {
    struct content_facts facts;
    struct buf kept; /* the small ones */
    int spool;       /* −1 = none */
};
#define FILE_CONTENT_NONE ((struct file_content){.spool = -1})

/* Reads a blob of that size (git_blob_size). file_content_fini is owed in all cases. */
MUST_CHECK enum err file_content_read(struct deliver_attempt *attempt, const char *blob, int64_t size,
                                      struct file_content *content, struct err_info *error);
void file_content_fini(struct file_content *content);

/* A part of it, appended to `out`; of one that is not spooled, the whole. */
MUST_CHECK enum err file_content_part(struct deliver_attempt *attempt, const char *blob,
                                      const struct file_content *content, struct body_range range, struct buf *out,
                                      struct err_info *error);

/* ---- spools ------------------------------------------------------------------------------------------------------ */

/* A file without a name; −1 and the reason if there can be none. Closed with close(). */
MUST_CHECK enum err spool_open(struct deliver_attempt *attempt, int *spool, struct err_info *error);
MUST_CHECK enum err spool_write(int spool, const void *bytes, size_t len, struct err_info *error);
/* Exactly `len` bytes from `offset` on, appended. */
MUST_CHECK enum err spool_read(int spool, int64_t offset, size_t len, struct buf *out, struct err_info *error);

/* ---- tasks ------------------------------------------------------------------------------------------------------- */

struct file_task {
    struct file_task *next;
    enum verb verb;
    uint8_t digest[SHA256_BYTES];  /* of the path */
    char blob[GIT_SHA_MAX];        /* "" of a delete */
    char sha[SHA256_HEX + 1];      /* of the content; of a delete the one that the app holds, "" = none is known */
    char previous[SHA256_HEX + 1]; /* of an update */
    struct file_content content;   /* none once it was answered */
    int64_t size;
    int64_t piece, pieces; /* the next one to send, and how many */
    char path[];
};

struct file_task *file_task_new(enum verb verb, const char *path, const uint8_t digest[SHA256_BYTES]);
/* The path is taken back instead of being sent; its content goes. */
void file_task_turn_to_delete(struct file_task *task);
void file_task_drop(struct file_task *task);

/* First in, first out. */
struct file_tasks {
    struct file_task *first, *last;
    size_t count;
    int64_t kept_bytes;
    size_t spools;
    int64_t spooled_bytes;
};

/* So many, or with so much in memory or spooled, that a checkpoint announces them without waiting for more. */
#define FILE_TASKS_BATCH 256
bool file_tasks_are_a_batch(const struct file_tasks *tasks);
void file_tasks_push(struct file_tasks *tasks, struct file_task *task);
/* Before all others: a task that has pieces left. */
void file_tasks_push_front(struct file_tasks *tasks, struct file_task *task);
struct file_task *file_tasks_pop(struct file_tasks *tasks); /* NULL if there is none */
void file_tasks_move(struct file_tasks *from, struct file_tasks *to);
void file_tasks_clear(struct file_tasks *tasks);

#endif
