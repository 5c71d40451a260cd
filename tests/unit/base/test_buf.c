#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "tests/testing/testing.h"

static void test_additions_are_terminated_and_in_order(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT;
    buf_add_str(&buf, "a=");
    buf_add_int(&buf, INT64_MIN);
    buf_add_char(&buf, ';');
    buf_add(&buf, "x\0y", 3);
    assert_int_equal(buf.len, 2 + 20 + 1 + 3);
    assert_memory_equal(buf.data, "a=-9223372036854775808;x\0y", buf.len + 1);
    buf_fini(&buf);
}

static void test_formatting_grows_as_needed(void **state)
{
    (void)state;
    char long_text[5000];
    memset(long_text, 'z', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    /* Around the size that is tried first. */
    for (int width = 60; width < 70; width++) {
        struct buf buf = BUF_INIT;
        buf_addf(&buf, "%*d", width, 7);
        assert_int_equal(buf.len, width);
        assert_int_equal(strlen(buf.data), width);
        buf_addf(&buf, "|%s|%d", long_text, 5);
        assert_int_equal(strlen(buf.data), (size_t)width + 1 + sizeof(long_text) - 1 + 2);
        buf_fini(&buf);
    }
}

static void test_reset_keeps_memory_and_empties(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT;
    buf_reset(&buf);
    assert_null(buf.data);
    buf_add_str(&buf, "text");
    size_t cap = buf.cap;
    buf_reset(&buf);
    assert_string_equal(buf.data, "");
    assert_int_equal(buf.len, 0);
    assert_int_equal(buf.cap, cap);
    buf_fini(&buf);
    assert_null(buf.data);
}

static void test_take_hands_over_and_never_null(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT;
    char *empty = buf_take(&buf);
    assert_string_equal(empty, "");
    free(empty);
    buf_add_str(&buf, "mine");
    char *mine = buf_take(&buf);
    assert_string_equal(mine, "mine");
    assert_null(buf.data);
    assert_int_equal(buf.len, 0);
    free(mine);
}

static void test_reserve_gives_room_that_can_be_written(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT;
    for (int round = 0; round < 100; round++) {
        char *end = buf_reserve(&buf, 1000);
        assert_ptr_equal(end, buf.data + buf.len);
        memset(end, 'r', 1000);
        buf.len += 1000;
        buf.data[buf.len] = '\0';
    }
    assert_int_equal(strspn(buf.data, "r"), 100000);
    buf_fini(&buf);
}

static void test_memory_of_size_zero_is_not_null(void **state)
{
    (void)state;
    void *memory[] = {mem_alloc(0), mem_zalloc(0), mem_array(0, 8), mem_grow(NULL, 0, 8)};
    for (size_t i = 0; i < sizeof(memory) / sizeof(memory[0]); i++) {
        assert_non_null(memory[i]);
        free(memory[i]);
    }
}

static void test_memory_is_zeroed_and_grows_with_its_content(void **state)
{
    (void)state;
    uint32_t *numbers = mem_array(4, sizeof(*numbers));
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(numbers[i], 0);
    numbers[3] = 7;
    numbers = mem_grow(numbers, 4000, sizeof(*numbers));
    assert_int_equal(numbers[3], 7);
    free(numbers);
}

static void test_strndup_stops_at_len_or_nul(void **state)
{
    (void)state;
    char *cut = mem_strndup("abcdef", 3), *whole = mem_strndup("ab\0cd", 5), *copy = mem_strdup("xyz");
    assert_string_equal(cut, "abc");
    assert_string_equal(whole, "ab");
    assert_string_equal(copy, "xyz");
    free(cut);
    free(whole);
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_additions_are_terminated_and_in_order),
        cmocka_unit_test(test_formatting_grows_as_needed),
        cmocka_unit_test(test_reset_keeps_memory_and_empties),
        cmocka_unit_test(test_take_hands_over_and_never_null),
        cmocka_unit_test(test_reserve_gives_room_that_can_be_written),
        cmocka_unit_test(test_memory_of_size_zero_is_not_null),
        cmocka_unit_test(test_memory_is_zeroed_and_grows_with_its_content),
        cmocka_unit_test(test_strndup_stops_at_len_or_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
