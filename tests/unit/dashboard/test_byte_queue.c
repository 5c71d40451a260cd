/* Bytes for a slow reader: all of them in order, and in bounded memory. */
#include "dashboard/events.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/testing/testing.h"

static void what_is_added_is_taken_in_order(void **state)
{
    (void)state;
    struct byte_queue queue = {.taken = 0};
    char out[8] = "";
    assert_int_equal(byte_queue_take(&queue, out, sizeof out), 0);
    byte_queue_add(&queue, "abc", 3);
    assert_int_equal(byte_queue_take(&queue, out, 2), 2);
    byte_queue_add(&queue, "def", 3);
    assert_int_equal(byte_queue_left(&queue), 4);
    assert_int_equal(byte_queue_take(&queue, out + 2, sizeof out - 2), 4);
    assert_string_equal(out, "abcdef");
    assert_int_equal(byte_queue_left(&queue), 0);
    byte_queue_fini(&queue);
}

/* As of a listener on a busy pool who reads on, and never quite catches up. */
static void a_reader_who_lags_behind_costs_no_more_than_he_lags(void **state)
{
    enum { LAG = 1000, STEP_MOST = 700, ROUNDS = 100000 };
    (void)state;
    struct byte_queue queue = {.taken = 0};
    unsigned char added = 0, wanted = 0;
    unsigned seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    for (int round = 0; round < ROUNDS; round++) {
        char bytes[STEP_MOST];
        size_t len = (size_t)rand_r(&seed) % STEP_MOST;
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)added++;
        byte_queue_add(&queue, bytes, len);
        while (byte_queue_left(&queue) > LAG) {
            size_t got = byte_queue_take(&queue, bytes,
                                         byte_queue_left(&queue) - LAG < sizeof bytes ? byte_queue_left(&queue) - LAG
                                                                                      : sizeof bytes);
            for (size_t i = 0; i < got; i++)
                assert_int_equal((unsigned char)bytes[i], wanted++);
        }
        assert_true(queue.bytes.cap <= 8 * (LAG + STEP_MOST));
    }
    byte_queue_fini(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_is_taken_in_order),
        cmocka_unit_test(a_reader_who_lags_behind_costs_no_more_than_he_lags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
