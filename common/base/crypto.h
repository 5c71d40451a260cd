/*
 * The cryptography that the wire formats and the rules for secrets ask for, over libcrypto. Sources:
 * docs/domain/deliveries.md (HMAC header), FIPS 180-4, RFC 2104, NIST SP 800-38D.
 */
#ifndef REPRISE_BASE_CRYPTO_H
#define REPRISE_BASE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"

#define SHA256_BYTES 32
#define SHA256_HEX 64 /* without the NUL */
#define CRYPTO_KEY_BYTES 32

/* A digest or an HMAC that is fed in pieces. */
struct digest;
struct digest *digest_sha256_new(void);
struct digest *digest_hmac_sha256_new(const void *key, size_t key_len);
void digest_add(struct digest *digest, const void *bytes, size_t len);
/* The result; afterwards only digest_drop may be called. */
void digest_end(struct digest *digest, uint8_t out[SHA256_BYTES]);
void digest_drop(struct digest *digest);

void crypto_sha256(const void *bytes, size_t len, uint8_t out[SHA256_BYTES]);
/* Lower-case hex and NUL: `out` has 2 * len + 1 bytes. */
void crypto_hex(const uint8_t *bytes, size_t len, char *out);
/* The reverse; false if `text` is not exactly 2 * len hex digits. */
bool crypto_unhex(const char *text, uint8_t *out, size_t len);
/* The byte that two hex digits at `text` are, -1 where they are none. Reads no further than a NUL. */
int crypto_unhex_byte(const char *text);
/* Standard base 64 with padding, appended. */
void crypto_add_base64(struct buf *buf, const void *bytes, size_t len);
bool crypto_equal(const void *a, const void *b, size_t len); /* in constant time */
/* Overwrites; not optimised away. */
void crypto_wipe(void *secret, size_t len);

/* The keys of REPRISE_ENCRYPTION_KEY and …_OLD. */
struct crypto_keys {
    bool has_current, has_old;
    uint8_t current[CRYPTO_KEY_BYTES], old[CRYPTO_KEY_BYTES];
};
/* Reads the two from hex text (NULL or "" = absent). ERR_USAGE if one is not 64 hex digits; the text does not show it.
 */
MUST_CHECK enum err crypto_keys_read(struct crypto_keys *keys, const char *current_hex, const char *old_hex,
                                     struct err_info *error);
/* Tells keys apart and nothing else of them: 16 hex digits of an HMAC of a fixed text under the key, and NUL. May be
 * shown. */
#define CRYPTO_FINGERPRINT_HEX 16
void crypto_fingerprint(const uint8_t key[CRYPTO_KEY_BYTES], char out[CRYPTO_FINGERPRINT_HEX + 1]);

/* Where a sealed secret is kept: the column, and the key of its row (`second` NULL: one part). What was sealed for one
 * place opens at no other, so that a writer to the database cannot give one row's secret to another. */
struct crypto_place {
    const char *column, *first, *second;
};
#define CRYPTO_KEY_OF_APP(app_id) ((struct crypto_place){"apps.client_auth_key_encrypted", (app_id), NULL})
#define CRYPTO_TOKEN_OF_LINK(app_id, repository_id)                                                                    \
    ((struct crypto_place){"app_repositories.github_token_encrypted", (app_id), (repository_id)})
struct crypto_secret {
    const char *sealed; /* as crypto_seal_at wrote it, or an earlier version, or docora: without a place */
    struct crypto_place place;
};
/* What `producer rekey` rewrites is all but the first. */
enum crypto_sealing { CRYPTO_SEALED_HERE, CRYPTO_SEALED_FOR_ANYWHERE, CRYPTO_SEALED_BY_OLD_KEY };

/* AES-256-GCM with a fresh 16-byte IV and the place as associated data; appends `iv:tag:cipher` in hex. ERR_USAGE if
 * there is no current key. */
MUST_CHECK enum err crypto_seal_at(const struct crypto_keys *keys, const struct crypto_place *place, const char *plain,
                                   struct buf *out, struct err_info *error);
/* The reverse, appended to `out` (wipe it after use). Tries the current key, then the old one, each for the place and
 * then for none; `*sealing` (may be NULL) says which. ERR_USAGE: no key, or none opens it there (who gave the keys
 * can mend that; a text that was tampered with, or moved, looks the same); ERR_PERMANENT: malformed. */
MUST_CHECK enum err crypto_open_at(const struct crypto_keys *keys, const struct crypto_secret *secret, struct buf *out,
                                   enum crypto_sealing *sealing, struct err_info *error);
/* The two without a place: how it was before there were places. */
MUST_CHECK enum err crypto_seal(const struct crypto_keys *keys, const char *plain, size_t len, struct buf *out,
                                struct err_info *error);
MUST_CHECK enum err crypto_open(const struct crypto_keys *keys, const char *sealed, struct buf *out, bool *by_old,
                                struct err_info *error);

#endif
