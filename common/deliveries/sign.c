#include "common/deliveries/sign.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct digest *sign_begin(const char *client_auth_key, int64_t timestamp_s)
{
    char stamp[32];
    int len = snprintf(stamp, sizeof stamp, "%" PRId64 ".", timestamp_s);
    struct digest *digest = digest_hmac_sha256_new(client_auth_key, strlen(client_auth_key));
    digest_add(digest, stamp, (size_t)len);
    return digest;
}

void sign_end(struct digest *digest, char out[SIGN_VALUE_MAX])
{
    static const char scheme[] = "sha256=";
    uint8_t mac[SHA256_BYTES];
    digest_end(digest, mac);
    digest_drop(digest);
    memcpy(out, scheme, sizeof scheme - 1);
    crypto_hex(mac, sizeof mac, out + sizeof scheme - 1);
}

void sign_body(const char *client_auth_key, int64_t timestamp_s, const void *body, size_t len, char out[SIGN_VALUE_MAX])
{
    struct digest *digest = sign_begin(client_auth_key, timestamp_s);
    digest_add(digest, body, len);
    sign_end(digest, out);
}

void sign_fields_digest(const char *const *fields, uint8_t out[SHA256_BYTES])
{
    struct buf all = BUF_INIT;
    for (; *fields != NULL; fields++) {
        size_t len = strlen(*fields);
        buf_add_int(&all, (int64_t)len);
        buf_add_char(&all, ':');
        buf_add(&all, *fields, len);
    }
    crypto_sha256(all.data, all.len, out);
    buf_fini(&all);
}

void sign_idempotency_key(const struct sign_request *request, char out[SIGN_KEY_MAX])
{
    char piece[24];
    (void)snprintf(piece, sizeof piece, "%" PRId64, request->piece);
    const char *const fields[] = {
        "request", request->job_id, verb_name(request->verb), request->path, request->sha, piece, NULL};
    uint8_t digest[SHA256_BYTES];
    sign_fields_digest(fields, digest);
    crypto_hex(digest, sizeof digest, out);
}

void sign_headers_init(struct sign_headers *headers, const struct sign_stamp *stamp)
{
    char(*lines)[sizeof headers->lines[0]] = headers->lines;
    const size_t room = sizeof headers->lines[0];
    const int lens[SIGN_HEADERS] = {
        snprintf(lines[0], room, "Content-Type: application/json"),
        snprintf(lines[1], room, "%sApp-Id: %s", stamp->prefix, stamp->app_id),
        snprintf(lines[2], room, "%sTimestamp: %" PRId64, stamp->prefix, stamp->timestamp_s),
        snprintf(lines[3], room, "%sSignature: %s", stamp->prefix, stamp->signature),
        snprintf(lines[4], room, "Idempotency-Key: %s", stamp->idempotency_key),
    };
    for (int i = 0; i < SIGN_HEADERS; i++) {
        assert(lens[i] > 0 && (size_t)lens[i] < room);
        headers->list[i] = lines[i];
    }
    headers->list[SIGN_HEADERS] = NULL;
}
