/* Text or binary, size and digest, however the content is cut. */
#include "tests/testing/testing.h"

#include <string.h>

#include "common/deliveries/content.h"

static struct content_facts facts_of(const char *bytes, size_t len, size_t step)
{
    struct content content;
    struct content_facts facts;
    content_init(&content);
    for (size_t at = 0; at < len; at += step)
        content_add(&content, bytes + at, len - at < step ? len - at : step);
    content_end(&content, &facts);
    content_fini(&content);
    return facts;
}

/* In every way of cutting it. */
static void assert_kind(const char *bytes, size_t len, enum content_kind kind)
{
    struct content_facts whole = facts_of(bytes, len, len ? len : 1);
    for (size_t step = 1; step <= len + 1; step++) {
        struct content_facts facts = facts_of(bytes, len, step);
        assert_int_equal(facts.kind, kind);
        assert_int_equal(facts.size, len);
        assert_string_equal(facts.sha, whole.sha);
    }
}
#define ASSERT_TEXT(literal) assert_kind(literal, sizeof(literal) - 1, CONTENT_TEXT)
#define ASSERT_BINARY(literal) assert_kind(literal, sizeof(literal) - 1, CONTENT_BINARY)

static void the_digest_is_sha256_of_all_bytes(void **state)
{
    (void)state;
    assert_string_equal(facts_of("", 0, 1).sha, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_equal(facts_of("hello", 5, 2).sha,
                        "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
}

static void valid_utf8_is_text(void **state)
{
    (void)state;
    ASSERT_TEXT("");
    ASSERT_TEXT("plain ascii, longer than one machine word\r\n\t\x01\x7f");
    ASSERT_TEXT(
        "\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf");
    ASSERT_TEXT("\xef\xbb\xbf with a byte order mark");
    ASSERT_TEXT("snake \xf0\x9f\x90\x8d, twelve bytes of ascii \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb");
}

static void nul_or_broken_utf8_is_binary(void **state)
{
    (void)state;
    ASSERT_BINARY("\0");
    ASSERT_BINARY("long enough for the fast path, then\0a NUL");
    ASSERT_BINARY("\x80");
    ASSERT_BINARY("\xc0\xaf");         /* overlong */
    ASSERT_BINARY("\xe0\x9f\xbf");     /* overlong */
    ASSERT_BINARY("\xf0\x8f\xbf\xbf"); /* overlong */
    ASSERT_BINARY("\xed\xa0\x80");     /* a surrogate */
    ASSERT_BINARY("\xf4\x90\x80\x80"); /* above U+10FFFF */
    ASSERT_BINARY("caf\xe9");          /* Latin-1, and cut off */
    ASSERT_BINARY("\xf0\x9f\x98");     /* cut off */
    ASSERT_BINARY("\xe2\x82"
                  "ascii");
    ASSERT_BINARY("\xff\xfe"
                  "u\0t\0f\0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_digest_is_sha256_of_all_bytes),
        cmocka_unit_test(valid_utf8_is_text),
        cmocka_unit_test(nul_or_broken_utf8_is_binary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
