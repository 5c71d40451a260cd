/* The scripts that move chunks: open, take, finish, give_back, due, head, mirror. After each test the windows add up.
 */
#include "tests/contract/queue/queue_test.h"

#define OP "op_01HKM0000000000000000000A1"
#define OTHER "op_01HKM0000000000000000000B2"
#define QUEUE ":queue:delivery"
#define ACTIVE ":active:delivery:w_1"
#define HASH ":op:" OP
#define NOTHING "0 0 '' 0 0 0 0 0 0 ''"

/* Chunks of OP as _feed.lua writes them. */
#define CHUNK(gen, from, to) "{\"op\":\"" OP "\",\"gen\":" #gen ",\"from\":" #from ",\"to\":" #to ",\"w\":1}"
#define FIRST(gen, from, to)                                                                                           \
    "{\"op\":\"" OP "\",\"gen\":" #gen ",\"from\":" #from ",\"to\":" #to ",\"w\":1,\"first\":1}"
#define DUE(gen) "{\"op\":\"" OP "\",\"gen\":" #gen ",\"due\":true}"

/* Opens 100 jobs in chunks of 10. `version`: of a tally that runs and has settled nothing. */
static int64_t open_op(struct queue_test *t, int generation, int window, int version)
{
    return script_number(t, &lua_open,
                         HASH " " QUEUE " :ops :delayed:delivery | " OP " %d 1 100 10 %d 0 -1 :events "
                              "1 %d running 0 100 0 0 0 0 '' queue delivery subject a/b",
                         generation, window, version);
}

/* Finishes a chunk that settled nothing. */
static int64_t finish(struct queue_test *t, const char *chunk, int generation, const char *class, int next_open)
{
    return script_number(t, &lua_finish,
                         ACTIVE " " HASH " " QUEUE " :delayed:delivery | %s " OP " %d %s %d -1 0 :events " NOTHING,
                         chunk, generation, class, next_open);
}

static redisReply *take(struct queue_test *t, int n)
{
    return script(t, &lua_take, QUEUE " " ACTIVE " | %d ''", n);
}

static redisReply *queue(struct queue_test *t)
{
    return command(t, "LRANGE " QUEUE " 0 -1");
}

static redisReply *fields(struct queue_test *t, const char *names)
{
    return command(t, "HMGET " HASH " %s", names);
}

/* The windows are counted over the lists of known workers. */
static int fresh_with_a_worker(void **state)
{
    queue_test_fresh(state);
    run_command((struct queue_test *)*state, "ZADD :workers 1 w_1");
    return 0;
}

static int windows_add_up(void **state)
{
    assert_windows(*state);
    return 0;
}

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
    freeReplyObject(
        script(t, &lua_mirror, HASH " " QUEUE " :ops | " OP " 1 1 0 -1 60 :events 1 2 running 0 1 0 0 0 0 ''"));
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
    script_number(t, &lua_finish, SETTLED "2 3 paused 0 100 60 0 0 0 ''"); /* another timeline counts anew */
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
    script(t, &lua_mirror, HASH " " QUEUE " :ops | " OP " " generation " " last_seq " " window " 5 3600 :events " block)

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
#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh_with_a_worker, windows_add_up)
    const struct CMUnitTest tests[] = {
        TEST(open_fills_the_window_and_no_more),
        TEST(open_of_a_generation_that_is_not_newer_changes_no_dispatch),
        TEST(a_newer_generation_starts_over_and_the_old_chunks_do_not_count),
        TEST(an_open_that_comes_late_does_not_bring_back_the_dead),
        TEST(a_request_of_one_job_goes_to_the_head),
        TEST(so_it_does_where_it_is_planned_later),
        TEST(open_takes_a_cancel_flag_over_and_the_expiry_away),
        TEST(open_arms_the_earliest_retry),
        TEST(take_moves_from_the_head_in_order),
        TEST(first_ones_can_be_taken_alone),
        TEST(what_is_given_back_comes_next),
        TEST(pieces_keep_their_order_and_the_last_one_counts),
        TEST(what_is_not_held_cannot_be_given_back),
        TEST(finish_lets_the_next_chunk_in),
        TEST(a_second_finish_feeds_nothing),
        TEST(the_cursor_jumps_over_what_is_settled_and_never_back),
        TEST(progress_goes_forward_only),
        TEST(due_times_only_move_earlier),
        TEST(finish_without_a_hash_makes_none),
        TEST(nothing_is_fed_to_what_is_paused_or_flagged),
        TEST(what_is_due_becomes_one_chunk),
        TEST(what_is_not_due_yet_stays),
        TEST(due_chunks_are_bounded_by_the_window),
        TEST(retries_of_what_does_not_run_are_not_woken),
        TEST(what_is_asked_for_again_moves_to_the_head_in_its_order),
        TEST(a_missing_hash_is_said_and_not_made),
        TEST(mirror_raises_the_last_seq_and_fills_the_window),
        TEST(a_mirror_of_another_generation_feeds_nothing),
        TEST(a_smaller_window_drains_first),
        TEST(the_end_takes_it_out_of_ops_and_gives_an_expiry),
    };
    return cmocka_run_group_tests(tests, queue_test_open, queue_test_close);
}
