/*
 * The first bytes say where to cut, the rest is the content. Escaped in pieces it must be what it is in one piece, read
 * back as JSON, as itself where it is text, and the streamed body must be the one that is built in memory.
 */
#include <string.h>

#include "common/base/json.h"
#include "common/deliveries/body.h"
#include "tests/fuzz/fuzz.h"

#define CUTS 4 /* bytes that hold piece lengths, used in turn */

static void add_streamed(struct buf *body, const struct body_message *message, const uint8_t *cuts, const uint8_t *text,
                         size_t len)
{
    struct body_escaper escaper = {0};
    body_head(body, message);
    for (size_t at = 0, turn = 0; at < len; turn++) {
        size_t step = cuts[turn % CUTS] % 17 + 1u;
        step = step < len - at ? step : len - at;
        body_escape(&escaper, body, text + at, step);
        at += step;
    }
    body_escape_end(&escaper, body);
    body_tail(body, message);
}

static void check_reads_back(const struct buf *body, const uint8_t *text, size_t len)
{
    struct json_object *root = NULL;
    struct err_info error = {0};
    bool has_nul = memchr(text, 0, len) != NULL;
    enum err read = json_parse(body->data, body->len, JSON_LIMITS_REQUEST, &root, &error);
    FUZZ_CHECK(has_nul || read == ERR_OK);
    if (read == ERR_OK && json_is_utf8((const char *)text, len)) {
        struct json_object *content = json_get(json_get(root, "file"), "content");
        FUZZ_CHECK((size_t)json_object_get_string_len(content) == len);
        FUZZ_CHECK(memcmp(json_object_get_string(content), text, len) == 0);
    }
    json_object_put(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size <= CUTS || size > 64 * 1024)
        return 0;
    const uint8_t *text = data + CUTS;
    size_t len = size - CUTS;
    struct body_message message = {
        .verb = VERB_CREATE, .repository = {"r", "u", "o", "n"}, .path = "p", .size = (int64_t)len, .commit_sha = "c"};
    struct buf whole = BUF_INIT, streamed = BUF_INIT;
    body_add(&whole, &message, text, len);
    add_streamed(&streamed, &message, data, text, len);
    FUZZ_CHECK(whole.len == streamed.len && memcmp(whole.data, streamed.data, whole.len) == 0);
    FUZZ_CHECK(json_is_utf8(whole.data, whole.len));
    check_reads_back(&whole, text, len);
    buf_fini(&whole);
    buf_fini(&streamed);
    return 0;
}
