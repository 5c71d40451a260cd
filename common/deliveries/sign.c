#include "common/deliveries/sign.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/deliveries/fields.h"

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

void sign_idempotency_key(const struct sign_request *request, char out[SIGN_KEY_MAX])
{
    char piece[24];
    (void)snprintf(piece, sizeof piece, "%" PRId64, request->piece);
    const char *const fields[] = {
        "request", request->job_id, verb_name(request->verb), request->path, request->sha, piece, NULL};
    uint8_t digest[SHA256_BYTES];
    fields_digest(fields, digest);
    crypto_hex(digest, sizeof digest, out);
}

enum err sign_check_prefix(const char *prefix, struct err_info *error)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
    size_t len = strlen(prefix);
    if (len < 2 || len >= SIGN_PREFIX_MAX)
        return err_set(error, ERR_USAGE, "a header prefix has 2 to %d characters, not %zu", SIGN_PREFIX_MAX - 1, len);
    if (prefix[strspn(prefix, allowed)] != '\0')
        return err_set(error, ERR_USAGE, "a header prefix has letters, digits and '-' only: %s", prefix);
    if (prefix[0] == '-' || prefix[len - 1] != '-')
        return err_set(error, ERR_USAGE, "a header prefix begins with a letter or digit and ends in '-': %s", prefix);
    return ERR_OK;
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
