/*
 * What a file's content is, found out in pieces and in bounded memory: its SHA-256, its size, and whether it is text.
 * Binary = not valid UTF-8, or containing NUL (docs/domain/deliveries.md).
 */
#ifndef REPRISE_DELIVERIES_CONTENT_H
#define REPRISE_DELIVERIES_CONTENT_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/crypto.h"
#include "common/deliveries/utf8_stream.h"

enum content_kind { CONTENT_TEXT, CONTENT_BINARY };

struct content_facts {
    enum content_kind kind;
    int64_t size;
    char sha[SHA256_HEX + 1];
};

/* One reading of one content; the members are the module's own. */
struct content {
    struct digest *digest;
    struct utf8_stream utf8;
    enum content_kind kind; /* what it looks like so far */
    int64_t size;
};

void content_init(struct content *content);
void content_add(struct content *content, const void *bytes, size_t len);
/* The result; afterwards only content_fini may be called. */
void content_end(struct content *content, struct content_facts *facts);
void content_fini(struct content *content);

#endif
