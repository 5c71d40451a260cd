/* The sweep of what has ended or should: leftovers, expiries, pruning, and cancels that clients wrote into Redis. */
#include "embedded/sql_session.h"
#include "tests/contract/queue/sweep_test.h"

/* ---- leftovers, expiries, pruning ---------------------------------------------------------------------------- */

static void what_a_cancel_leaves_is_removed_counted_and_marked(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op op = swept(f, f->lengthy, 50);
    finish(f, &op, 1, 8);
    run_sql(f->pg, "UPDATE job SET checkpoint = '{\"at\": 1}' WHERE operation_id = '%s' AND seq IN (9, 10)", op.id);
    run_sql(f->pg, "SELECT claim('%s', 9, 0, '9', 'w_alive')", op.id);
    run_sql(f->pg, "SELECT claim('%s', 10, 0, '10', 'w_gone')", op.id);
    run_sql(f->pg, "UPDATE exclusive SET touched_at = now() - interval '51 seconds' WHERE worker = '%s'", "w_gone");
    assert_fine(operation_cancel(f->other, op.id, &tally, &error));
    assert_false(pass(f));
    tally = tally_of(f, op.id);
    assert_int_equal(tally.cancelled_jobs, 42);
    assert_int_equal(tally.succeeded, 8);
    assert_int_equal(number_of(f->other, "SELECT count(*) FROM job"), 0);
    /* Who lives may have a request under way, and gives its lease back itself. */
    assert_sql_text("w_alive", f->other, "SELECT string_agg(worker, ',') FROM exclusive");
    run_sql(f->pg, "DELETE FROM exclusive WHERE operation_id = '%s'", op.id);
    assert_sql_text("10,9", f->other,
                    "SELECT string_agg(key, ',' ORDER BY key) FROM public.mark WHERE checkpoint = '{\"at\": 1}'");
    assert_redis_text("cancelled", f, "HGET {}:op:%s state", op.id);
    assert_redis_text("true", f, "HGET {}:op:%s cancelled", op.id);
    assert_redis_text("42", f, "HGET {}:op:%s cancelled_jobs", op.id);
    assert_int_equal(redis_number(f, "SISMEMBER {}:ops %s", op.id), 0);
    assert_true(redis_number(f, "TTL {}:op:%s", op.id) > 0);
    int64_t version = tally.version;
    pass(f);
    assert_int_equal(tally_of(f, op.id).version, version);
}

static void more_than_a_step_is_removed_too(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op op = accept_planned(f, f->quick, 2 * PLAN_STEP + 1);
    assert_fine(operation_cancel(f->other, op.id, &tally, &error));
    while (pass(f))
        continue;
    assert_int_equal(tally_of(f, op.id).cancelled_jobs, 2 * PLAN_STEP + 1);
}

/* Two workers sweep: one of them removes, the other one does not wait for it. */
static void only_one_removes_at_a_time(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op op = accept_planned(f, f->quick, PLAN_STEP);
    assert_fine(operation_cancel(f->other, op.id, &tally, &error));
    assert_fine(pg_exec(f->other, &sql_session_begin, NULL, NULL, &error));
    run_sql(f->other, "SELECT pg_advisory_xact_lock(hashtextextended('sweep %s', 0))", "leftover");
    assert_false(pass(f));
    assert_int_equal(tally_of(f, op.id).cancelled_jobs, 0);
    pg_abort(f->other);
    while (pass(f))
        continue;
    assert_int_equal(tally_of(f, op.id).cancelled_jobs, PLAN_STEP);
}

/* A lease outlives its worker, and here also the removal of the jobs: it goes when its holder must be gone. */
static void the_lease_of_one_who_died_before_the_cancel_goes(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op op = swept(f, f->lengthy, 5);
    run_sql(f->pg, "SELECT claim('%s', 1, 0, '1', 'w_gone')", op.id);
    assert_fine(operation_cancel(f->other, op.id, &tally, &error));
    pass(f);
    pass(f);
    assert_int_equal(number_of(f->other, "SELECT count(*) FROM job"), 0);
    assert_int_equal(number_of(f->other, "SELECT count(*) FROM exclusive"), 1); /* it may have a request under way */
    run_sql(f->pg, "UPDATE exclusive SET touched_at = now() - interval '51 seconds' WHERE worker = '%s'", "w_gone");
    pass(f);
    assert_int_equal(number_of(f->other, "SELECT count(*) FROM exclusive"), 0);
}

static void a_lease_of_a_running_operation_is_left_to_the_next_claim(void **state)
{
    struct fixture *f = *state;
    struct op op = swept(f, f->lengthy, 5);
    run_sql(f->pg, "SELECT claim('%s', 1, 0, '1', 'w_gone')", op.id);
    run_sql(f->pg, "UPDATE exclusive SET touched_at = now() - interval '51 seconds' WHERE worker = '%s'", "w_gone");
    pass(f);
    assert_int_equal(number_of(f->other, "SELECT count(*) FROM exclusive"), 1);
}

static void what_cannot_be_planned_fails_and_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct definition *definition = define("half", "quick numbers quick broken");
    struct op op = swept(f, definition, 5);
    finish(f, &op, 1, 5);
    for (int i = 0; i < 4; i++)
        pass(f);
    assert_int_equal(tally_of(f, op.id).state, OP_FAILED);
    assert_redis_text("failed", f, "HGET {}:op:%s state", op.id);
    assert_int_equal(redis_number(f, "SISMEMBER {}:ops %s", op.id), 0);
    definition_drop(definition);
}

static void stray_hashes_get_an_expiry_and_ours_do_not(void **state)
{
    struct fixture *f = *state;
    struct op op = swept(f, f->quick, 100);
    redis_do(f, "HSET {}:op:op_nonsense cancelled true");
    redis_do(f, "SET {}:op:text x"); /* not even a hash: left alone */
    redis_do(f, "SADD {}:ops op_nonsense");
    sweep_walk_soon(sweeper); /* in steps over all that is there */
    while (pass(f))
        continue;
    assert_true(redis_number(f, "TTL {}:op:op_nonsense") > 0);
    assert_int_equal(redis_number(f, "TTL {}:op:%s", op.id), -1);
    assert_int_equal(redis_number(f, "TTL {}:op:text"), -1);
    assert_int_equal(redis_number(f, "SISMEMBER {}:ops op_nonsense"), 0);
}

static void an_ended_operation_whose_hash_is_gone_leaves_the_set(void **state)
{
    struct fixture *f = *state;
    struct op op = swept(f, f->quick, 1);
    finish(f, &op, 1, 1);
    pass(f);
    pass(f);
    redis_do(f, "DEL {}:op:%s", op.id);
    redis_do(f, "SADD {}:ops %s", op.id);
    pass(f);
    assert_int_equal(redis_number(f, "SISMEMBER {}:ops %s", op.id), 0);
    assert_int_equal(redis_number(f, "EXISTS {}:op:%s", op.id), 0);
}

/* ---- what is looked at here alone -------------------------------------------------------------------------------- */

static struct op completed(struct fixture *f, int64_t count)
{
    struct op op = swept(f, f->quick, count);
    finish(f, &op, 1, count);
    pass(f);
    pass(f);
    assert_redis_text("completed", f, "HGET {}:op:%s state", op.id);
    assert_int_equal(redis_number(f, "SISMEMBER {}:ops %s", op.id), 0);
    return op;
}

/* A whole round over all keys of this Redis, those of other tests among them. */
static void walk(struct fixture *f)
{
    sweep_walk_soon(sweeper);
    while (pass(f))
        continue;
}

/* No rebuild is needed for it: each pass takes a step. */
static void the_walk_comes_round_by_itself(void **state)
{
    struct fixture *f = *state;
    struct op op = completed(f, 10);
    redis_do(f, "HSET {}:op:%s completed 3", op.id);
    for (int64_t steps = redis_number(f, "DBSIZE") / 100 + 10; steps > 0; steps--)
        pass(f);
    assert_redis_text("10", f, "HGET {}:op:%s completed", op.id);
}

static void the_hash_of_an_ended_operation_is_put_right(void **state)
{
    static const char *const lies[] = {
        "state running", "state x",        "total 7",        "completed 99",
        "succeeded -1",  "failed nan",     "skipped 3",      "cancelled_jobs 1",
        "phase 9",       "version 1",      "version 999999", "timeline 9",
        "version x",     "definition odd", "subject \xff",   "finished_at x",
        "phases []",     "gen x",          "operation_id x", "version 9007199254740993",
    };
    struct fixture *f = *state;
    struct op op = completed(f, 10);
    redisReply *before = redis_ask(&f->dispatch, "HGET {}:op:%s phases", op.id);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        redis_do(f, "HSET {}:op:%s %s", op.id, lies[i]);
        walk(f);
        assert_redis_text("completed", f, "HGET {}:op:%s state", op.id);
        assert_redis_text("10", f, "HGET {}:op:%s total", op.id);
        assert_redis_text("10", f, "HGET {}:op:%s completed", op.id);
        assert_redis_text("0", f, "HGET {}:op:%s failed", op.id);
        assert_redis_text("0", f, "HGET {}:op:%s cancelled_jobs", op.id);
        assert_int_equal(redis_number(f, "HGET {}:op:%s version", op.id), tally_of(f, op.id).version);
        assert_redis_text("quick", f, "HGET {}:op:%s definition", op.id);
        assert_redis_text(before->str, f, "HGET {}:op:%s phases", op.id);
        assert_redis_text(op.id, f, "HGET {}:op:%s operation_id", op.id);
    }
    redis_do(f, "PERSIST {}:op:%s", op.id);
    redis_do(f, "HDEL {}:op:%s total succeeded gen", op.id);
    walk(f);
    assert_redis_text("10", f, "HGET {}:op:%s succeeded", op.id);
    assert_in_range(redis_number(f, "TTL {}:op:%s", op.id), 1, DISPATCH_KEEP_S);
    redis_do(f, "DEL {}:op:%s", op.id);
    redis_do(f, "SET {}:op:%s x", op.id);
    walk(f);
    assert_redis_text("10", f, "HGET {}:op:%s completed", op.id);
    freeReplyObject(before);
}

/* More keys than a step passes: after a rebuild the walk does not wait for the next pass. */
static void after_a_rebuild_all_hashes_are_looked_at(void **state)
{
    struct fixture *f = *state;
    struct op op = completed(f, 10);
    for (int i = 0; i < 3000; i++)
        redis_do(f, "SET {}:worker:w_%d x", i);
    redis_do(f, "HSET {}:op:%s completed 3 state running version 2", op.id); /* as of a second ago */
    sweep_walk_soon(sweeper);
    int passes = 1;
    while (pass(f))
        passes++;
    assert_true(passes > 2);
    assert_redis_text("completed", f, "HGET {}:op:%s state", op.id);
    assert_redis_text("10", f, "HGET {}:op:%s completed", op.id);
}

static void lists_of_workers_that_are_not_known_are_found(void **state)
{
    struct fixture *f = *state;
    swept(f, f->quick, 10);
    redis_do(f, "RPUSH {}:active:history:w_forgotten a");
    redis_do(f, "RPUSH {}:inbox:active:w_other b");
    redis_do(f, "RPUSH {}:inbox:active:no/worker! c d");
    redis_do(f, "RPUSH {}:active:delivery: e");
    redis_do(f, "DEL {}:workers");
    walk(f);
    assert_true(redis_number(f, "ZSCORE {}:workers w_forgotten") > 0); /* silent from now on: reaped like any */
    assert_true(redis_number(f, "ZSCORE {}:workers w_other") > 0);
    assert_int_equal(redis_number(f, "ZCARD {}:workers"), 2);
    assert_int_equal(redis_number(f, "EXISTS {}:inbox:active:no/worker! {}:active:delivery:"), 0);
    assert_redis_text("c", f, "LINDEX {}:inbox 0");
    assert_int_equal(redis_number(f, "LLEN {}:inbox"), 2);
    assert_redis_text("e", f, "LINDEX {}:queue:delivery 0");
}

/* The operation, and all that was done so far, was two hours ago. */
static void grow_old(struct fixture *f, const struct op *op)
{
    run_sql(f->pg,
            "UPDATE operation SET created_at = now() - interval '3 h', finished_at = now() - interval '2 h'"
            " WHERE operation_id = '%s'",
            op->id);
    run_sql(f->pg, "UPDATE job_outcome SET started_at = started_at - interval '2 h',"
                   " finished_at = finished_at - interval '2 h'");
    run_sql(f->pg, "UPDATE activity SET minute = minute - interval '2 h' WHERE minute > '-infinity'");
    run_sql(f->pg, "UPDATE activity_fresh SET minute = minute - interval '2 h' WHERE minute > '-infinity'");
}

static void old_outcomes_are_pruned_and_the_counts_stay(void **state)
{
    struct fixture *f = *state;
    struct op old = swept(f, f->quick, 20), young = swept(f, f->quick, 20);
    finish(f, &old, 1, 20);
    pass(f);
    grow_old(f, &old);
    finish(f, &young, 1, 20);
    pass(f);
    sweep_drop(sweeper); /* the next look of this one would be in a minute */
    sweeper = sweep_new(f->pg, &f->dispatch, &test_kinds, 3600 * 1000);
    pass(f);
    assert_int_equal(number_of(f->other, "SELECT count(*) FROM job_outcome WHERE operation_id = '%s'", old.id), 0);
    assert_int_equal(number_of(f->other, "SELECT count(*) FROM job_outcome WHERE operation_id = '%s'", young.id), 20);
    assert_int_equal(tally_of(f, old.id).succeeded, 20);
    assert_int_equal(number_of(f->other, "SELECT count(*) FROM operation WHERE pruned_at IS NOT NULL"), 1);
}

/* Each step takes longer than the time that a pass may give to it: what is left waits for the next one. */
static void what_takes_long_to_prune_does_not_hold_up_the_rest(void **state)
{
    struct fixture *f = *state;
    struct op op = swept(f, f->quick, 1);
    finish(f, &op, 1, 1);
    pass(f);
    grow_old(f, &op);
    run_sql(f->pg,
            "INSERT INTO job_outcome (operation_id, seq, phase, kind, key, outcome, attempt, worker, started_at) "
            "SELECT '%s', 1 + n, 0, 'quick', n::text, 'succeeded', 0, 'w_test', now() FROM generate_series(1, 12000) n",
            op.id);
    run_sql(f->pg, "CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                   "PERFORM pg_sleep(0.6); RETURN NULL; END $$");
    run_sql(f->pg, "CREATE TRIGGER slow AFTER DELETE ON job_outcome EXECUTE FUNCTION public.slow()");
    sweep_drop(sweeper);
    sweeper = sweep_new(f->pg, &f->dispatch, &test_kinds, 3600 * 1000);
    assert_true(pass(f));
    assert_int_equal(number_of(f->other, "SELECT count(*) FROM job_outcome WHERE operation_id = '%s'", op.id), 7001);
    assert_int_equal(number_of(f->other, "SELECT count(*) FROM operation WHERE pruned_at IS NOT NULL"), 0);
    while (pass(f))
        continue;
    assert_int_equal(number_of(f->other, "SELECT count(*) FROM job_outcome WHERE operation_id = '%s'", op.id), 0);
    assert_int_equal(number_of(f->other, "SELECT count(*) FROM operation WHERE pruned_at IS NOT NULL"), 1);
}

/* ---- flags --------------------------------------------------------------------------------------------------- */

static void a_flag_in_redis_cancels_in_postgresql(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct op op = swept(f, f->quick, 100), other = swept(f, f->quick, 100);
    redis_do(f, "HSET {}:op:%s cancelled true", op.id);
    assert_fine(sweep_cancel_flags(sweeper, &error));
    assert_int_equal(tally_of(f, op.id).state, OP_CANCELLED);
    assert_int_equal(tally_of(f, other.id).state, OP_RUNNING);
    assert_redis_text("cancelled", f, "HGET {}:op:%s state", op.id);
    int64_t version = tally_of(f, op.id).version;
    assert_fine(sweep_cancel_flags(sweeper, &error)); /* it is done */
    assert_int_equal(tally_of(f, op.id).version, version);
}

static void a_flag_that_came_before_the_hash_counts(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct op op = accept_new(f, f->quick, 100);
    redis_do(f, "HSET {}:op:%s cancelled true", op.id);
    pass(f);
    assert_fine(sweep_cancel_flags(sweeper, &error));
    assert_int_equal(tally_of(f, op.id).state, OP_CANCELLED);
}

static void a_flag_on_what_has_ended_or_never_was_does_nothing(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct op op = swept(f, f->quick, 1);
    finish(f, &op, 1, 1);
    pass(f); /* completed in PostgreSQL; Redis has not heard of it */
    redis_do(f, "SADD {}:ops %s op_nonsense", op.id);
    redis_do(f, "HSET {}:op:%s cancelled true state running", op.id);
    redis_do(f, "HSET {}:op:op_nonsense cancelled true");
    assert_fine(sweep_cancel_flags(sweeper, &error));
    assert_int_equal(tally_of(f, op.id).state, OP_COMPLETED);
}

/* A program that may write to Redis may put anything into the set, and it must not stop what the sweep does for others.
 */
static void what_is_no_operation_leaves_the_set(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct op op = swept(f, f->quick, 100);
    redis_do(f, "SADD {}:ops \xff\xfe");
    redis_do(f, "HSET {}:op:\xff\xfe cancelled true");
    redis_do(f, "HSET {}:op:%s cancelled true", op.id);
    assert_fine(sweep_cancel_flags(sweeper, &error));
    assert_int_equal(tally_of(f, op.id).state, OP_CANCELLED);
    pass(f);
    assert_int_equal(redis_number(f, "SISMEMBER {}:ops \xff\xfe"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fresh(what_a_cancel_leaves_is_removed_counted_and_marked),
        fresh(more_than_a_step_is_removed_too),
        fresh(only_one_removes_at_a_time),
        fresh(the_lease_of_one_who_died_before_the_cancel_goes),
        fresh(a_lease_of_a_running_operation_is_left_to_the_next_claim),
        fresh(what_cannot_be_planned_fails_and_leaves_nothing),
        fresh(stray_hashes_get_an_expiry_and_ours_do_not),
        fresh(an_ended_operation_whose_hash_is_gone_leaves_the_set),
        fresh(the_hash_of_an_ended_operation_is_put_right),
        fresh(the_walk_comes_round_by_itself),
        fresh(after_a_rebuild_all_hashes_are_looked_at),
        fresh(lists_of_workers_that_are_not_known_are_found),
        fresh(old_outcomes_are_pruned_and_the_counts_stay),
        fresh(what_takes_long_to_prune_does_not_hold_up_the_rest),
        fresh(a_flag_in_redis_cancels_in_postgresql),
        fresh(a_flag_that_came_before_the_hash_counts),
        fresh(a_flag_on_what_has_ended_or_never_was_does_nothing),
        fresh(what_is_no_operation_leaves_the_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
