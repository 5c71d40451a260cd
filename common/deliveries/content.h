/*
 * What a file's content is, found out in pieces and in bounded memory: its SHA-256, its size, and whether it is text.
 * Binary = not valid UTF-8, or containing NUL (docs/domain/deliveries.md).
 */
#ifndef REPRISE_DELIVERIES_CONTENT_H
#define REPRISE_DELIVERIES_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/crypto.h"

/* UTF-8 byte by byte (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF), for text that comes in
 * pieces cut anywhere. The classifier of contents and the escaper of bodies both stand on it, so they cannot disagree.
 * Zeroed = between two characters. */
struct content_utf8 {
    uint8_t missing;   /* bytes that the character begun still lacks */
    uint8_t low, high; /* what the next of them may be */
};

enum content_utf8_step {
    CONTENT_UTF8_DONE,   /* the byte ends a character */
    CONTENT_UTF8_MORE,   /* the character goes on */
    CONTENT_UTF8_REFUSED /* the byte cannot stand here; the state is between two characters again, without the byte */
};

enum content_utf8_step content_utf8_step(struct content_utf8 *state, uint8_t byte);
/* How many of the bytes, from the first, are ASCII: the fast path of both users. */
size_t content_utf8_ascii_run(const uint8_t *bytes, size_t len);

enum content_kind { CONTENT_TEXT, CONTENT_BINARY };

struct content_facts {
    enum content_kind kind;
    int64_t size;
    char sha[SHA256_HEX + 1];
};

/* One reading of one content; the members are the module's own. */
struct content {
    struct digest *digest;
    struct content_utf8 utf8;
    enum content_kind kind; /* what it looks like so far */
    int64_t size;
};

void content_init(struct content *content);
void content_add(struct content *content, const void *bytes, size_t len);
/* The result; afterwards only content_fini may be called. */
void content_end(struct content *content, struct content_facts *facts);
void content_fini(struct content *content);

/* ---- names ------------------------------------------------------------------------------------------------------- */

/* Whether a file's name could lead a careless client astray; the setting deliver.odd_names decides what is done then.
 */

/* True of a path (UTF-8, `len` bytes) with a backslash, which Windows takes for a separator, or a control character
 * (C0, DEL, C1), which forges lines in logs and headers and commands a terminal. */
bool file_name_is_odd(const char *path, size_t len);

#endif
