/* One request to the receiver, as it came: what its headers and its body say. */
#ifndef REPRISE_RECEIVER_DELIVERY_H
#define REPRISE_RECEIVER_DELIVERY_H

#include <stddef.h>
#include <stdint.h>

#include "common/deliveries/verb.h"

/* Header values; NULL = not there. Borrowed from the connection. */
struct delivery_headers {
    const char *content_type, *app_id, *timestamp, *signature, *idempotency_key;
};

/* All text is borrowed from the request; "" = not there. */
struct delivery {
    enum verb verb;
    const char *app_id, *repository_id, *path, *sha, *previous_sha, *commit_sha;
    int64_t size;        /* of the whole file */
    const void *content; /* decoded */
    size_t content_len;
    const char *chunk_id; /* "" = not chunked */
    int64_t index, total;
};

#define DELIVERY_WHY_MAX 256

/* What is asked, from the last part of the path; VERB_NOTHING for any other word. */
enum verb delivery_verb(const char *word);

#endif
