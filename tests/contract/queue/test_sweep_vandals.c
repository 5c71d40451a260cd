/* Another program wrote to Redis what is not so: what the sweep finds out, and makes again. */
#include "common/queue/sweep.h"
#include "common/queue/worker_list.h"
#include "tests/contract/queue/sweep_test.h"

static void assert_made_again(struct fixture *f, const struct op *op, int64_t generation)
{
    assert_int_equal(tally_of(f, op->id).generation, generation);
    assert_int_equal(redis_number(f, "HGET {}:op:%s gen", op->id), generation);
    assert_int_equal(redis_number(f, "HGET {}:op:%s version", op->id), tally_of(f, op->id).version);
    assert_int_equal(redis_number(f, "HGET {}:op:%s next_seq", op->id), 31);
    assert_int_equal(redis_number(f, "HGET {}:op:%s last_seq", op->id), 100);
    assert_redis_text("running", f, "HGET {}:op:%s state", op->id);
}

static void a_hash_that_cannot_be_is_made_again(void **state)
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
        assert_made_again(f, &op, 2 + (int64_t)i);
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
    assert_fine(dispatch_mirror(&f->dispatch, &newer, &mirror, &error));
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
    assert_true(key_repair_is_blamed(error.text));
    assert_fine(key_repair_run(&f->dispatch, &error));
    assert_int_equal(redis_number(f, "EXISTS {}:ops {}:suspects:history {}:delayed:history"), 0);
    assert_int_equal(redis_number(f, "EXISTS {}:op:%s {}:queue:history", op.id), 2);
    pass(f);
    assert_int_equal(redis_number(f, "SISMEMBER {}:ops %s", op.id), 1);
    assert_false(key_repair_is_blamed("ERR something else"));
}

static int64_t requests(struct fixture *f)
{
    static const char name[] = "total_reads_processed:";
    redisReply *info = redis_ask(&f->dispatch, "INFO stats");
    int64_t number = strtoll(strstr(info->str, name) + strlen(name), NULL, 10);
    freeReplyObject(info);
    return number;
}

/* Other tests may use the same Redis: the bound is far above what one pass needs, and far below one request each. */
static void thousands_of_made_up_workers_cost_a_few_requests(void **state)
{
    enum { MADE_UP = 5000 };
    struct fixture *f = *state;
    for (int i = 0; i < MADE_UP; i++)
        redis_do(f, "ZADD {}:workers %d w_%d", i, i);
    redis_do(f, "ZADD {}:workers 9000000000000 w_real");
    redis_do(f, "SET {}:worker:w_real {\"executors\":{\"history\":3}}");
    redis_do(f, "SET {}:worker:w_7 {\"executors\":{\"history\":9223372036854775807,\"delivery\":-1}}");
    redis_do(f, "SET {}:worker:w_8 {\"executors\":{\"history\":9223372036854775807}}");
    int64_t before = requests(f);
    struct worker_list list;
    struct err_info error;
    assert_fine(worker_list_read(&f->dispatch, &list, &error));
    assert_in_range(requests(f) - before, 1, MADE_UP / 2);
    assert_int_equal(list.count, MADE_UP + 1);
    assert_string_equal(worker_list_id(&list, 0), "w_real");
    assert_int_equal(worker_list_silent_ms(&list, 0), 0);
    assert_string_equal(worker_list_said(&list, 1), "");
    worker_list_fini(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fresh(a_hash_that_cannot_be_is_made_again),
        fresh(a_state_that_is_not_so_is_put_right),
        fresh(what_was_committed_since_is_believed),
        fresh(the_wish_to_cancel_survives),
        fresh(thousands_of_made_up_workers_cost_a_few_requests),
        fresh(keys_of_another_type_go_and_others_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
