/*
 * Two readings of one input. As a sealed text: only what was sealed with one of the keys opens, and nothing is added to
 * the output when it does not. As a secret: it comes back as it was, and no longer after any one digit is changed.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/crypto.h"
#include "common/base/mem.h"
#include "tests/fuzz/fuzz.h"

/* The corpus holds texts sealed with these two. */
#define CURRENT "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define OLD "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"

static void open_foreign(const struct crypto_keys *keys, const char *text)
{
    struct buf out = {0};
    struct err_info error = {0};
    if (crypto_open(keys, text, &out, NULL, &error) == ERR_OK)
        FUZZ_CHECK(strlen(text) == 32 + 1 + 32 + 1 + 2 * out.len);
    else
        FUZZ_CHECK(out.len == 0 && (error.code == ERR_PERMANENT || error.code == ERR_USAGE));
    buf_fini(&out);
}

static void seal_and_open(const struct crypto_keys *keys, const uint8_t *data, size_t size)
{
    struct buf sealed = {0}, opened = {0};
    struct err_info error = {0};
    FUZZ_CHECK(crypto_seal(keys, (const char *)data, size, &sealed, &error) == ERR_OK);
    FUZZ_CHECK(crypto_open(keys, sealed.data, &opened, NULL, &error) == ERR_OK);
    FUZZ_CHECK(opened.len == size && (size == 0 || memcmp(opened.data, data, size) == 0));
    buf_reset(&opened);
    size_t at = size % sealed.len;
    if (sealed.data[at] != ':') {
        sealed.data[at] = sealed.data[at] == '0' ? '1' : '0';
        FUZZ_CHECK(crypto_open(keys, sealed.data, &opened, NULL, &error) == ERR_USAGE);
        FUZZ_CHECK(opened.len == 0);
    }
    buf_fini(&sealed);
    buf_fini(&opened);
}

/* The input as the two parts of a row's key: what is sealed there opens there, and nowhere else. */
static void seal_in_a_row(const struct crypto_keys *keys, const char *text)
{
    struct buf sealed = {0}, opened = {0};
    struct err_info error = {0};
    size_t half = strlen(text) / 2;
    char *first = mem_strndup(text, half), *moved = mem_strndup(text, half + (text[half] != '\0'));
    const struct crypto_place place = CRYPTO_TOKEN_OF_LINK(first, text + half);
    struct crypto_secret secret = {NULL, place};
    enum crypto_sealing sealing = CRYPTO_SEALED_BY_OLD_KEY;
    FUZZ_CHECK(crypto_seal_at(keys, &place, text, &sealed, &error) == ERR_OK);
    secret.sealed = sealed.data;
    FUZZ_CHECK(crypto_open_at(keys, &secret, &opened, &sealing, &error) == ERR_OK && sealing == CRYPTO_SEALED_HERE);
    FUZZ_CHECK(strlen(text) == opened.len && memcmp(text, opened.len > 0 ? opened.data : "", opened.len) == 0);
    buf_reset(&opened);
    secret.place = CRYPTO_TOKEN_OF_LINK(moved, text + strlen(moved));
    bool same = strlen(moved) == half;
    FUZZ_CHECK((crypto_open_at(keys, &secret, &opened, NULL, &error) == ERR_OK) == same);
    secret.place = CRYPTO_KEY_OF_APP(first);
    FUZZ_CHECK(crypto_open_at(keys, &secret, &opened, NULL, &error) == ERR_USAGE);
    free(first);
    free(moved);
    buf_fini(&sealed);
    buf_fini(&opened);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct crypto_keys keys;
    struct err_info error = {0};
    if (size > 64 * 1024)
        return 0;
    FUZZ_CHECK(crypto_keys_read(&keys, CURRENT, OLD, &error) == ERR_OK);
    char *text = mem_strndup((const char *)data, size);
    open_foreign(&keys, text);
    seal_in_a_row(&keys, text);
    free(text);
    seal_and_open(&keys, data, size);
    return 0;
}
