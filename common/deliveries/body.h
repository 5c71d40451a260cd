/*
 * The bodies of the requests to client apps, byte for byte: which keys, in which order (docs/domain/deliveries.md, "The
 * wire format"). Small contents are built in memory by body_add; a big text is written as head, escaped pieces,
 * tail, so that it can be spooled to a file and signed meanwhile. Both ways give the same bytes.
 *
 * Binary contents go as base 64, and above 1 MiB in pieces, one request each; a piece is small enough for memory.
 */
#ifndef REPRISE_DELIVERIES_BODY_H
#define REPRISE_DELIVERIES_BODY_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/deliveries/content.h"
#include "common/deliveries/verb.h"

#define BODY_CHUNKED_ABOVE INT64_C(1048576)         /* bytes; only binary contents */
#define BODY_PIECE_CHARS INT64_C(524288)            /* of base 64 text */
#define BODY_PIECE_BYTES (BODY_PIECE_CHARS / 4 * 3) /* 393 216: no piece but the last ends in padding */
#define BODY_UUID_MAX 37                            /* with the NUL */

struct body_repository {
    const char *repository_id, *github_url, *owner, *name;
};

/* Which part of a content one request carries. total 0 = the whole, not chunked. */
struct body_chunk {
    char id[BODY_UUID_MAX];
    int64_t index, total;
};

/* A create, update or delete. All text is borrowed, UTF-8, NUL-terminated. */
struct body_message {
    enum verb verb;
    struct body_repository repository;
    const char *path;
    const char *sha; /* hex SHA-256; of a delete the one last delivered, NULL = none is known, written as "" */
    int64_t size;    /* of the whole file, in bytes */
    enum content_kind kind;
    struct body_chunk chunk;
    const char *commit_sha;
    const char *previous_sha; /* update only */
    int64_t timestamp_us;     /* Unix */
};

/* The whole body, appended. `content` is the file, or of a chunked one the piece; it is not read for a delete. */
void body_add(struct buf *out, const struct body_message *message, const void *content, size_t len);

/* The streaming form: everything up to where the content begins, and everything after it. Not for deletes. */
void body_head(struct buf *out, const struct body_message *message);
void body_tail(struct buf *out, const struct body_message *message);

/* Escapes text for the inside of a JSON string, in pieces cut anywhere, also within a character. Zeroed = at the start.
 * Bytes that are not UTF-8 become U+FFFD, one for each maximal broken part. */
struct body_escaper {
    struct content_utf8 utf8;
    uint8_t held[4]; /* of a character whose end has not come yet */
    uint8_t held_len;
};
void body_escape(struct body_escaper *escaper, struct buf *out, const void *bytes, size_t len);
void body_escape_end(struct body_escaper *escaper, struct buf *out);

/* Into how many requests a content goes, at least one. */
int64_t body_pieces(enum content_kind kind, int64_t size);
/* Which bytes of the file piece `index` carries; all of them if it goes in one. */
struct body_range {
    int64_t offset, len;
};
struct body_range body_piece_range(enum content_kind kind, int64_t size, int64_t index);
/* Of all pieces of one content in one job: a UUID from SHA-256 (RFC 9562 layout), in the dress of version 5 because
 * client apps check for the versions they know. The same in every attempt of the job, another in every other job. */
void body_chunk_id(const char *job_id, const char *path, const char *sha, char out[BODY_UUID_MAX]);

/* Tells an app that a repository cannot be fetched any more, for now. */
struct body_sync_failed {
    struct body_repository repository;
    const char *message;
    int consecutive_failures, threshold;
    int64_t cooldown_until_us; /* Unix */
    int retry_count;
    int64_t timestamp_us; /* Unix */
};
void body_add_sync_failed(struct buf *out, const struct body_sync_failed *event);

#endif
