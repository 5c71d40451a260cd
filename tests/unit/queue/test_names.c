/* The names in Redis, as docs/protocol.md promises them. */
#include "common/queue/names.h"

#include <string.h>

#include "tests/testing/testing.h"

#define PREFIX "{reprise}"
#define WORKER "w_1"

static void each_key_has_its_name(void **state)
{
    static const char *const EXPECTED[] = {
        PREFIX ":queue:delivery",
        PREFIX ":queue:history",
        PREFIX ":active:delivery:w_1",
        PREFIX ":active:history:w_1",
        PREFIX ":delayed:delivery",
        PREFIX ":suspects:history",
        PREFIX ":op:op_1",
        PREFIX ":worker:w_1",
        PREFIX ":inbox:active:w_1",
        PREFIX ":inbox:rejected",
    };
    (void)state;
    struct redis_args *args = redis_args_new();
    name_queue(args, PREFIX, QUEUE_DELIVERY);
    name_queue(args, PREFIX, QUEUE_HISTORY);
    name_active(args, PREFIX, QUEUE_DELIVERY, WORKER);
    name_active(args, PREFIX, QUEUE_HISTORY, WORKER);
    name_delayed(args, PREFIX, QUEUE_DELIVERY);
    name_suspects(args, PREFIX, QUEUE_HISTORY);
    name_operation(args, PREFIX, "op_1");
    name_worker(args, PREFIX, WORKER);
    name_inbox_active(args, PREFIX, WORKER);
    name_plain(args, PREFIX, "inbox:rejected");
    assert_int_equal(redis_args_count(args), sizeof EXPECTED / sizeof *EXPECTED);
    for (int i = 0; i < redis_args_count(args); i++) {
        assert_int_equal(redis_args_lengths(args)[i], strlen(EXPECTED[i]));
        assert_memory_equal(redis_args_values(args)[i], EXPECTED[i], strlen(EXPECTED[i]));
    }
    redis_args_drop(args);
}

static void queues_are_known_by_name(void **state)
{
    (void)state;
    for (int q = 0; q < QUEUE_COUNT; q++)
        assert_int_equal(queue_index(queue_names[q]), q);
    assert_int_equal(queue_index("deliver"), -1);
    assert_int_equal(queue_index(""), -1);
}

static void each_key_has_its_type(void **state)
{
    (void)state;
    static const char *const types[][2] = {
        {"queue:delivery", "list"},   {"active:history:w_1", "list"},
        {"suspects:history", "list"}, {"inbox", "list"},
        {"inbox:rejected", "list"},   {"inbox:count", "hash"},
        {"inbox:active:w_1", "list"}, {"delayed:history", "zset"},
        {"workers", "zset"},          {"worker:w_1", "string"},
        {"op:op_1", "hash"},          {"ops", "set"},
        {"epoch", "string"},          {"beats", "string"},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        assert_string_equal(name_type(types[i][0]), types[i][1]);
    assert_null(name_type("inbox:door"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_has_its_name),
        cmocka_unit_test(queues_are_known_by_name),
        cmocka_unit_test(each_key_has_its_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
