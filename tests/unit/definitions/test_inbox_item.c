/* Inbox items as bytes: what is taken from them, and why others are refused. */
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/definitions/inbox.h"
#include "tests/testing/testing.h"

#define OP "op_01HKM3Z8Q4T5V6W7X8Y9ZABCDE"

static struct inbox_item read_well(const char *text)
{
    struct inbox_item item;
    struct err_info error;
    if (inbox_item_parse(text, strlen(text), &item, &error))
        fail_msg("%s: %s", text, error.text);
    return item;
}

static void assert_refused(const char *text, size_t len, const char *part)
{
    struct inbox_item item;
    struct err_info error = {.code = ERR_OK};
    assert_int_equal(inbox_item_parse(text, len, &item, &error), ERR_USAGE);
    assert_true(item.definition == NULL && item.operation_id == NULL && item.args == NULL);
    if (strstr(error.text, part) == NULL)
        fail_msg("%.80s: \"%s\" is not in: %s", text, part, error.text);
}

static void a_request_is_read_whole(void **state)
{
    (void)state;
    struct inbox_item item =
        read_well("{\"definition\":\"resync-app\",\"args\":{\"app_id\":\"a\"},\"operation_id\":\"" OP "\","
                  "\"request_id\":\"r1\",\"requested_by\":\"me\"}");
    assert_int_equal(item.verb, INBOX_RUN);
    assert_string_equal(item.definition, "resync-app");
    assert_string_equal(json_get_string(item.args, "app_id"), "a");
    assert_string_equal(item.operation_id, OP);
    assert_string_equal(item.request_id, "r1");
    assert_string_equal(item.requested_by, "me");
    assert_string_equal(item.stamp, "");
    inbox_item_fini(&item);
    assert_null(item.definition);
}

static void only_the_definition_is_needed(void **state)
{
    (void)state;
    struct inbox_item item = read_well("{\"definition\":\"noop\",\"args\":null}");
    assert_true(item.args == NULL && item.operation_id == NULL && item.request_id == NULL && item.requested_by == NULL);
    inbox_item_fini(&item);
}

static void verbs_name_an_operation(void **state)
{
    static const struct {
        const char *text;
        enum inbox_verb verb;
    } CASES[] = {
        {"{\"cancel\":\"" OP "\"}", INBOX_CANCEL},
        {"{\"pause\":\"" OP "\"}", INBOX_PAUSE},
        {"{\"resume\":\"" OP "\"}", INBOX_RESUME},
    };
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct inbox_item item = read_well(CASES[i].text);
        assert_int_equal(item.verb, CASES[i].verb);
        assert_string_equal(item.operation_id, OP);
        assert_null(item.definition);
        inbox_item_fini(&item);
    }
}

static void a_stamp_stands_around_the_request(void **state)
{
    (void)state;
    struct inbox_item item = read_well("{\"stamped\":\"" OP "\",\"request\": {\"definition\":\"noop\"} }");
    assert_string_equal(item.stamp, OP);
    assert_string_equal(item.definition, "noop");
    inbox_item_fini(&item);
}

static void what_is_wrong_is_said(void **state)
{
    static const char *const CASES[][2] = {
        {"", ""},
        {"null", "a request is a JSON object"},
        {"\"noop\"", "a request is a JSON object"},
        {"{}", "a request needs \"definition\""},
        {"{\"definition\":null}", "a request needs"},
        {"{\"definition\":5}", "\"definition\" must be a string"},
        {"{\"definition\":\"noop\",\"args\":\"x\"}", "\"args\" must be an object"},
        {"{\"definition\":\"noop\",\"request_id\":null}", "\"request_id\" must be a string"},
        {"{\"definition\":\"noop\",\"dry_run\":true}", "dry_run"},
        {"{\"definition\":\"noop\",\"definition\":\"noop\"}", "definition"},
        {"{'definition':'noop'}", ""},
        {"{\"definition\":\"noop\"} {}", ""},
        {"{\"cancel\":7}", "\"cancel\" must be a string"},
        {"{\"cancel\":\"" OP "\",\"pause\":\"" OP "\"}", "pause"},
        {"{\"stamped\":\"" OP "\"}", "a request is a JSON object"},
        {"{\"stamped\":\"w_1\",\"request\":{\"definition\":\"noop\"}}", "no operation id"},
        {"{\"stamped\":\"" OP "\",\"request\":{\"definition\":\"noop\"},\"x\":1}", "x"},
        {"{\"stamped\":\"" OP "\",\"request\":{\"stamped\":\"" OP "\",\"request\":{}}}", "a request needs"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        assert_refused(CASES[i][0], strlen(CASES[i][0]), CASES[i][1]);
}

static void texts_are_bounded(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    buf_add_str(&text, "{\"definition\":\"noop\",\"request_id\":\"");
    for (int i = 0; i < 201; i++)
        buf_add_char(&text, 'r');
    buf_add_str(&text, "\"}");
    assert_refused(text.data, text.len, "at most 200 bytes");
    buf_fini(&text);
}

static void depth_and_size_are_bounded(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    buf_add_str(&text, "{\"definition\":\"noop\",\"args\":");
    for (int i = 0; i < 50000; i++)
        buf_add_str(&text, "{\"a\":");
    assert_refused(text.data, text.len, "");
    buf_reset(&text);
    buf_add_str(&text, "{\"definition\":\"noop\"}");
    while (text.len <= INBOX_ITEM_MAX)
        buf_add_char(&text, ' ');
    assert_refused(text.data, text.len, "");
    buf_fini(&text);
}

static void assert_taken_also_with_its_stamp(const struct buf *text)
{
    struct err_info error;
    struct inbox_item item;
    struct buf stamped = BUF_INIT;
    buf_addf(&stamped, "{\"stamped\":\"%s\",\"request\":", OP);
    buf_add(&stamped, text->data, text->len);
    buf_add_char(&stamped, '}');
    assert_int_equal(inbox_item_parse(text->data, text->len, &item, &error), ERR_OK);
    inbox_item_fini(&item);
    assert_int_equal(inbox_item_parse(stamped.data, stamped.len, &item, &error), ERR_OK);
    assert_string_equal(item.stamp, OP);
    inbox_item_fini(&item);
    buf_fini(&stamped);
}

static void add_nested(struct buf *text, int depth)
{
    buf_add_str(text, "{\"definition\":\"noop\",\"args\":{\"a\":"); /* two levels */
    for (int i = 2; i < depth; i++)
        buf_add_char(text, '[');
    for (int i = 2; i < depth; i++)
        buf_add_char(text, ']');
    buf_add_str(text, "}}");
}

/* A worker stamps an item, dies, and another reads it: a limit in between would refuse what was accepted. */
static void a_stamp_breaks_no_limit(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    add_nested(&text, INBOX_ITEM_DEPTH);
    assert_taken_also_with_its_stamp(&text);
    buf_reset(&text);
    add_nested(&text, INBOX_ITEM_DEPTH + 1);
    assert_refused(text.data, text.len, "");
    buf_reset(&text);
    buf_add_str(&text, "{\"definition\":\"noop\"}");
    while (text.len < INBOX_ITEM_MAX)
        buf_add_char(&text, ' ');
    assert_taken_also_with_its_stamp(&text);
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_read_whole),    cmocka_unit_test(only_the_definition_is_needed),
        cmocka_unit_test(verbs_name_an_operation),    cmocka_unit_test(a_stamp_stands_around_the_request),
        cmocka_unit_test(what_is_wrong_is_said),      cmocka_unit_test(texts_are_bounded),
        cmocka_unit_test(depth_and_size_are_bounded), cmocka_unit_test(a_stamp_breaks_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
