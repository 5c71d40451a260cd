/*
 * SHA-256, hex and base64, over libcrypto; sealing secrets stands in crypto_seal.c, signing in
 * common/deliveries/sign.c. crypto_equal takes the same time wherever two secrets differ.
 */
#include "common/base/crypto.h"

#include <assert.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"

struct digest {
    EVP_MD_CTX *plain; /* one of the two is set */
    EVP_MAC_CTX *mac;
};

/* libcrypto fails here only when it is out of memory or its provider is missing: nothing a caller could mend. */
static void must(int ok)
{
    if (ok == 1)
        return;
    fputs("libcrypto failed: out of memory, or it has no SHA-256\n", stderr);
    abort();
}

/* Looked up by name in the providers once: what EVP_sha256() and a fresh EVP_MAC_CTX do at each use costs as much as
 * the digest of a few hundred bytes. Kept for the life of the process, and shared by its threads: they are only read.
 */
static EVP_MD *sha256;
static EVP_MAC_CTX *hmac_sha256; /* without a key; copied for each use */

static void fetch(void)
{
    char hash[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, hash, 0),
                                 OSSL_PARAM_construct_end()};
    sha256 = EVP_MD_fetch(NULL, hash, NULL);
    must(sha256 != NULL);
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    must(hmac != NULL);
    hmac_sha256 = EVP_MAC_CTX_new(hmac);
    must(hmac_sha256 != NULL);
    must(EVP_MAC_CTX_set_params(hmac_sha256, params));
    EVP_MAC_free(hmac);
}

static void fetch_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fetch);
}

struct digest *digest_sha256_new(void)
{
    fetch_once();
    struct digest *digest = mem_zalloc(sizeof(*digest));
    digest->plain = EVP_MD_CTX_new();
    must(digest->plain != NULL);
    must(EVP_DigestInit_ex(digest->plain, sha256, NULL));
    return digest;
}

struct digest *digest_hmac_sha256_new(const void *key, size_t key_len)
{
    fetch_once();
    struct digest *digest = mem_zalloc(sizeof(*digest));
    digest->mac = EVP_MAC_CTX_dup(hmac_sha256);
    must(digest->mac != NULL);
    /* NULL would mean "keep the key", also for an empty one. */
    must(EVP_MAC_init(digest->mac, key_len > 0 ? key : "", key_len, NULL));
    return digest;
}

void digest_add(struct digest *digest, const void *bytes, size_t len)
{
    if (len == 0)
        return;
    must(digest->mac != NULL ? EVP_MAC_update(digest->mac, bytes, len) : EVP_DigestUpdate(digest->plain, bytes, len));
}

void digest_end(struct digest *digest, uint8_t out[SHA256_BYTES])
{
    size_t len = SHA256_BYTES;
    if (digest->mac != NULL)
        must(EVP_MAC_final(digest->mac, out, &len, SHA256_BYTES));
    else
        must(EVP_DigestFinal_ex(digest->plain, out, NULL));
    assert(len == SHA256_BYTES);
}

void digest_drop(struct digest *digest)
{
    if (digest == NULL)
        return;
    EVP_MD_CTX_free(digest->plain);
    EVP_MAC_CTX_free(digest->mac);
    free(digest);
}

void crypto_sha256(const void *bytes, size_t len, uint8_t out[SHA256_BYTES])
{
    fetch_once();
    must(EVP_Digest(len > 0 ? bytes : "", len, out, NULL, sha256, NULL));
}

void crypto_hex(const uint8_t *bytes, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

/* -1 if `c` is no hex digit, the NUL included. */
static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int crypto_unhex_byte(const char *text)
{
    int high = hex_value(text[0]);
    int low = high < 0 ? -1 : hex_value(text[1]);
    return low < 0 ? -1 : high << 4 | low;
}

bool crypto_unhex(const char *text, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++, text += 2) {
        int byte = crypto_unhex_byte(text);
        if (byte < 0)
            return false;
        out[i] = (uint8_t)byte;
    }
    return *text == '\0';
}

void crypto_add_base64(struct buf *buf, const void *bytes, size_t len)
{
    assert(len <= INT_MAX / 2);
    if (len == 0)
        return;
    char *end = buf_reserve(buf, (len + 2) / 3 * 4);
    int added = EVP_EncodeBlock((unsigned char *)end, bytes, (int)len);
    buf->len += (size_t)added;
}

bool crypto_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

void crypto_wipe(void *secret, size_t len)
{
    OPENSSL_cleanse(secret, len);
}
