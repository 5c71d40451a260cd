/* What a worker holds, and what it finds in its lists without knowing it. */
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

static void assert_held(const struct held *held, int queue, const char *expected)
{
    struct redis_args *args = redis_args_new();
    held_args(held, queue, args);
    char *text = written(args);
    assert_string_equal(text, expected);
    free(text);
    redis_args_drop(args);
}

static void chunks_are_held_by_queue_until_they_leave(void **state)
{
    (void)state;
    struct held *held = held_new();
    held_add(held, QUEUE_DELIVERY, "a");
    held_add(held, QUEUE_DELIVERY, "b");
    held_add(held, QUEUE_HISTORY, "a");
    assert_int_equal(held_count(held, QUEUE_DELIVERY), 2);
    held_remove(held, QUEUE_DELIVERY, "a");
    held_remove(held, QUEUE_DELIVERY, "never there");
    assert_held(held, QUEUE_DELIVERY, "1 b");
    assert_held(held, QUEUE_HISTORY, "1 a");
    held_drop(held);
}

static void the_same_text_twice_is_held_twice(void **state)
{
    (void)state;
    struct held *held = held_new();
    held_add(held, QUEUE_HISTORY, "a");
    held_add(held, QUEUE_HISTORY, "a");
    held_remove(held, QUEUE_HISTORY, "a");
    assert_held(held, QUEUE_HISTORY, "1 a");
    held_drop(held);
}

/* A beat's answer: the entries that we did not know. */
static void beat(struct strangers *strangers, const char *const *unknown, size_t count, const char *expected)
{
    redisReply items[4] = {{0}}, *pointers[4],
               reply = {.type = REDIS_REPLY_ARRAY, .elements = count, .element = pointers};
    for (size_t i = 0; i < count; i++) {
        items[i].type = REDIS_REPLY_STRING;
        items[i].str = (char *)(uintptr_t)unknown[i];
        items[i].len = strlen(unknown[i]);
        pointers[i] = &items[i];
    }
    strangers_note(strangers, QUEUE_DELIVERY, &reply);
    struct redis_args *args = redis_args_new();
    strangers_args(strangers, QUEUE_DELIVERY, args);
    char *text = written(args);
    assert_string_equal(text, expected);
    free(text);
    redis_args_drop(args);
}

static void a_stranger_is_named_when_it_is_met_twice_in_a_row(void **state)
{
    (void)state;
    struct strangers *strangers = strangers_new();
    beat(strangers, (const char *const[]){"a"}, 1, "0");
    beat(strangers, (const char *const[]){"a", "b"}, 2, "1 a");
    beat(strangers, NULL, 0, "0");
    beat(strangers, (const char *const[]){"b"}, 1, "0"); /* not in a row */
    beat(strangers, (const char *const[]){"b"}, 1, "1 b");
    strangers_drop(strangers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_are_held_by_queue_until_they_leave),
        cmocka_unit_test(the_same_text_twice_is_held_twice),
        cmocka_unit_test(a_stranger_is_named_when_it_is_met_twice_in_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
