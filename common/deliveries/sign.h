/*
 * What stands in the headers of a request: who sends, when, the signature, and the key by which a client app recognises
 * a repetition. Signature = "sha256=" + lower-case hex of HMAC-SHA256(client_auth_key, timestamp + "." + exact body).
 */
#ifndef REPRISE_DELIVERIES_SIGN_H
#define REPRISE_DELIVERIES_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/crypto.h"
#include "common/base/err.h"
#include "common/deliveries/verb.h"

#define SIGN_PREFIX_DEFAULT "X-Docora-"
#define SIGN_VALUE_MAX (sizeof "sha256=" + SHA256_HEX) /* with the NUL */
#define SIGN_KEY_MAX (SHA256_HEX + 1)

void sign_body(const char *client_auth_key, int64_t timestamp_s, const void *body, size_t len,
               char out[SIGN_VALUE_MAX]);
/* The same for a body that comes in pieces: feed them to what sign_begin returned with digest_add. sign_end frees it;
 * digest_drop instead of sign_end gives up. */
struct digest *sign_begin(const char *client_auth_key, int64_t timestamp_s);
void sign_end(struct digest *digest, char out[SIGN_VALUE_MAX]);

/* One digest of several texts, from which ids are derived: SHA-256 of "<length>:<text>" of each, so that no two
 * different lists are ever the same bytes, whatever the texts hold. The list ends with NULL. */
void sign_fields_digest(const char *const *fields, uint8_t out[SHA256_BYTES]);

/* What makes one request of one job: the same for all attempts of the job, different for every other job. */
struct sign_request {
    const char *job_id; /* <operation_id>/<seq> */
    enum verb verb;
    const char *path; /* "" for sync_failed, like the sha */
    const char *sha;
    int64_t piece; /* from 0; 0 if not chunked */
};
void sign_idempotency_key(const struct sign_request *request, char out[SIGN_KEY_MAX]);

struct sign_stamp {
    const char *prefix; /* deliver.header_prefix, which the setting's rule has checked */
    const char *app_id;
    int64_t timestamp_s;         /* the one that was signed */
    const char *signature;       /* from sign_body or sign_end */
    const char *idempotency_key; /* from sign_idempotency_key */
};
/* The header lines of a request. Embedded, not to be moved: `list` points into `lines`. */
#define SIGN_HEADERS 5
struct sign_headers {
    const char *list[SIGN_HEADERS + 1]; /* "Name: value", NULL-terminated */
    char lines[SIGN_HEADERS][192];
};
void sign_headers_init(struct sign_headers *headers, const struct sign_stamp *stamp);

#endif
