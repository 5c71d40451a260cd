/* The bodies byte for byte, and that they read back as what went in, whatever the path and the content hold. */
#include "tests/testing/testing.h"

#include <string.h>

#include "common/base/json.h"
#include "common/deliveries/body.h"

#define SHA "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define REPOSITORY                                                                                                     \
    "\"repository\":{\"repository_id\":\"repo_000000000000000000000001\",\"github_url\":\"https://example.org/o/n\","  \
    "\"owner\":\"o\",\"name\":\"n\"}"
#define REST "\"commit_sha\":\"c0ffee\",\"timestamp\":\"2024-01-08T07:33:20.123Z\""

static struct body_message message_of(enum verb verb)
{
    return (struct body_message){
        .verb = verb,
        .repository = {"repo_000000000000000000000001", "https://example.org/o/n", "o", "n"},
        .path = "docs/a.md",
        .sha = SHA,
        .size = 5,
        .kind = CONTENT_TEXT,
        .commit_sha = "c0ffee",
        .timestamp_us = INT64_C(1704699200123456),
    };
}

static void assert_body(const struct body_message *message, const char *content, size_t len, const char *expected)
{
    struct buf body = BUF_INIT;
    body_add(&body, message, content, len);
    assert_string_equal(body.data, expected);
    buf_fini(&body);
}

static void a_create_has_these_keys_in_this_order(void **state)
{
    (void)state;
    struct body_message message = message_of(VERB_CREATE);
    assert_body(&message, "hello", 5,
                "{" REPOSITORY ",\"file\":{\"path\":\"docs/a.md\",\"sha\":\"" SHA
                "\",\"size\":5,\"content\":\"hello\"}," REST "}");
}

static void an_update_ends_with_the_previous_sha(void **state)
{
    (void)state;
    struct body_message message = message_of(VERB_UPDATE);
    message.previous_sha = "beef";
    assert_body(&message, "hello", 5,
                "{" REPOSITORY ",\"file\":{\"path\":\"docs/a.md\",\"sha\":\"" SHA
                "\",\"size\":5,\"content\":\"hello\"}," REST ",\"previous_sha\":\"beef\"}");
}

static void a_delete_has_path_and_last_sha_only(void **state)
{
    (void)state;
    struct body_message message = message_of(VERB_DELETE);
    assert_body(&message, NULL, 0, "{" REPOSITORY ",\"file\":{\"path\":\"docs/a.md\",\"sha\":\"" SHA "\"}," REST "}");
    message.sha = NULL;
    assert_body(&message, NULL, 0, "{" REPOSITORY ",\"file\":{\"path\":\"docs/a.md\",\"sha\":\"\"}," REST "}");
}

static void a_binary_says_its_encoding_and_a_piece_its_place(void **state)
{
    (void)state;
    struct body_message message = message_of(VERB_CREATE);
    message.kind = CONTENT_BINARY;
    message.size = 2;
    assert_body(&message, "\0\xff", 2,
                "{" REPOSITORY ",\"file\":{\"path\":\"docs/a.md\",\"sha\":\"" SHA
                "\",\"size\":2,\"content\":\"AP8=\",\"content_encoding\":\"base64\"}," REST "}");
    message.chunk = (struct body_chunk){"00000000-0000-5000-8000-000000000000", 1, 3};
    assert_body(&message, "\0\xff", 2,
                "{" REPOSITORY ",\"file\":{\"path\":\"docs/a.md\",\"sha\":\"" SHA
                "\",\"size\":2,\"content\":\"AP8=\",\"content_encoding\":\"base64\",\"chunk\":{\"id\":"
                "\"00000000-0000-5000-8000-000000000000\",\"index\":1,\"total\":3}}," REST "}");
}

static void a_failed_sync_tells_about_the_circuit(void **state)
{
    (void)state;
    struct body_sync_failed event = {
        .repository = message_of(VERB_CREATE).repository,
        .message = "could not read \"HEAD\"",
        .consecutive_failures = 5,
        .threshold = 5,
        .cooldown_until_us = INT64_C(1704701000123000),
        .retry_count = 2,
        .timestamp_us = INT64_C(1704699200123000),
    };
    struct buf body = BUF_INIT;
    body_add_sync_failed(&body, &event);
    assert_string_equal(body.data,
                        "{\"event\":\"sync_failed\"," REPOSITORY ",\"error\":{\"type\":\"git_failure\",\"message\":"
                        "\"could not read \\\"HEAD\\\"\"},\"circuit_breaker\":{\"status\":\"open\","
                        "\"consecutive_failures\":5,\"threshold\":5,\"cooldown_until\":\"2024-01-08T08:03:20.123Z\"},"
                        "\"retry_count\":2,\"timestamp\":\"2024-01-08T07:33:20.123Z\"}");
    buf_fini(&body);
}

static const struct {
    const char *path, *content;
} odd[] = {
    {"a b/\xc3\xa9t\xc3\xa9.txt", "plain"},
    {"quote\"back\\slash", "\"\\/\b\f\n\r\t"},
    {"new\nline\ttab\x01\x1f\x7f", "\x01\x02\x1e\x1f\x7f"},
    {"\xf0\x9f\x90\x8d/\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
     "\xf0\x9f\x98\x80 \xe2\x82\xac \xc2\x9b \xe2\x80\xa8"},
    {"-rf", ""},
    {"\xef\xbb\xbf"
     "bom",
     "\xef\xbb\xbf\xef\xbf\xbf\xf4\x8f\xbf\xbf\xed\x9f\xbf"},
    {"%2e%2e/\\u0000", "\\u0000 \\ud800"},
};
#define ODD (sizeof odd / sizeof odd[0])

static void odd_paths_and_contents_read_back_as_they_went_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < ODD; i++) {
        struct body_message message = message_of(VERB_CREATE);
        message.path = odd[i].path;
        struct buf body = BUF_INIT;
        body_add(&body, &message, odd[i].content, strlen(odd[i].content));
        struct json_object *root = NULL;
        struct err_info error = {0};
        assert_int_equal(json_parse(body.data, body.len, JSON_LIMITS_REQUEST, &root, &error), ERR_OK);
        struct json_object *file = json_get(root, "file");
        assert_string_equal(json_get_string(file, "path"), odd[i].path);
        assert_string_equal(json_get_string(file, "content"), odd[i].content);
        assert_string_equal(json_get_string(root, "commit_sha"), "c0ffee");
        json_object_put(root);
        buf_fini(&body);
    }
}

/* The same body by head, pieces of `step` bytes, tail. */
static void add_streamed(struct buf *body, const struct body_message *message, const char *content, size_t step)
{
    struct body_escaper escaper = {0};
    size_t len = strlen(content);
    body_head(body, message);
    for (size_t at = 0; at < len; at += step)
        body_escape(&escaper, body, content + at, len - at < step ? len - at : step);
    body_escape_end(&escaper, body);
    body_tail(body, message);
}

static void the_streaming_form_gives_the_same_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ODD; i++)
        for (size_t step = 1; step < 9; step++) {
            struct body_message message = message_of(VERB_UPDATE);
            message.path = odd[i].path;
            message.previous_sha = SHA;
            struct buf whole = BUF_INIT, streamed = BUF_INIT;
            body_add(&whole, &message, odd[i].content, strlen(odd[i].content));
            add_streamed(&streamed, &message, odd[i].content, step);
            assert_string_equal(streamed.data, whole.data);
            buf_fini(&whole);
            buf_fini(&streamed);
        }
}

static void assert_escaped(const char *text, const char *expected)
{
    struct body_escaper escaper = {0};
    struct buf out = BUF_INIT;
    body_escape(&escaper, &out, text, strlen(text));
    body_escape_end(&escaper, &out);
    assert_string_equal(out.data, expected);
    buf_fini(&out);
}

static void what_is_not_utf8_is_replaced_part_by_part(void **state)
{
    (void)state;
    assert_escaped("a\xff"
                   "b",
                   "a\xef\xbf\xbd"
                   "b");
    assert_escaped("\xe2\x82", "\xef\xbf\xbd");                                 /* cut off at the end */
    assert_escaped("\xe2\x82\"", "\xef\xbf\xbd\\\"");                           /* the quote is not swallowed */
    assert_escaped("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");     /* a surrogate */
    assert_escaped("\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd");                     /* overlong */
    assert_escaped("\xf0\x9f\xf0\x9f\x98\x80", "\xef\xbf\xbd\xf0\x9f\x98\x80"); /* cut off by another */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_create_has_these_keys_in_this_order),
        cmocka_unit_test(an_update_ends_with_the_previous_sha),
        cmocka_unit_test(a_delete_has_path_and_last_sha_only),
        cmocka_unit_test(a_binary_says_its_encoding_and_a_piece_its_place),
        cmocka_unit_test(a_failed_sync_tells_about_the_circuit),
        cmocka_unit_test(odd_paths_and_contents_read_back_as_they_went_in),
        cmocka_unit_test(the_streaming_form_gives_the_same_bytes),
        cmocka_unit_test(what_is_not_utf8_is_replaced_part_by_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
