/* The scripts that move chunks: open, take, give_back, finish. */
#include "tests/contract/queue/lua_test.h"

/* ---- open ------------------------------------------------------------------------------------------------------ */

static void open_fills_the_window_and_no_more(void **state)
{
    struct queue_test *t = *state;
    assert_int_equal(open_op(t, 1, 3, 1), 1);
    assert_texts(queue(t), CHUNK(1, 1, 10) " " CHUNK(1, 11, 20) " " CHUNK(1, 21, 30));
    assert_texts(fields(t, "gen next_seq last_seq out dues state total completed cancelled subject"),
                 "1 31 100 3 0 running 100 0 false a/b");
    assert_texts(command(t, "SMEMBERS :ops"), OP);
    assert_int_equal(number_from(t, "TTL " HASH), -1);
}

static void open_of_a_generation_that_is_not_newer_changes_no_dispatch(void **state)
{
    struct queue_test *t = *state;
    open_op(t, 2, 3, 1);
    run_command(t, "DEL " QUEUE);
    run_command(t, "HSET " HASH " out 0");
    assert_int_equal(open_op(t, 2, 3, 5), 0);
    assert_int_equal(open_op(t, 1, 3, 6), 0);
    assert_texts(queue(t), "");
    assert_texts(fields(t, "gen next_seq version"), "2 31 6");
}

static void a_newer_generation_starts_over_and_the_old_chunks_do_not_count(void **state)
{
    struct queue_test *t = *state;
    open_op(t, 1, 1, 1);
    assert_int_equal(open_op(t, 2, 1, 2), 1);
    assert_texts(queue(t), CHUNK(1, 1, 10) " " CHUNK(2, 1, 10));
    freeReplyObject(take(t, 1));
    assert_int_equal(finish(t, CHUNK(1, 1, 10), 1, "w", 0), 1);
    assert_texts(queue(t), CHUNK(2, 1, 10));
    assert_texts(fields(t, "out next_seq"), "1 11");
}

static void an_open_that_comes_late_does_not_bring_back_the_dead(void **state)
{
    struct queue_test *t = *state;
    open_op(t, 1, 1, 1);
    run_command(t, "DEL " QUEUE);
    run_command(t, "HSET " HASH " out 0");
    script_number(t, &lua_finish,
                  ACTIVE " " HASH " " QUEUE " :delayed:delivery | x " OP " 1 w 0 -1 0 :events 1 9 completed 0 100 "
                         "100 0 0 0 2026-01-01T00:00:00Z");
    assert_int_equal(open_op(t, 2, 1, 5), 1);
    assert_texts(queue(t), "");
    assert_texts(fields(t, "state completed version"), "completed 100 9");
}

static void a_request_of_one_job_goes_to_the_head(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "RPUSH " QUEUE " {\"op\":\"" OTHER "\",\"gen\":1,\"from\":1,\"to\":5}");
    script_number(t, &lua_open,
                  HASH " " QUEUE " :ops :delayed:delivery | " OP " 1 1 1 10 3 1 -1 :events 1 1 running 0 1 0 0 0 0 ''");
    assert_texts(command(t, "LINDEX " QUEUE " 0"), FIRST(1, 1, 1));
    assert_int_equal(number_from(t, "LLEN " QUEUE), 2);
}

/* Of one that came through the inbox: it is opened before its job is planned. */
static void so_it_does_where_it_is_planned_later(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "RPUSH " QUEUE " {\"op\":\"" OTHER "\",\"gen\":1,\"from\":1,\"to\":5}");
    script_number(t, &lua_open,
                  HASH " " QUEUE " :ops :delayed:delivery | " OP " 1 1 0 10 3 1 -1 :events 1 1 running 0 0 0 0 0 0 ''");
    assert_int_equal(number_from(t, "LLEN " QUEUE), 1);
    freeReplyObject(script(t, &lua_mirror,
                           HASH " " QUEUE " :ops :delayed:delivery | " OP
                                " 1 1 0 -1 60 :events -1 1 2 running 0 1 0 0 0 0 ''"));
    assert_texts(command(t, "LINDEX " QUEUE " 0"), FIRST(1, 1, 1));
}

/* Also where what went back has come before them; all else stays for others. */
static void first_ones_can_be_taken_alone(void **state)
{
    struct queue_test *t = *state;
    open_op(t, 1, 2, 1);
    assert_texts(script(t, &lua_take, QUEUE " " ACTIVE " | 1 first"), "");
    run_command(t, "RPUSH " QUEUE " " FIRST(7, 1, 1));
    run_command(t, "RPUSH " QUEUE " " FIRST(8, 1, 1));
    assert_texts(script(t, &lua_take, QUEUE " " ACTIVE " | 1 first"), FIRST(7, 1, 1));
    assert_texts(command(t, "LRANGE " ACTIVE " 0 -1"), FIRST(7, 1, 1));
    assert_texts(queue(t), CHUNK(1, 1, 10) " " CHUNK(1, 11, 20) " " FIRST(8, 1, 1));
    run_command(t, "DEL " ACTIVE);
    run_command(t, "LREM " QUEUE " 1 " FIRST(8, 1, 1));
}

static void open_takes_a_cancel_flag_over_and_the_expiry_away(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "HSET " HASH " cancelled true");
    run_command(t, "EXPIRE " HASH " 100");
    assert_int_equal(open_op(t, 1, 3, 1), 1);
    assert_texts(queue(t), "");
    assert_texts(fields(t, "cancelled out"), "true 0");
    assert_int_equal(number_from(t, "TTL " HASH), -1);
}

static void open_arms_the_earliest_retry(void **state)
{
    struct queue_test *t = *state;
    script_number(t, &lua_open,
                  HASH " " QUEUE " :ops :delayed:delivery | " OP
                       " 1 1 0 10 3 0 60000 :events 1 1 running 0 1 0 0 0 0 ''");
    assert_texts(command(t, "ZRANGE :delayed:delivery 0 -1"), OP);
    assert_texts(queue(t), "");
}

/* ---- take and give_back ---------------------------------------------------------------------------------------- */

static void take_moves_from_the_head_in_order(void **state)
{
    struct queue_test *t = *state;
    open_op(t, 1, 3, 1);
    assert_texts(take(t, 2), CHUNK(1, 1, 10) " " CHUNK(1, 11, 20));
    assert_texts(command(t, "LRANGE " ACTIVE " 0 -1"), CHUNK(1, 1, 10) " " CHUNK(1, 11, 20));
    assert_texts(take(t, 1000), CHUNK(1, 21, 30));
    assert_texts(take(t, 1), "");
}

/* An executor takes several single requests that stand together; of all else one chunk. */
static void an_executor_takes_several_single_requests(void **state)
{
    struct queue_test *t = *state;
    open_op(t, 1, 2, 1);
    for (int i = 0; i < 3; i++)
        run_command(t, "LPUSH " QUEUE " " FIRST(7, 1, 1));
    assert_texts(script(t, &lua_take, QUEUE " " ACTIVE " | 1 '' 2"), FIRST(7, 1, 1) " " FIRST(7, 1, 1));
    assert_texts(script(t, &lua_take, QUEUE " " ACTIVE " | 2 '' 5"), FIRST(7, 1, 1) " " CHUNK(1, 1, 10));
    run_command(t, "LPUSH " QUEUE " " FIRST(8, 1, 1));
    assert_texts(script(t, &lua_take, QUEUE " " ACTIVE " | 1 '' 5"), FIRST(8, 1, 1));
    run_command(t, "LPUSH " QUEUE " " FIRST(9, 1, 1));
    run_command(t, "LPUSH " QUEUE " " FIRST(9, 1, 1));
    assert_texts(script(t, &lua_take, QUEUE " " ACTIVE " | 1 first 2"), FIRST(9, 1, 1) " " FIRST(9, 1, 1));
    assert_texts(queue(t), CHUNK(1, 11, 20));
    run_command(t, "LREM " ACTIVE " 0 " FIRST(7, 1, 1));
    run_command(t, "LREM " ACTIVE " 0 " FIRST(8, 1, 1));
    run_command(t, "LREM " ACTIVE " 0 " FIRST(9, 1, 1));
}

static void what_is_given_back_comes_next(void **state)
{
    struct queue_test *t = *state;
    open_op(t, 1, 2, 1);
    freeReplyObject(take(t, 1));
    assert_int_equal(script_number(t, &lua_give_back, ACTIVE " " QUEUE " | " CHUNK(1, 1, 10) " " CHUNK(1, 1, 10)), 1);
    assert_texts(queue(t), CHUNK(1, 1, 10) " " CHUNK(1, 11, 20));
    assert_int_equal(number_from(t, "LLEN " ACTIVE), 0);
}

static void pieces_keep_their_order_and_the_last_one_counts(void **state)
{
    struct queue_test *t = *state;
    const char *first = "{\"op\":\"" OP "\",\"gen\":1,\"from\":1,\"to\":4}";
    open_op(t, 1, 1, 1);
    freeReplyObject(take(t, 1));
    assert_int_equal(
        script_number(t, &lua_give_back, ACTIVE " " QUEUE " | " CHUNK(1, 1, 10) " %s " CHUNK(1, 5, 10), first), 1);
    char expected[256];
    snprintf(expected, sizeof expected, "%s %s", first, CHUNK(1, 5, 10));
    assert_texts(queue(t), expected);
    assert_int_equal(finish(t, "not-there", 1, "w", 0), 0);
}

static void what_is_not_held_cannot_be_given_back(void **state)
{
    struct queue_test *t = *state;
    open_op(t, 1, 1, 1);
    assert_int_equal(script_number(t, &lua_give_back, ACTIVE " " QUEUE " | " CHUNK(1, 1, 10) " " CHUNK(1, 1, 10)), 0);
    assert_texts(queue(t), CHUNK(1, 1, 10));
}

/* ---- finish ---------------------------------------------------------------------------------------------------- */

static void finish_lets_the_next_chunk_in(void **state)
{
    struct queue_test *t = *state;
    open_op(t, 1, 2, 1);
    freeReplyObject(take(t, 1));
    assert_int_equal(finish(t, CHUNK(1, 1, 10), 1, "w", 0), 1);
    assert_texts(queue(t), CHUNK(1, 11, 20) " " CHUNK(1, 21, 30));
    assert_int_equal(number_from(t, "LLEN " ACTIVE), 0);
}

static void the_last_finish_ends_the_hash(void **state)
{
    struct queue_test *t = *state;
    open_op(t, 1, 1, 1);
    freeReplyObject(take(t, 1));
    script_number(t, &lua_finish,
                  ACTIVE " " HASH " " QUEUE " :delayed:delivery :ops | x " OP
                         " 1 w 0 -1 0 :events 1 2 running 0 100 99 0 0 0 '' 60");
    assert_int_equal(number_from(t, "TTL " HASH), -1);
    assert_int_equal(number_from(t, "SISMEMBER :ops " OP), 1);
    script_number(t, &lua_finish,
                  ACTIVE " " HASH " " QUEUE " :delayed:delivery :ops | x " OP
                         " 1 w 0 -1 0 :events 1 9 completed 0 100 100 0 0 0 2026-01-01T00:00:00Z 60");
    assert_true(number_from(t, "TTL " HASH) > 0);
    assert_int_equal(number_from(t, "SISMEMBER :ops " OP), 0);
}

static void a_second_finish_feeds_nothing(void **state)
{
    struct queue_test *t = *state;
    open_op(t, 1, 2, 1);
    freeReplyObject(take(t, 1));
    finish(t, CHUNK(1, 1, 10), 1, "w", 0);
    assert_int_equal(finish(t, CHUNK(1, 1, 10), 1, "w", 0), 0);
    assert_texts(queue(t), CHUNK(1, 11, 20) " " CHUNK(1, 21, 30));
    assert_texts(fields(t, "out next_seq"), "2 31");
}

static void the_cursor_jumps_over_what_is_settled_and_never_back(void **state)
{
    struct queue_test *t = *state;
    open_op(t, 1, 1, 1);
    freeReplyObject(take(t, 1));
    finish(t, CHUNK(1, 1, 10), 1, "w", 71);
    assert_texts(queue(t), CHUNK(1, 71, 80));
    freeReplyObject(take(t, 1));
    finish(t, CHUNK(1, 71, 80), 1, "w", 15);
    assert_texts(queue(t), CHUNK(1, 81, 90));
    freeReplyObject(take(t, 1));
    finish(t, CHUNK(1, 81, 90), 1, "w", 101);
    assert_texts(queue(t), "");
    assert_texts(fields(t, "out"), "0");
}

static void progress_goes_forward_only(void **state)
{
    struct queue_test *t = *state;
#define SETTLED ACTIVE " " HASH " " QUEUE " :delayed:delivery | x " OP " 1 w 0 -1 0 :events "
    open_op(t, 1, 1, 1);
    script_number(t, &lua_finish, SETTLED "1 7 running 0 100 50 2 1 0 ''");
    script_number(t, &lua_finish, SETTLED "1 6 running 0 100 40 2 1 0 ''");
    assert_texts(fields(t, "completed succeeded failed skipped version"), "53 50 2 1 7");
    script_number(t, &lua_finish, SETTLED "2 3 paused 0 100 60 0 0 0 ''"); /* another timeline counts again */
    assert_texts(fields(t, "completed state version timeline"), "60 paused 3 2");
    script_number(t, &lua_finish, SETTLED "1 99 running 0 100 99 0 0 0 ''");
    assert_texts(fields(t, "completed state"), "60 paused");
    script_number(t, &lua_finish, SETTLED "2 4 cancelled 0 100 60 0 0 0 ''");
    assert_texts(fields(t, "cancelled"), "true");
#undef SETTLED
}

static void due_times_only_move_earlier(void **state)
{
    struct queue_test *t = *state;
#define FINISH_DUE_IN(ms)                                                                                              \
    script_number(t, &lua_finish,                                                                                      \
                  ACTIVE " " HASH " " QUEUE " :delayed:delivery | x " OP " 1 w 0 %d 1 :events " NOTHING, ms)
    open_op(t, 1, 1, 1);
    FINISH_DUE_IN(60000);
    int64_t first = number_from(t, "ZSCORE :delayed:delivery " OP);
    FINISH_DUE_IN(600000);
    assert_int_equal(number_from(t, "ZSCORE :delayed:delivery " OP), first);
    FINISH_DUE_IN(1000);
    assert_true(number_from(t, "ZSCORE :delayed:delivery " OP) < first);
    FINISH_DUE_IN(-1);
    assert_int_equal(number_from(t, "ZCARD :delayed:delivery"), 1);
#undef FINISH_DUE_IN
}

static void finish_without_a_hash_makes_none(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "RPUSH " ACTIVE " " CHUNK(1, 1, 10));
    assert_int_equal(finish(t, CHUNK(1, 1, 10), 1, "w", 0), 1);
    assert_int_equal(number_from(t, "EXISTS " HASH), 0);
    assert_int_equal(number_from(t, "LLEN " ACTIVE), 0);
}

static void nothing_is_fed_to_what_is_paused_or_flagged(void **state)
{
    struct queue_test *t = *state;
    open_op(t, 1, 1, 1);
    freeReplyObject(take(t, 1));
    run_command(t, "HSET " HASH " cancelled true");
    finish(t, CHUNK(1, 1, 10), 1, "w", 0);
    assert_texts(queue(t), "");
    assert_texts(fields(t, "out cancelled"), "0 true");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LUA_TEST(open_fills_the_window_and_no_more),
        LUA_TEST(open_of_a_generation_that_is_not_newer_changes_no_dispatch),
        LUA_TEST(a_newer_generation_starts_over_and_the_old_chunks_do_not_count),
        LUA_TEST(an_open_that_comes_late_does_not_bring_back_the_dead),
        LUA_TEST(a_request_of_one_job_goes_to_the_head),
        LUA_TEST(so_it_does_where_it_is_planned_later),
        LUA_TEST(first_ones_can_be_taken_alone),
        LUA_TEST(open_takes_a_cancel_flag_over_and_the_expiry_away),
        LUA_TEST(open_arms_the_earliest_retry),
        LUA_TEST(take_moves_from_the_head_in_order),
        LUA_TEST(an_executor_takes_several_single_requests),
        LUA_TEST(what_is_given_back_comes_next),
        LUA_TEST(pieces_keep_their_order_and_the_last_one_counts),
        LUA_TEST(what_is_not_held_cannot_be_given_back),
        LUA_TEST(finish_lets_the_next_chunk_in),
        LUA_TEST(the_last_finish_ends_the_hash),
        LUA_TEST(a_second_finish_feeds_nothing),
        LUA_TEST(the_cursor_jumps_over_what_is_settled_and_never_back),
        LUA_TEST(progress_goes_forward_only),
        LUA_TEST(due_times_only_move_earlier),
        LUA_TEST(finish_without_a_hash_makes_none),
        LUA_TEST(nothing_is_fed_to_what_is_paused_or_flagged),
    };
    return cmocka_run_group_tests(tests, queue_test_open, queue_test_close);
}
