/* Streams read from their ends: the same lines as from their beginning, in the reverse order, whatever the blocks. */
#include "common/history/tail.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "tests/testing/testing.h"

static struct tail tail;

/* The next line of `text`, or NULL at its beginning. */
static char *next_line(const char *text, int64_t *offset)
{
    struct tail_line line;
    enum tail_step step;
    while ((step = tail_next(&tail, &line)) == TAIL_FEED) {
        size_t len = 0;
        int64_t at = 0;
        char *room = tail_room(&tail, &len, &at);
        assert_true(at >= 0);
        memcpy(room, text + at, len);
        tail_fed(&tail);
    }
    if (step == TAIL_DONE)
        return NULL;
    if (offset != NULL)
        *offset = line.offset;
    return mem_strndup(line.bytes, line.len);
}

static void expect_lines(const char *text, size_t len, const char *const *lines)
{
    tail_begin(&tail, (int64_t)len);
    for (; *lines != NULL; lines++) {
        int64_t offset = -1;
        char *line = next_line(text, &offset);
        assert_non_null(line);
        assert_string_equal(line, *lines);
        assert_memory_equal(text + offset, line, strlen(line));
        free(line);
    }
    assert_null(next_line(text, NULL));
}

#define EXPECT(text, ...) expect_lines(text, sizeof(text) - 1, (const char *const[]){__VA_ARGS__})

static void lines_come_from_the_last_to_the_first(void **state)
{
    (void)state;
    EXPECT("", NULL);
    EXPECT("\n", NULL);
    EXPECT("\n\n\n", NULL);
    EXPECT("a", "a", NULL);
    EXPECT("a\n", "a", NULL);
    EXPECT("\na", "a", NULL);
    EXPECT("a\nbc\n\nd", "d", "bc", "a", NULL);
    tail_fini(&tail);
}

static void nul_bytes_are_cut_from_the_edges_only(void **state)
{
    (void)state;
    static const char text[] = "x\n\0\0a\0b\0\n\0\0";
    struct tail_line line;
    tail_begin(&tail, sizeof(text) - 1);
    assert_int_equal(tail_next(&tail, &line), TAIL_FEED);
    size_t len = 0;
    int64_t at = 0;
    memcpy(tail_room(&tail, &len, &at), text, sizeof(text) - 1);
    tail_fed(&tail);
    assert_int_equal(tail_next(&tail, &line), TAIL_LINE);
    assert_int_equal(line.len, 3);
    assert_memory_equal(line.bytes, "a\0b", 3);
    assert_int_equal(line.offset, 4);
    tail_fini(&tail);
}

/* Lines of all lengths around the sizes of blocks. */
static void blocks_do_not_show(void **state)
{
    (void)state;
    static const size_t lengths[] = {1,    100,   8190,  8191, 8192,   8193,    16384,   40959,
                                     5000, 32768, 70000, 3,    200000, 1048576, 2097152, 7};
    struct buf text = BUF_INIT;
    const size_t count = sizeof(lengths) / sizeof(lengths[0]);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < lengths[i]; j++)
            buf_add_char(&text, (char)('a' + (i + j) % 26));
        buf_add_char(&text, '\n');
    }
    tail_begin(&tail, (int64_t)text.len);
    for (size_t i = count; i-- > 0;) {
        int64_t offset = 0;
        char *line = next_line(text.data, &offset);
        assert_non_null(line);
        assert_int_equal(strlen(line), lengths[i]);
        assert_memory_equal(line, text.data + offset, lengths[i]);
        assert_int_equal(*line, (char)('a' + i % 26));
        free(line);
    }
    assert_null(next_line(text.data, NULL));
    assert_int_equal(tail.overlong, 0);
    buf_fini(&text);
    tail_fini(&tail);
}

static void lines_that_are_too_long_are_passed_over_in_bounded_memory(void **state)
{
    (void)state;
    const size_t len = 50 * 1024 * 1024;
    struct buf text = BUF_INIT;
    buf_add_str(&text, "first\n");
    memset(buf_reserve(&text, len), 'x', len);
    text.len += len;
    buf_add_str(&text, "\nlast\n");
    for (int cut = 0; cut <= 6; cut += 6) { /* also without an end */
        tail_begin(&tail, (int64_t)text.len - cut);
        char *line = cut == 0 ? next_line(text.data, NULL) : NULL;
        assert_true(cut != 0 || (line != NULL && strcmp(line, "last") == 0));
        free(line);
        line = next_line(text.data, NULL);
        assert_non_null(line);
        assert_string_equal(line, "first");
        free(line);
        assert_null(next_line(text.data, NULL));
        assert_int_equal(tail.overlong, 1);
        assert_true(tail.cap <= 4 * TAIL_LINE_MAX);
    }
    tail_begin(&tail, 10);
    assert_true(tail.cap == 0); /* what one odd stream took is given back */
    buf_fini(&text);
    tail_fini(&tail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_from_the_last_to_the_first),
        cmocka_unit_test(nul_bytes_are_cut_from_the_edges_only),
        cmocka_unit_test(blocks_do_not_show),
        cmocka_unit_test(lines_that_are_too_long_are_passed_over_in_bounded_memory),
    };
    tail_init(&tail);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
