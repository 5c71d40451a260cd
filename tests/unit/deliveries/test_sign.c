/* Signature, headers and Idempotency-Key; the vectors are those of docs/domain/deliveries.md. */
#include "tests/testing/testing.h"

#include <string.h>

#include "common/deliveries/sign.h"

#define WHEN INT64_C(1704700000)

static void the_signature_is_that_of_the_vectors(void **state)
{
    (void)state;
    char value[SIGN_VALUE_MAX];
    const char *body = "{\"path\":\"test.txt\",\"content\":\"hello\"}";
    sign_body("test-secret", WHEN, body, strlen(body), value);
    assert_string_equal(value, "sha256=4e62432dafb1c2655bdeab03ca4aee9747891d3378facceb8726e20966d0feb8");
    sign_body("secret", WHEN, "{}", 2, value);
    assert_string_equal(value, "sha256=4826d56510a101165f999f2b678030b2468115e35fe879f79309742a6a3b91e3");
}

static void a_body_in_pieces_is_signed_alike(void **state)
{
    (void)state;
    char value[SIGN_VALUE_MAX];
    struct digest *digest = sign_begin("secret", WHEN);
    digest_add(digest, "{", 1);
    digest_add(digest, "}", 1);
    sign_end(digest, value);
    assert_string_equal(value, "sha256=4826d56510a101165f999f2b678030b2468115e35fe879f79309742a6a3b91e3");
}

static void the_headers_are_complete_and_take_the_prefix(void **state)
{
    (void)state;
    struct sign_stamp stamp = {"X-Acme-", "app_0123", WHEN, "sha256=ab", "cd"};
    struct sign_headers headers;
    sign_headers_init(&headers, &stamp);
    assert_string_equal(headers.list[0], "Content-Type: application/json");
    assert_string_equal(headers.list[1], "X-Acme-App-Id: app_0123");
    assert_string_equal(headers.list[2], "X-Acme-Timestamp: 1704700000");
    assert_string_equal(headers.list[3], "X-Acme-Signature: sha256=ab");
    assert_string_equal(headers.list[4], "Idempotency-Key: cd");
    assert_null(headers.list[5]);
}

static void the_idempotency_key_depends_on_every_field_and_on_nothing_else(void **state)
{
    (void)state;
    static const struct sign_request requests[] = {
        {"op_1/7", VERB_CREATE, "a", "ff", 0},  {"op_1/8", VERB_CREATE, "a", "ff", 0},
        {"op_1/7", VERB_UPDATE, "a", "ff", 0},  {"op_1/7", VERB_CREATE, "b", "ff", 0},
        {"op_1/7", VERB_CREATE, "a", "fe", 0},  {"op_1/7", VERB_CREATE, "a", "ff", 1},
        {"op_1/7", VERB_CREATE, "af", "f", 0},  {"op_1/", VERB_CREATE, "7a", "ff", 0},
        {"op_1/7", VERB_CREATE, "a", "ff0", 0}, {"op_1/7", VERB_CREATE, "a2:ff", "", 0}};
    enum { COUNT = sizeof requests / sizeof requests[0] };
    char keys[COUNT][SIGN_KEY_MAX], again[SIGN_KEY_MAX];
    for (size_t i = 0; i < COUNT; i++) {
        sign_idempotency_key(&requests[i], keys[i]);
        sign_idempotency_key(&requests[i], again);
        assert_string_equal(keys[i], again);
        assert_int_equal(strspn(keys[i], "0123456789abcdef"), SHA256_HEX);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(keys[i], keys[j]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_signature_is_that_of_the_vectors),
        cmocka_unit_test(a_body_in_pieces_is_signed_alike),
        cmocka_unit_test(the_headers_are_complete_and_take_the_prefix),
        cmocka_unit_test(the_idempotency_key_depends_on_every_field_and_on_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
