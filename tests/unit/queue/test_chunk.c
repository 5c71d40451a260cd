/* Chunks as text: what is read, what is refused, and that what is written reads back. */
#include "common/queue/chunk.h"

#include <stdio.h>
#include <string.h>

#include "tests/testing/testing.h"

#define SEQ_MAX (INT64_C(1) << 53)
#define OP "op_01HKM3Z8Q4T5V6W7X8Y9ZABCDE"

static struct chunk read_well(const char *text)
{
    struct chunk chunk;
    struct err_info error;
    if (chunk_parse(text, strlen(text), &chunk, &error))
        fail_msg("%s: %s", text, error.text);
    assert_string_equal(chunk.text, text); /* a list's entry is compared byte by byte */
    return chunk;
}

static void assert_refused(const char *text, const char *part)
{
    struct chunk chunk;
    struct err_info error = {.code = ERR_OK};
    assert_int_equal(chunk_parse(text, strlen(text), &chunk, &error), ERR_USAGE);
    assert_string_equal(chunk.text, "");
    if (strstr(error.text, part) == NULL || strncmp(error.text, "unreadable chunk: ", 18) != 0)
        fail_msg("%s: \"%s\" is not in: %s", text, part, error.text);
}

static void a_range_of_the_window_is_read(void **state)
{
    (void)state;
    struct chunk chunk = read_well("{\"op\":\"" OP "\",\"gen\":3,\"from\":1,\"to\":256,\"w\":1}");
    assert_string_equal(chunk.operation_id, OP);
    assert_int_equal(chunk.generation, 3);
    assert_int_equal(chunk.from, 1);
    assert_int_equal(chunk.to, 256);
    assert_true(chunk.window && !chunk.due);
    assert_string_equal(chunk.by, "");
    assert_string_equal(chunk_class(&chunk), "w");
}

static void a_range_beside_the_window_and_a_due_chunk_are_told_apart(void **state)
{
    (void)state;
    struct chunk chunk = read_well("{\"op\":\"" OP "\",\"gen\":3,\"from\":7,\"to\":7}");
    assert_string_equal(chunk_class(&chunk), "");
    chunk = read_well("{\"op\":\"" OP "\",\"gen\":9007199254740993,\"due\":true}");
    assert_string_equal(chunk_class(&chunk), "due");
    assert_int_equal(chunk.generation, 9007199254740993);
    assert_int_equal(chunk.from + chunk.to, 0);
}

static void a_suspect_says_whose_it_was(void **state)
{
    (void)state;
    struct chunk chunk =
        read_well("{\"by\":\"w_01HKM3Z8Q4T5V6W7X8Y9ZABCDE\",\"op\":\"" OP "\",\"gen\":1,\"due\":true}");
    assert_string_equal(chunk.by, "w_01HKM3Z8Q4T5V6W7X8Y9ZABCDE");
}

static void white_space_and_order_are_the_writers(void **state)
{
    (void)state;
    struct chunk chunk = read_well(" { \"to\" : 2 , \"from\" : 1 , \"gen\" : 1 , \"op\" : \"" OP "\" } ");
    assert_int_equal(chunk.to, 2);
}

static void what_is_no_chunk_is_refused(void **state)
{
    (void)state;
    assert_refused("", "");
    assert_refused("[]", "a chunk is a JSON object");
    assert_refused("{}", "needs \"op\"");
    assert_refused("{\"op\":\"op_short\",\"gen\":1,\"from\":1,\"to\":1}", "needs \"op\"");
    assert_refused("{\"op\":\"" OP "\",\"from\":1,\"to\":1}", "needs \"gen\"");
    assert_refused("{\"op\":\"" OP "\",\"gen\":0,\"from\":1,\"to\":1}", "needs \"gen\"");
    assert_refused("{\"op\":\"" OP "\",\"gen\":1}", "from <= to");
    assert_refused("{\"op\":\"" OP "\",\"gen\":1,\"from\":0,\"to\":5}", "from <= to");
    assert_refused("{\"op\":\"" OP "\",\"gen\":1,\"from\":9223372036854775806,\"to\":9223372036854775807}", "2^53");
    assert_refused("{\"op\":\"" OP "\",\"gen\":1,\"from\":5,\"to\":4}", "from <= to");
    assert_refused("{\"op\":\"" OP "\",\"gen\":1,\"from\":1,\"to\":10001}", "at most 10000 jobs");
    assert_refused("{\"op\":\"" OP "\",\"gen\":1,\"from\":1,\"to\":9223372036854775807}", "at most 10000 jobs");
    assert_refused("{\"op\":\"" OP "\",\"gen\":\"1\",\"from\":1,\"to\":1}", "needs \"gen\"");
    assert_refused("{\"by\":\"w_01HKM3Z8Q4T5V6W7X8Y9ZABCDEFGHJ\",\"op\":\"" OP "\",\"gen\":1,\"due\":true}", "\"by\"");
    assert_refused("{\"by\":\"w_\\\"\",\"op\":\"" OP "\",\"gen\":1,\"due\":true}", "\"by\"");
}

static void too_long_a_text_is_refused_whatever_it_says(void **state)
{
    (void)state;
    char text[CHUNK_TEXT_MAX + 1];
    memset(text, ' ', sizeof text);
    int len = snprintf(text, sizeof text, "{\"op\":\"" OP "\",\"gen\":1,\"due\":true}");
    text[len] = ' ';
    struct chunk chunk;
    struct err_info error;
    assert_int_equal(chunk_parse(text, CHUNK_TEXT_MAX - 1, &chunk, &error), ERR_OK);
    assert_int_equal(chunk_parse(text, CHUNK_TEXT_MAX, &chunk, &error), ERR_USAGE);
}

static void what_is_written_reads_back(void **state)
{
    static const struct chunk CHUNKS[] = {
        {.operation_id = OP, .generation = 1, .from = 1, .to = 1},
        {.operation_id = OP, .generation = INT64_MAX, .from = SEQ_MAX - 1, .to = SEQ_MAX, .window = true},
        {.operation_id = OP, .generation = 1, .from = 1, .to = 1, .window = true, .first = true},
        {.operation_id = OP, .generation = 2, .due = true, .by = "w_01HKM3Z8Q4T5V6W7X8Y9ZABCDE"},
        {.operation_id = OP, .generation = 2, .from = 3, .to = 4, .window = true, .by = "w_01HKM3Z8Q4T5V6W7X8Y9ZABCDE"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof CHUNKS / sizeof *CHUNKS; i++) {
        struct chunk written = CHUNKS[i];
        chunk_write(&written);
        struct chunk back = read_well(written.text);
        assert_string_equal(back.operation_id, written.operation_id);
        assert_string_equal(back.by, written.by);
        assert_true(back.generation == written.generation && back.from == written.from && back.to == written.to);
        assert_true(back.first == written.first);
        assert_string_equal(chunk_class(&back), chunk_class(&written));
    }
}

/* As lua/_feed.lua and lua/due.lua write them: entries made here must be the same bytes. */
static void the_scripts_write_the_same_bytes(void **state)
{
    (void)state;
    struct chunk chunk = {.operation_id = OP, .generation = 3, .from = 1, .to = 256, .window = true};
    chunk_write(&chunk);
    assert_string_equal(chunk.text, "{\"op\":\"" OP "\",\"gen\":3,\"from\":1,\"to\":256,\"w\":1}");
    chunk = (struct chunk){.operation_id = OP, .generation = 3, .from = 1, .to = 1, .window = true, .first = true};
    chunk_write(&chunk);
    assert_string_equal(chunk.text, "{\"op\":\"" OP "\",\"gen\":3,\"from\":1,\"to\":1,\"w\":1,\"first\":1}");
    chunk = (struct chunk){.operation_id = OP, .generation = 3, .due = true};
    chunk_write(&chunk);
    assert_string_equal(chunk.text, "{\"op\":\"" OP "\",\"gen\":3,\"due\":true}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_of_the_window_is_read),
        cmocka_unit_test(a_range_beside_the_window_and_a_due_chunk_are_told_apart),
        cmocka_unit_test(a_suspect_says_whose_it_was),
        cmocka_unit_test(white_space_and_order_are_the_writers),
        cmocka_unit_test(what_is_no_chunk_is_refused),
        cmocka_unit_test(too_long_a_text_is_refused_whatever_it_says),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(the_scripts_write_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
