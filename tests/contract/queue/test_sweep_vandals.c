/* Somebody wrote to Redis what is not so: what the sweep finds out, and makes anew. */
#include "common/queue/key_types.h"
#include "tests/contract/queue/sweep_test.h"

static void assert_made_anew(struct fixture *f, const struct op *op, int64_t generation)
{
    assert_int_equal(tally_of(f, op->id).generation, generation);
    assert_int_equal(redis_number(f, "HGET {}:op:%s gen", op->id), generation);
    assert_int_equal(redis_number(f, "HGET {}:op:%s version", op->id), tally_of(f, op->id).version);
    assert_int_equal(redis_number(f, "HGET {}:op:%s next_seq", op->id), 31);
    assert_int_equal(redis_number(f, "HGET {}:op:%s last_seq", op->id), 100);
    assert_redis_text("running", f, "HGET {}:op:%s state", op->id);
}

static void a_hash_that_cannot_be_is_made_anew(void **state)
{
    static const char *const lies[] = {
        "gen 99", "version 999999", "timeline 9", "last_seq 101", "out -1",
        "dues x", "next_seq nan",   "chunk 0",    "window 1e3",   "gen 9223372036854775807"};
    struct fixture *f = *state;
    struct op op = swept(f, f->quick, 100);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        redis_do(f, "DEL {}:queue:history");
        redis_do(f, "HSET {}:op:%s %s", op.id, lies[i]);
        pass(f);
        assert_made_anew(f, &op, 2 + (int64_t)i);
    }
}

static void a_state_that_is_not_so_is_put_right(void **state)
{
    struct fixture *f = *state;
    struct op op = swept(f, f->quick, 100);
    redis_do(f, "HSET {}:op:%s state completed completed 100", op.id);
    redis_do(f, "SREM {}:ops %s", op.id);
    pass(f);
    assert_redis_text("running", f, "HGET {}:op:%s state", op.id);
    assert_redis_text("0", f, "HGET {}:op:%s completed", op.id);
    assert_int_equal(redis_number(f, "SISMEMBER {}:ops %s", op.id), 1);
    assert_int_equal(tally_of(f, op.id).generation, 1);
}

/* A hash that is ahead of what the sweep had read is no lie where PostgreSQL has moved on meanwhile. */
static void what_was_committed_since_is_believed(void **state)
{
    struct fixture *f = *state;
    struct op op = swept(f, f->quick, 100);
    finish(f, &op, 1, 10);
    struct tally newer = tally_of(f, op.id);
    struct mirror mirror = {QUEUE_HISTORY, 0, -1, -1, NULL};
    struct err_info error;
    assert_fine(dispatch_mirror(&f->dispatch, &newer, &mirror, NULL, NULL, &error));
    pass(f);
    assert_int_equal(tally_of(f, op.id).generation, 1);
    assert_redis_text("10", f, "HGET {}:op:%s completed", op.id);
}

static void the_wish_to_cancel_survives(void **state)
{
    struct fixture *f = *state;
    struct op op = swept(f, f->quick, 100);
    redis_do(f, "HSET {}:op:%s gen x cancelled true", op.id);
    pass(f);
    assert_redis_text("true", f, "HGET {}:op:%s cancelled", op.id);
    assert_int_equal(redis_number(f, "HGET {}:op:%s gen", op.id), 2);
}

static void keys_of_another_type_go_and_others_stay(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct op op = swept(f, f->quick, 100);
    redis_do(f, "DEL {}:ops {}:delayed:history");
    redis_do(f, "SET {}:ops spoilt");
    redis_do(f, "SET {}:suspects:history spoilt");
    redis_do(f, "RPUSH {}:delayed:history spoilt");
    bool more;
    assert_int_equal(sweep_pass(sweeper, &more, &error), ERR_PERMANENT);
    assert_true(key_types_blamed(error.text));
    assert_fine(key_types_mend(&f->dispatch, &error));
    assert_int_equal(redis_number(f, "EXISTS {}:ops {}:suspects:history {}:delayed:history"), 0);
    assert_int_equal(redis_number(f, "EXISTS {}:op:%s {}:queue:history", op.id), 2);
    pass(f);
    assert_int_equal(redis_number(f, "SISMEMBER {}:ops %s", op.id), 1);
    assert_false(key_types_blamed("ERR something else"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fresh(a_hash_that_cannot_be_is_made_anew),      fresh(a_state_that_is_not_so_is_put_right),
        fresh(what_was_committed_since_is_believed),    fresh(the_wish_to_cancel_survives),
        fresh(keys_of_another_type_go_and_others_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
