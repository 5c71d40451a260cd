#include <stdlib.h>
#include <string.h>

#include "common/base/crypto.h"
#include "common/base/mem.h"
#include "tests/testing/testing.h"

#define KEY_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_B "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"

/*
 * Computed by SP 800-38D's definition, bit by bit and apart from libcrypto's GCM, with a calculation that was checked
 * against test cases 14 and 18 of the GCM submission (McGrew, Viega): 16-byte IV a0…af, no additional data.
 */
#define SEALED_A                                                                                                       \
    "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf:7ed8c3f7c3de8d27cea49808fc814968:"                                               \
    "4b8357d373a8a356acf83fc59a71e3e4fb6825160b4671ce"
#define HEAD (32 + 1 + 32 + 1) /* iv and tag, each with its colon */
#define PLAIN_A "a token of twenty-four b"
#define SEALED_B "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf:977fce9beb2ad255f3030a22344268a4:c9264cbba19539e7d726e02ee27b62"
#define PLAIN_B "an older secret"
#define SEALED_EMPTY "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf:022f841c702b66b0bec8111f67de221d:"

static struct crypto_keys keys_of(const char *current, const char *old)
{
    struct crypto_keys keys;
    struct err_info error = {0};
    assert_int_equal(crypto_keys_read(&keys, current, old, &error), ERR_OK);
    return keys;
}

static void assert_hex(const uint8_t digest[SHA256_BYTES], const char *expected)
{
    char hex[SHA256_HEX + 1];
    crypto_hex(digest, SHA256_BYTES, hex);
    assert_string_equal(hex, expected);
}

/* FIPS 180-4's examples, and the empty message. */
static void test_sha256_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *message, *digest;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t digest[SHA256_BYTES];
        crypto_sha256(cases[i].message, strlen(cases[i].message), digest);
        assert_hex(digest, cases[i].digest);
    }
}

static void test_sha256_in_pieces_of_a_million_letters(void **state)
{
    (void)state;
    char piece[997];
    memset(piece, 'a', sizeof(piece));
    struct digest *digest = digest_sha256_new();
    size_t left = 1000000;
    for (; left >= sizeof(piece); left -= sizeof(piece))
        digest_add(digest, piece, sizeof(piece));
    digest_add(digest, piece, left);
    digest_add(digest, NULL, 0);
    uint8_t out[SHA256_BYTES];
    digest_end(digest, out);
    digest_drop(digest);
    digest_drop(NULL);
    assert_hex(out, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* RFC 4231, cases 1, 2, 3, 6 and 7. */
static void test_hmac_sha256_vectors(void **state)
{
    (void)state;
    uint8_t key_1[20], key_3[20], data_3[50], key_6[131];
    memset(key_1, 0x0b, sizeof(key_1));
    memset(key_3, 0xaa, sizeof(key_3));
    memset(data_3, 0xdd, sizeof(data_3));
    memset(key_6, 0xaa, sizeof(key_6));
    static const char data_6[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    static const char data_7[] = "This is a test using a larger than block-size key and a larger than block-size data. "
                                 "The key needs to be hashed before being used by the HMAC algorithm.";
    const struct {
        const void *key;
        size_t key_len;
        const void *data;
        size_t len;
        const char *mac;
    } cases[] = {
        {key_1, sizeof(key_1), "Hi There", 8, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"Jefe", 4, "what do ya want for nothing?", 28,
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {key_3, sizeof(key_3), data_3, sizeof(data_3),
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {key_6, sizeof(key_6), data_6, sizeof(data_6) - 1,
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {key_6, sizeof(key_6), data_7, sizeof(data_7) - 1,
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
        {NULL, 0, NULL, 0, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct digest *digest = digest_hmac_sha256_new(cases[i].key, cases[i].key_len);
        size_t half = cases[i].len / 2;
        if (half > 0) {
            digest_add(digest, cases[i].data, half);
            digest_add(digest, (const char *)cases[i].data + half, cases[i].len - half);
        }
        uint8_t out[SHA256_BYTES];
        digest_end(digest, out);
        digest_drop(digest);
        assert_hex(out, cases[i].mac);
    }
}

static void test_hex_reads_only_what_is_exactly_hex(void **state)
{
    (void)state;
    uint8_t bytes[3];
    assert_true(crypto_unhex("00aBfF", bytes, 3));
    assert_memory_equal(bytes, "\x00\xab\xff", 3);
    assert_true(crypto_unhex("", bytes, 0));
    static const char *const bad[] = {"", "0", "00aBf", "00aBfF0", "00aBfF00", "00aBfG", "00 BfF", "0x00aB", "-0aBfF"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(crypto_unhex(bad[i], bytes, 3));
}

/* RFC 4648, section 10. */
static void test_base64_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *base64;
    } cases[] = {{"", ""},
                 {"f", "Zg=="},
                 {"fo", "Zm8="},
                 {"foo", "Zm9v"},
                 {"foob", "Zm9vYg=="},
                 {"fooba", "Zm9vYmE="},
                 {"foobar", "Zm9vYmFy"},
                 {"\xfb\xff\xfe", "+//+"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf buf = BUF_INIT;
        buf_add_char(&buf, '>');
        crypto_add_base64(&buf, cases[i].plain, strlen(cases[i].plain));
        assert_int_equal(buf.len, 1 + strlen(cases[i].base64));
        assert_string_equal(buf.data + 1, cases[i].base64);
        buf_fini(&buf);
    }
}

static void test_comparison_and_wiping(void **state)
{
    (void)state;
    char secret[] = "secret";
    assert_true(crypto_equal(secret, "secret", 6));
    assert_false(crypto_equal(secret, "secreT", 6));
    assert_true(crypto_equal(secret, "other", 0));
    crypto_wipe(secret, sizeof(secret));
    for (size_t i = 0; i < sizeof(secret); i++)
        assert_int_equal(secret[i], 0);
}

static void test_keys_are_64_hex_digits_or_absent(void **state)
{
    (void)state;
    struct crypto_keys keys = keys_of(NULL, "");
    assert_false(keys.has_current);
    assert_false(keys.has_old);
    keys = keys_of(KEY_A, KEY_B);
    assert_true(keys.has_current && keys.has_old);
    assert_int_equal(keys.current[31], 0x1f);
    assert_int_equal(keys.old[0], 0x20);
    struct err_info error = {0};
    static const char almost[] = "deadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbee";
    assert_int_equal(crypto_keys_read(&keys, almost, NULL, &error), ERR_USAGE);
    assert_non_null(strstr(error.text, "REPRISE_ENCRYPTION_KEY is"));
    assert_null(strstr(error.text, "dead"));
    assert_int_equal(crypto_keys_read(&keys, KEY_A, KEY_B "0", &error), ERR_USAGE);
    assert_non_null(strstr(error.text, "REPRISE_ENCRYPTION_KEY_OLD is"));
    assert_null(strstr(error.text, "2021"));
    assert_false(keys.has_current);
}

static void assert_opens(const struct crypto_keys *keys, const char *sealed, const char *plain, bool expect_old)
{
    struct buf out = BUF_INIT;
    struct err_info error = {0};
    bool by_old = !expect_old;
    assert_int_equal(crypto_open(keys, sealed, &out, &by_old, &error), ERR_OK);
    assert_int_equal(out.len, strlen(plain));
    assert_string_equal(out.data, plain);
    assert_int_equal(by_old, expect_old);
    buf_fini(&out);
}

static void test_known_sealed_texts_open(void **state)
{
    (void)state;
    struct crypto_keys both = keys_of(KEY_A, KEY_B), swapped = keys_of(KEY_B, KEY_A), only_old = keys_of(NULL, KEY_A);
    assert_opens(&both, SEALED_A, PLAIN_A, false);
    assert_opens(&both, SEALED_B, PLAIN_B, true);
    assert_opens(&both, SEALED_EMPTY, "", false);
    assert_opens(&swapped, SEALED_A, PLAIN_A, true);
    assert_opens(&only_old, SEALED_A, PLAIN_A, true);
}

static void test_what_is_sealed_opens_again_and_never_looks_the_same(void **state)
{
    (void)state;
    struct crypto_keys keys = keys_of(KEY_A, NULL);
    struct err_info error = {0};
    char plain[500];
    for (size_t len = 0; len < sizeof(plain); len += 31) {
        struct buf first = BUF_INIT, second = BUF_INIT;
        memset(plain, 'p', len);
        plain[len] = '\0';
        assert_int_equal(crypto_seal(&keys, plain, len, &first, &error), ERR_OK);
        assert_int_equal(crypto_seal(&keys, plain, len, &second, &error), ERR_OK);
        assert_int_equal(first.len, 66 + 2 * len);
        assert_string_not_equal(first.data, second.data);
        assert_opens(&keys, first.data, plain, false);
        assert_opens(&keys, second.data, plain, false);
        buf_fini(&first);
        buf_fini(&second);
    }
}

static void assert_refused(const struct crypto_keys *keys, const char *sealed, enum err expected)
{
    struct buf out = BUF_INIT;
    struct err_info error = {0};
    buf_add_str(&out, "before");
    assert_int_equal(crypto_open(keys, sealed, &out, NULL, &error), expected);
    assert_string_equal(out.data, "before");
    assert_null(strstr(error.text, "4b8357"));
    buf_fini(&out);
}

static void test_neither_wrong_keys_nor_changed_texts_open(void **state)
{
    (void)state;
    struct crypto_keys right = keys_of(KEY_A, NULL), wrong = keys_of(KEY_B, NULL), none = keys_of(NULL, NULL);
    assert_refused(&wrong, SEALED_A, ERR_USAGE);
    assert_refused(&none, SEALED_A, ERR_USAGE);
    for (size_t i = 0; i < strlen(SEALED_A); i++) {
        char *changed = mem_strdup(SEALED_A);
        bool is_hex = changed[i] != ':', is_whole = i >= HEAD && i % 2 == 0;
        changed[i] = changed[i] == '0' ? '1' : '0';
        assert_refused(&right, changed, is_hex ? ERR_USAGE : ERR_PERMANENT);
        changed[i] = '\0';
        assert_refused(&right, changed, is_whole ? ERR_USAGE : ERR_PERMANENT);
        free(changed);
    }
    assert_refused(&right, SEALED_A "00", ERR_USAGE);
    static const char *const malformed[] = {
        "", "::", SEALED_A "0", SEALED_A ":", SEALED_A "zz", " " SEALED_A, SEALED_A "\n", "a token in the clear",
    };
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
        assert_refused(&right, malformed[i], ERR_PERMANENT);
}

/* Computed apart from this code, with Python's hmac. */
static void test_fingerprints_tell_keys_apart(void **state)
{
    (void)state;
    struct crypto_keys keys = keys_of(KEY_A, KEY_B);
    char current[CRYPTO_FINGERPRINT_HEX + 1], old[CRYPTO_FINGERPRINT_HEX + 1];
    crypto_fingerprint(keys.current, current);
    crypto_fingerprint(keys.old, old);
    assert_string_equal(current, "ef88a5fe6612f647");
    assert_string_equal(old, "7b04b56515d9e3ca");
}

static enum err open_at(const struct crypto_keys *keys, const char *sealed, struct crypto_place place,
                        enum crypto_sealing *sealing)
{
    struct buf out = BUF_INIT;
    struct err_info error = {0};
    enum err err = crypto_open_at(keys, &(struct crypto_secret){sealed, place}, &out, sealing, &error);
    if (err == ERR_OK)
        assert_string_equal(out.data, PLAIN_A);
    else
        assert_int_equal(out.len, 0);
    buf_fini(&out);
    return err;
}

/* Who can write to the database must not be able to give one row's secret to another. */
static void test_a_secret_opens_only_in_its_own_row(void **state)
{
    (void)state;
    struct crypto_keys keys = keys_of(KEY_A, NULL), turned = keys_of(KEY_B, KEY_A);
    struct err_info error = {0};
    struct buf sealed = BUF_INIT;
    enum crypto_sealing sealing = CRYPTO_SEALED_FOR_ANYWHERE;
    const struct crypto_place home = CRYPTO_TOKEN_OF_LINK("app_1", "repo_1");
    const struct crypto_place others[] = {CRYPTO_TOKEN_OF_LINK("app_1", "repo_2"),
                                          CRYPTO_TOKEN_OF_LINK("app_2", "repo_1"),
                                          CRYPTO_TOKEN_OF_LINK("app_1r", "epo_1"),
                                          CRYPTO_TOKEN_OF_LINK("app_1", NULL),
                                          CRYPTO_KEY_OF_APP("app_1"),
                                          {NULL, NULL, NULL}};
    assert_int_equal(crypto_seal_at(&keys, &home, PLAIN_A, &sealed, &error), ERR_OK);
    assert_int_equal(open_at(&keys, sealed.data, home, &sealing), ERR_OK);
    assert_int_equal(sealing, CRYPTO_SEALED_HERE);
    assert_int_equal(open_at(&turned, sealed.data, home, &sealing), ERR_OK);
    assert_int_equal(sealing, CRYPTO_SEALED_BY_OLD_KEY);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(open_at(&keys, sealed.data, others[i], NULL), ERR_USAGE);
        assert_int_equal(open_at(&turned, sealed.data, others[i], NULL), ERR_USAGE);
    }
    buf_fini(&sealed);
}

static void test_what_was_sealed_for_no_row_still_opens_and_is_told(void **state)
{
    (void)state;
    struct crypto_keys keys = keys_of(KEY_A, NULL), turned = keys_of(KEY_B, KEY_A);
    enum crypto_sealing sealing = CRYPTO_SEALED_HERE;
    assert_int_equal(open_at(&keys, SEALED_A, CRYPTO_KEY_OF_APP("app_1"), &sealing), ERR_OK);
    assert_int_equal(sealing, CRYPTO_SEALED_FOR_ANYWHERE);
    assert_int_equal(open_at(&turned, SEALED_A, CRYPTO_KEY_OF_APP("app_1"), &sealing), ERR_OK);
    assert_int_equal(sealing, CRYPTO_SEALED_BY_OLD_KEY);
}

static void test_sealing_needs_a_current_key(void **state)
{
    (void)state;
    struct crypto_keys only_old = keys_of(NULL, KEY_A);
    struct buf out = BUF_INIT;
    struct err_info error = {0};
    assert_int_equal(crypto_seal(&only_old, "x", 1, &out, &error), ERR_USAGE);
    assert_non_null(strstr(error.text, "REPRISE_ENCRYPTION_KEY"));
    assert_int_equal(out.len, 0);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256_vectors),
        cmocka_unit_test(test_sha256_in_pieces_of_a_million_letters),
        cmocka_unit_test(test_hmac_sha256_vectors),
        cmocka_unit_test(test_hex_reads_only_what_is_exactly_hex),
        cmocka_unit_test(test_base64_vectors),
        cmocka_unit_test(test_comparison_and_wiping),
        cmocka_unit_test(test_keys_are_64_hex_digits_or_absent),
        cmocka_unit_test(test_known_sealed_texts_open),
        cmocka_unit_test(test_what_is_sealed_opens_again_and_never_looks_the_same),
        cmocka_unit_test(test_neither_wrong_keys_nor_changed_texts_open),
        cmocka_unit_test(test_fingerprints_tell_keys_apart),
        cmocka_unit_test(test_a_secret_opens_only_in_its_own_row),
        cmocka_unit_test(test_what_was_sealed_for_no_row_still_opens_and_is_told),
        cmocka_unit_test(test_sealing_needs_a_current_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
