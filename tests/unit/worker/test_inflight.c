/* The chunks that a worker has in hand, and entries of its lists that it does not know. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/buf.h"
#include "worker/inflight.h"

/* The arguments as one text, with spaces between. */
static char *written(struct redis_args *args)
{
    struct buf text = BUF_INIT;
    for (int i = 0; i < redis_args_count(args); i++) {
        buf_add_str(&text, i == 0 ? "" : " ");
        buf_add(&text, redis_args_values(args)[i], redis_args_lengths(args)[i]);
    }
    return buf_take(&text);
}

static void assert_inflight(const struct inflight *inflight, int queue, const char *expected)
{
    struct redis_args *args = redis_args_new();
    inflight_args(inflight, queue, args);
    char *text = written(args);
    assert_string_equal(text, expected);
    free(text);
    redis_args_drop(args);
}

static void chunks_are_in_flight_by_queue_until_they_leave(void **state)
{
    (void)state;
    struct inflight *inflight = inflight_new();
    inflight_add(inflight, QUEUE_DELIVERY, "a");
    inflight_add(inflight, QUEUE_DELIVERY, "b");
    inflight_add(inflight, QUEUE_HISTORY, "a");
    assert_int_equal(inflight_total(inflight), 3);
    inflight_remove(inflight, QUEUE_DELIVERY, "a");
    inflight_remove(inflight, QUEUE_DELIVERY, "never there");
    assert_inflight(inflight, QUEUE_DELIVERY, "1 b");
    assert_inflight(inflight, QUEUE_HISTORY, "1 a");
    inflight_drop(inflight);
}

static void the_same_text_twice_counts_twice(void **state)
{
    (void)state;
    struct inflight *inflight = inflight_new();
    inflight_add(inflight, QUEUE_HISTORY, "a");
    inflight_add(inflight, QUEUE_HISTORY, "a");
    inflight_remove(inflight, QUEUE_HISTORY, "a");
    assert_inflight(inflight, QUEUE_HISTORY, "1 a");
    inflight_drop(inflight);
}

/* A beat's answer: the entries that we did not know. */
static void beat(struct strays *strays, const char *const *unknown, size_t count, const char *expected)
{
    redisReply items[4] = {{0}}, *pointers[4],
               reply = {.type = REDIS_REPLY_ARRAY, .elements = count, .element = pointers};
    for (size_t i = 0; i < count; i++) {
        items[i].type = REDIS_REPLY_STRING;
        items[i].str = (char *)(uintptr_t)unknown[i];
        items[i].len = strlen(unknown[i]);
        pointers[i] = &items[i];
    }
    strays_note(strays, QUEUE_DELIVERY, &reply);
    struct redis_args *args = redis_args_new();
    strays_args(strays, QUEUE_DELIVERY, args);
    char *text = written(args);
    assert_string_equal(text, expected);
    free(text);
    redis_args_drop(args);
}

static void a_stray_entry_is_named_when_it_is_met_twice_in_a_row(void **state)
{
    (void)state;
    struct strays *strays = strays_new();
    beat(strays, (const char *const[]){"a"}, 1, "0");
    beat(strays, (const char *const[]){"a", "b"}, 2, "1 a");
    beat(strays, NULL, 0, "0");
    beat(strays, (const char *const[]){"b"}, 1, "0"); /* not in a row */
    beat(strays, (const char *const[]){"b"}, 1, "1 b");
    strays_drop(strays);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_are_in_flight_by_queue_until_they_leave),
        cmocka_unit_test(the_same_text_twice_counts_twice),
        cmocka_unit_test(a_stray_entry_is_named_when_it_is_met_twice_in_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
