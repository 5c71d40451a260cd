/* Secrets at rest: AES-256-GCM, written `iv:tag:cipher` in hex, bound to its row by associated data. Source:
 * NIST SP 800-38D. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/crypto.h"
#include "common/base/ids.h"
#include "common/base/mem.h"

#define IV_BYTES 16
#define TAG_BYTES 16
#define SEAL_MAX_BYTES ((size_t)1024 * 1024) /* far above any secret; keeps lengths within libcrypto's int */

struct sealed {
    uint8_t iv[IV_BYTES], tag[TAG_BYTES];
    uint8_t *cipher;
    size_t len;
};

static enum err read_key(const char *name, const char *hex, bool *has, uint8_t key[CRYPTO_KEY_BYTES],
                         struct err_info *error)
{
    *has = false;
    if (hex == NULL || hex[0] == '\0')
        return ERR_OK;
    if (!crypto_unhex(hex, key, CRYPTO_KEY_BYTES)) {
        crypto_wipe(key, CRYPTO_KEY_BYTES);
        return err_set(error, ERR_USAGE, "%s is not 64 hex digits; make one with: openssl rand -hex 32", name);
    }
    *has = true;
    return ERR_OK;
}

enum err crypto_keys_read(struct crypto_keys *keys, const char *current_hex, const char *old_hex,
                          struct err_info *error)
{
    *keys = (struct crypto_keys){0};
    enum err err = read_key("REPRISE_ENCRYPTION_KEY", current_hex, &keys->has_current, keys->current, error);
    if (err == ERR_OK)
        err = read_key("REPRISE_ENCRYPTION_KEY_OLD", old_hex, &keys->has_old, keys->old, error);
    if (err != ERR_OK)
        crypto_wipe(keys, sizeof(*keys));
    return err;
}

void crypto_fingerprint(const uint8_t key[CRYPTO_KEY_BYTES], char out[CRYPTO_FINGERPRINT_HEX + 1])
{
    static const char domain[] = "reprise: fingerprint of an encryption key, 1";
    uint8_t whole[SHA256_BYTES];
    struct digest *hmac = digest_hmac_sha256_new(key, CRYPTO_KEY_BYTES);
    digest_add(hmac, domain, sizeof domain - 1);
    digest_end(hmac, whole);
    digest_drop(hmac);
    crypto_hex(whole, CRYPTO_FINGERPRINT_HEX / 2, out);
    crypto_wipe(whole, sizeof whole);
}

/* The place as bytes that no other place has: each part with its NUL. Empty where there is none. */
static void add_place(const struct crypto_place *place, struct buf *out)
{
    const char *const parts[] = {"reprise 1", place->column, place->first, place->second};
    for (size_t i = 0; place->column != NULL && i < sizeof parts / sizeof *parts; i++)
        if (parts[i] != NULL)
            buf_add(out, parts[i], strlen(parts[i]) + 1);
}

/* `sealed->iv` is given, `cipher` has room for the plain text. `bound` is the associated data. */
static bool encrypt(const uint8_t key[CRYPTO_KEY_BYTES], const struct buf *bound, const struct buf *plain,
                    struct sealed *sealed)
{
    EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new();
    int written = 0, rest = 0;
    bool done = gcm != NULL && EVP_EncryptInit_ex(gcm, EVP_aes_256_gcm(), NULL, NULL, NULL) == 1 &&
                EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_GCM_SET_IVLEN, IV_BYTES, NULL) == 1 &&
                EVP_EncryptInit_ex(gcm, NULL, NULL, key, sealed->iv) == 1 &&
                (bound->len == 0 ||
                 EVP_EncryptUpdate(gcm, NULL, &written, (const uint8_t *)bound->data, (int)bound->len) == 1) &&
                EVP_EncryptUpdate(gcm, sealed->cipher, &written, (const uint8_t *)plain->data, (int)plain->len) == 1 &&
                EVP_EncryptFinal_ex(gcm, sealed->cipher + written, &rest) == 1 &&
                EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, sealed->tag) == 1;
    EVP_CIPHER_CTX_free(gcm);
    sealed->len = (size_t)(written + rest);
    return done;
}

static void add_hex(struct buf *out, const uint8_t *bytes, size_t len)
{
    crypto_hex(bytes, len, buf_reserve(out, 2 * len));
    out->len += 2 * len;
}

static enum err seal(const struct crypto_keys *keys, const struct buf *bound, const struct buf *plain, struct buf *out,
                     struct err_info *error)
{
    if (!keys->has_current)
        return err_set(error, ERR_USAGE, "no encryption key: set REPRISE_ENCRYPTION_KEY to 64 hex digits");
    if (plain->len > SEAL_MAX_BYTES)
        return err_set(error, ERR_USAGE, "a secret of %zu bytes: at most %zu are allowed", plain->len, SEAL_MAX_BYTES);
    struct sealed sealed = {.cipher = mem_alloc(plain->len)};
    id_random(sealed.iv, sizeof(sealed.iv));
    bool done = encrypt(keys->current, bound, plain, &sealed);
    if (done) {
        add_hex(out, sealed.iv, sizeof(sealed.iv));
        buf_add_char(out, ':');
        add_hex(out, sealed.tag, sizeof(sealed.tag));
        buf_add_char(out, ':');
        add_hex(out, sealed.cipher, sealed.len);
    }
    free(sealed.cipher);
    return done ? ERR_OK : err_set(error, ERR_PERMANENT, "libcrypto could not encrypt");
}

/* A buffer that borrows its bytes: they are read and not freed. */
static struct buf borrowed(const char *bytes, size_t len)
{
    return (struct buf){(char *)(uintptr_t)bytes, len, 0};
}

enum err crypto_seal(const struct crypto_keys *keys, const char *plain, size_t len, struct buf *out,
                     struct err_info *error)
{
    const struct buf unbound = BUF_INIT, text = borrowed(plain, len);
    return seal(keys, &unbound, &text, out, error);
}

enum err crypto_seal_at(const struct crypto_keys *keys, const struct crypto_place *place, const char *plain,
                        struct buf *out, struct err_info *error)
{
    struct buf bound = BUF_INIT;
    const struct buf text = borrowed(plain, strlen(plain));
    add_place(place, &bound);
    enum err err = seal(keys, &bound, &text, out, error);
    buf_fini(&bound);
    return err;
}

/* On success `sealed->cipher` is the caller's. */
static bool read_sealed(const char *text, struct sealed *sealed)
{
    const size_t head = 2 * IV_BYTES + 1 + 2 * TAG_BYTES + 1;
    size_t len = strnlen(text, head + 2 * SEAL_MAX_BYTES + 1);
    if (len < head || len > head + 2 * SEAL_MAX_BYTES || len % 2 != 0)
        return false;
    char iv[2 * IV_BYTES + 1], tag[2 * TAG_BYTES + 1];
    const char *tag_at = text + sizeof iv;
    if (text[sizeof iv - 1] != ':' || tag_at[sizeof tag - 1] != ':')
        return false;
    memcpy(iv, text, sizeof iv - 1);
    iv[sizeof iv - 1] = '\0';
    memcpy(tag, tag_at, sizeof tag - 1);
    tag[sizeof tag - 1] = '\0';
    sealed->len = (len - head) / 2;
    sealed->cipher = mem_alloc(sealed->len);
    if (crypto_unhex(iv, sealed->iv, IV_BYTES) && crypto_unhex(tag, sealed->tag, TAG_BYTES) &&
        crypto_unhex(text + head, sealed->cipher, sealed->len))
        return true;
    free(sealed->cipher);
    return false;
}

/* Adds to `out` only what the tag vouches for. */
static bool decrypt(const uint8_t key[CRYPTO_KEY_BYTES], const struct buf *bound, struct sealed *sealed,
                    struct buf *out)
{
    uint8_t *plain = (uint8_t *)buf_reserve(out, sealed->len);
    EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new();
    int written = 0, rest = 0;
    bool done = gcm != NULL && EVP_DecryptInit_ex(gcm, EVP_aes_256_gcm(), NULL, NULL, NULL) == 1 &&
                EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_GCM_SET_IVLEN, IV_BYTES, NULL) == 1 &&
                EVP_DecryptInit_ex(gcm, NULL, NULL, key, sealed->iv) == 1 &&
                (bound->len == 0 ||
                 EVP_DecryptUpdate(gcm, NULL, &written, (const uint8_t *)bound->data, (int)bound->len) == 1) &&
                EVP_DecryptUpdate(gcm, plain, &written, sealed->cipher, (int)sealed->len) == 1 &&
                EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, sealed->tag) == 1 &&
                EVP_DecryptFinal_ex(gcm, plain + written, &rest) == 1;
    EVP_CIPHER_CTX_free(gcm);
    if (!done)
        crypto_wipe(plain, sealed->len);
    else
        out->len += sealed->len;
    out->data[out->len] = '\0';
    return done;
}

/* Each key for the place, then for none: what earlier versions sealed, and docora, is bound to no place. */
static bool try_all(const struct crypto_keys *keys, const struct buf *bound, struct sealed *sealed, struct buf *out,
                    enum crypto_sealing *sealing)
{
    const struct buf unbound = BUF_INIT;
    *sealing = CRYPTO_SEALED_HERE;
    if (keys->has_current && decrypt(keys->current, bound, sealed, out))
        return true;
    *sealing = CRYPTO_SEALED_FOR_ANYWHERE;
    if (keys->has_current && bound->len > 0 && decrypt(keys->current, &unbound, sealed, out))
        return true;
    *sealing = CRYPTO_SEALED_BY_OLD_KEY;
    return keys->has_old &&
           (decrypt(keys->old, bound, sealed, out) || (bound->len > 0 && decrypt(keys->old, &unbound, sealed, out)));
}

enum err crypto_open_at(const struct crypto_keys *keys, const struct crypto_secret *secret, struct buf *out,
                        enum crypto_sealing *sealing, struct err_info *error)
{
    if (!keys->has_current && !keys->has_old)
        return err_set(error, ERR_USAGE, "no encryption key: set REPRISE_ENCRYPTION_KEY to the one it was sealed with");
    struct sealed sealed;
    struct buf bound = BUF_INIT;
    enum crypto_sealing found;
    if (!read_sealed(secret->sealed, &sealed))
        return err_set(error, ERR_PERMANENT, "a sealed secret is malformed: expected iv:tag:cipher in hex");
    add_place(&secret->place, &bound);
    bool opened = try_all(keys, &bound, &sealed, out, &found);
    buf_fini(&bound);
    free(sealed.cipher);
    if (!opened)
        return err_set(error, ERR_USAGE,
                       "neither REPRISE_ENCRYPTION_KEY nor REPRISE_ENCRYPTION_KEY_OLD opens a sealed secret: set one "
                       "of them to the key that it was sealed with");
    if (sealing != NULL)
        *sealing = found;
    return ERR_OK;
}

enum err crypto_open(const struct crypto_keys *keys, const char *sealed_text, struct buf *out, bool *by_old,
                     struct err_info *error)
{
    enum crypto_sealing sealing = CRYPTO_SEALED_HERE;
    enum err err = crypto_open_at(keys, &(struct crypto_secret){.sealed = sealed_text}, out, &sealing, error);
    if (err == ERR_OK && by_old != NULL)
        *by_old = sealing == CRYPTO_SEALED_BY_OLD_KEY;
    return err;
}
