/* The scripts that the loop and the sweep call besides: due, head, mirror. */
#include "tests/contract/queue/lua_test.h"

/* ---- due ------------------------------------------------------------------------------------------------------- */

static int64_t due(struct queue_test *t, int again)
{
    return script_number(t, &lua_due, ":delayed:delivery " HASH " " QUEUE " | " OP " %d", again);
}

/* An operation without range chunks. */
static void open_for_retries(struct queue_test *t, int window)
{
    open_op(t, 1, window, 1);
    run_command(t, "DEL " QUEUE);
    run_command(t, "HSET " HASH " out 0 next_seq 101");
}

static void what_is_due_becomes_one_chunk(void **state)
{
    struct queue_test *t = *state;
    open_for_retries(t, 2);
    run_command(t, "ZADD :delayed:delivery 1 " OP);
    assert_int_equal(due(t, 0), 1);
    assert_int_equal(due(t, 0), 0);
    assert_texts(queue(t), DUE(1));
    assert_int_equal(number_from(t, "ZCARD :delayed:delivery"), 0);
    freeReplyObject(take(t, 1));
    assert_int_equal(finish(t, DUE(1), 1, "due", 0), 1);
    assert_texts(fields(t, "dues out"), "0 0");
}

static void what_is_not_due_yet_stays(void **state)
{
    struct queue_test *t = *state;
    open_for_retries(t, 2);
    run_command(t, "ZADD :delayed:delivery 99999999999999 " OP);
    assert_int_equal(due(t, 0), 0);
    assert_texts(queue(t), "");
    assert_int_equal(number_from(t, "ZCARD :delayed:delivery"), 1);
}

static void due_chunks_are_bounded_by_the_window(void **state)
{
    struct queue_test *t = *state;
    open_for_retries(t, 2);
    assert_int_equal(due(t, 1), 1);
    assert_int_equal(due(t, 1), 1);
    assert_int_equal(due(t, 1), 0);
    assert_int_equal(number_from(t, "LLEN " QUEUE), 2);
    assert_int_equal(number_from(t, "ZCARD :delayed:delivery"), 1); /* looked at again in a second */
}

static void retries_of_what_does_not_run_are_not_woken(void **state)
{
    struct queue_test *t = *state;
    open_for_retries(t, 2);
    run_command(t, "HSET " HASH " state paused");
    run_command(t, "ZADD :delayed:delivery 1 " OP " 1 " OTHER);
    assert_int_equal(due(t, 0), 0);
    assert_int_equal(script_number(t, &lua_due, ":delayed:delivery :op:" OTHER " " QUEUE " | " OTHER " 0"), 0);
    assert_texts(queue(t), "");
    assert_int_equal(number_from(t, "ZCARD :delayed:delivery"), 0); /* resume opens, which arms */
}

/* ---- head and mirror ------------------------------------------------------------------------------------------- */

static void what_is_asked_for_again_moves_to_the_head_in_its_order(void **state)
{
    struct queue_test *t = *state;
    const char *other = "{\"op\":\"" OTHER "\",\"gen\":1,\"from\":1,\"to\":5}";
    run_command(t, "RPUSH " QUEUE " %s", other);
    open_op(t, 1, 2, 1);
    assert_int_equal(script_number(t, &lua_head, HASH " " QUEUE " | " OP), 2);
    char expected[512];
    snprintf(expected, sizeof expected, "%s %s %s", CHUNK(1, 1, 10), CHUNK(1, 11, 20), other);
    assert_texts(queue(t), expected);
    assert_int_equal(script_number(t, &lua_head, HASH " " QUEUE " | op_00000000000000000000000000"), 0);
}

#define MIRROR(generation, last_seq, window, block)                                                                    \
    script(t, &lua_mirror,                                                                                             \
           HASH " " QUEUE " :ops :delayed:delivery | " OP " " generation " " last_seq " " window                       \
                " 5 3600 :events -1 " block)

/* The answer's first two numbers; more may follow. */
static void assert_mirrored(redisReply *reply, int64_t present, int64_t pushed)
{
    assert_int_equal(redis_int(redis_item(reply, 0)), present);
    assert_int_equal(redis_int(redis_item(reply, 1)), pushed);
    freeReplyObject(reply);
}

static void a_missing_hash_is_said_and_not_made(void **state)
{
    struct queue_test *t = *state;
    assert_mirrored(MIRROR("1", "100", "3", "1 5 running 0 100 0 0 0 0 ''"), 0, 0);
    assert_int_equal(number_from(t, "EXISTS " HASH), 0);
}

static void mirror_raises_the_last_seq_and_fills_the_window(void **state)
{
    struct queue_test *t = *state;
    script_number(t, &lua_open,
                  HASH " " QUEUE " :ops :delayed:delivery | " OP " 1 1 5 10 1 0 -1 :events 1 1 running 0 5 0 0 0 0 ''");
    assert_mirrored(MIRROR("1", "25", "3", "1 2 running 0 25 0 0 0 0 ''"), 1, 2);
    assert_texts(queue(t), CHUNK(1, 1, 5) " " CHUNK(1, 6, 15) " " CHUNK(1, 16, 25));
    assert_texts(fields(t, "total retrying window last_seq"), "25 5 3 25");
    assert_mirrored(MIRROR("1", "10", "0", "1 2 running 0 25 0 0 0 0 ''"), 1, 0);
    assert_texts(fields(t, "window last_seq"), "3 25");
}

static void a_mirror_of_another_generation_feeds_nothing(void **state)
{
    struct queue_test *t = *state;
    open_op(t, 2, 1, 1);
    assert_mirrored(MIRROR("1", "200", "5", "1 2 running 0 200 0 0 0 0 ''"), 1, 0);
    assert_mirrored(MIRROR("3", "200", "5", "1 3 running 0 200 0 0 0 0 ''"), 1, 0);
    assert_texts(fields(t, "last_seq out"), "100 1");
}

static void a_smaller_window_drains_first(void **state)
{
    struct queue_test *t = *state;
    open_op(t, 1, 3, 1);
    assert_mirrored(MIRROR("1", "100", "1", "1 2 running 0 100 0 0 0 0 ''"), 1, 0);
    freeReplyObject(take(t, 2));
    finish(t, CHUNK(1, 1, 10), 1, "w", 0);
    finish(t, CHUNK(1, 11, 20), 1, "w", 0);
    assert_texts(queue(t), CHUNK(1, 21, 30));
    freeReplyObject(take(t, 1));
    finish(t, CHUNK(1, 21, 30), 1, "w", 0);
    assert_texts(queue(t), CHUNK(1, 31, 40));
}

static void the_end_takes_it_out_of_ops_and_gives_an_expiry(void **state)
{
    struct queue_test *t = *state;
    open_op(t, 1, 1, 1);
    run_command(t, "DEL " QUEUE);
    run_command(t, "HSET " HASH " out 0");
    freeReplyObject(MIRROR("1", "100", "0", "1 9 completed 0 100 90 9 1 0 2026-01-08T09:13:20.000Z"));
    assert_int_equal(number_from(t, "SCARD :ops"), 0);
    assert_in_range(number_from(t, "TTL " HASH), 3500, 3600);
    assert_texts(fields(t, "state completed finished_at"), "completed 100 2026-01-08T09:13:20.000Z");
    run_command(t, "EXPIRE " HASH " 50");
    freeReplyObject(MIRROR("1", "100", "0", "1 9 completed 0 100 90 9 1 0 2026-01-08T09:13:20.000Z"));
    assert_in_range(number_from(t, "TTL " HASH), 40, 50); /* it is not made young again */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LUA_TEST(what_is_due_becomes_one_chunk),
        LUA_TEST(what_is_not_due_yet_stays),
        LUA_TEST(due_chunks_are_bounded_by_the_window),
        LUA_TEST(retries_of_what_does_not_run_are_not_woken),
        LUA_TEST(what_is_asked_for_again_moves_to_the_head_in_its_order),
        LUA_TEST(a_missing_hash_is_said_and_not_made),
        LUA_TEST(mirror_raises_the_last_seq_and_fills_the_window),
        LUA_TEST(a_mirror_of_another_generation_feeds_nothing),
        LUA_TEST(a_smaller_window_drains_first),
        LUA_TEST(the_end_takes_it_out_of_ops_and_gives_an_expiry),
    };
    return cmocka_run_group_tests(tests, queue_test_open, queue_test_close);
}
