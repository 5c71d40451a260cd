/*
 * The content of a file on its way from git to the app, in bounded memory. What is small stays in memory; what is of
 * middling size is only looked at, and read once more when it is sent; what is big is spooled to a file without a name,
 * beside the clones (their disk has room for it, a temporary directory may be memory).
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_CONTENT_H
#define REPRISE_WORKER_RUN_DELIVER_CONTENT_H

#include <stdint.h>

#include "common/deliveries/content.h"
#include "worker/run/deliver.h"

#define DELIVER_KEPT_MAX INT64_C(65536)     /* bytes: stays in memory */
#define DELIVER_REREAD_MAX INT64_C(1048576) /* bytes: above it is spooled */

struct deliver_content {
    struct content_facts facts;
    struct buf kept; /* the small ones */
    int spool;       /* −1 = none */
};
#define DELIVER_CONTENT_NONE ((struct deliver_content){.spool = -1})

/* Reads a blob of that size (git_blob_size). deliver_content_fini is owed in all cases. */
MUST_CHECK enum err deliver_content_read(struct deliver *deliver, const char *blob, int64_t size,
                                         struct deliver_content *content, struct err_info *error);
void deliver_content_fini(struct deliver_content *content);

/* A part of it, appended to `out`; of one that is not spooled, the whole. */
MUST_CHECK enum err deliver_content_part(struct deliver *deliver, const char *blob,
                                         const struct deliver_content *content, struct body_range range,
                                         struct buf *out, struct err_info *error);

/* ---- spools -------------------------------------------------------------------------------------------------- */

/* A file without a name; −1 and the reason if there can be none. Closed with close(). */
MUST_CHECK enum err deliver_spool_open(struct deliver *deliver, int *spool, struct err_info *error);
MUST_CHECK enum err deliver_spool_write(int spool, const void *bytes, size_t len, struct err_info *error);
/* Exactly `len` bytes from `offset` on, appended. */
MUST_CHECK enum err deliver_spool_read(int spool, int64_t offset, size_t len, struct buf *out, struct err_info *error);

#endif
