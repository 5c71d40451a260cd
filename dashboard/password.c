#include "dashboard/password.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/crypto.h"
#include "common/base/ids.h"

/* RFC 7914; 32 MiB, about 80 ms. */
#define COST_N 32768
#define COST_R 8
#define COST_P 1
#define COST_MEMORY (64u * 1024 * 1024) /* what libcrypto may take */
#define SALT_BYTES 16
#define HASH_BYTES 32
#define BEGINNING "scrypt:32768:8:1:"

static void derive(const char *password, const uint8_t salt[SALT_BYTES], uint8_t out[HASH_BYTES])
{
    if (EVP_PBE_scrypt(password, strlen(password), salt, SALT_BYTES, COST_N, COST_R, COST_P, COST_MEMORY, out,
                       HASH_BYTES) != 1)
        abort(); /* only memory can be wanting */
}

enum err password_hash(const char *password, char out[PASSWORD_HASH_MAX], struct err_info *error)
{
    uint8_t salt[SALT_BYTES], hash[HASH_BYTES];
    char salt_hex[2 * SALT_BYTES + 1], hash_hex[2 * HASH_BYTES + 1];
    size_t len = strlen(password);
    if (len < PASSWORD_LEAST || len > PASSWORD_MOST)
        return err_set(error, ERR_USAGE, "the password has %zu bytes; it must have %d to %d", len, PASSWORD_LEAST,
                       PASSWORD_MOST);
    id_random(salt, sizeof salt);
    derive(password, salt, hash);
    crypto_hex(salt, sizeof salt, salt_hex);
    crypto_hex(hash, sizeof hash, hash_hex);
    snprintf(out, PASSWORD_HASH_MAX, BEGINNING "%s:%s", salt_hex, hash_hex);
    return ERR_OK;
}

static bool read_hash(const char *text, uint8_t salt[SALT_BYTES], uint8_t hash[HASH_BYTES])
{
    char salt_hex[2 * SALT_BYTES + 1] = "";
    size_t begins = strlen(BEGINNING);
    if (strlen(text) != begins + 2 * SALT_BYTES + 1 + 2 * HASH_BYTES || strncmp(text, BEGINNING, begins) != 0 ||
        text[begins + 2 * SALT_BYTES] != ':')
        return false;
    memcpy(salt_hex, text + begins, 2 * SALT_BYTES);
    return crypto_unhex(salt_hex, salt, SALT_BYTES) &&
           crypto_unhex(text + begins + 2 * SALT_BYTES + 1, hash, HASH_BYTES);
}

enum err password_check_hash(const char *hash, struct err_info *error)
{
    uint8_t salt[SALT_BYTES], wanted[HASH_BYTES];
    if (read_hash(hash, salt, wanted))
        return ERR_OK;
    return err_set(error, ERR_USAGE, "dashboard.password_hash must be what `dashboard hash-password` prints");
}

bool password_matches(const char *password, const char *hash)
{
    uint8_t salt[SALT_BYTES], wanted[HASH_BYTES], got[HASH_BYTES];
    if (!read_hash(hash, salt, wanted) || strlen(password) > PASSWORD_MOST)
        return false;
    derive(password, salt, got);
    bool equal = crypto_equal(got, wanted, sizeof got);
    crypto_wipe(got, sizeof got);
    return equal;
}
