/* The sweep of what has ended or should: leftovers, expiries, pruning, and cancels that clients wrote into Redis. */
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
    for (int i = 0; i < 5; i++) /* the walk goes in steps over all that is there */
        pass(f);
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

static void old_outcomes_are_pruned_and_the_counts_stay(void **state)
{
    struct fixture *f = *state;
    struct op old = swept(f, f->quick, 20), young = swept(f, f->quick, 20);
    finish(f, &old, 1, 20);
    finish(f, &young, 1, 20);
    pass(f);
    run_sql(f->pg, "UPDATE operation SET finished_at = now() - interval '2 h' WHERE operation_id = '%s'", old.id);
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
    run_sql(f->pg, "UPDATE operation SET finished_at = now() - interval '2 h' WHERE operation_id = '%s'", op.id);
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

/* Whoever may write to Redis may put anything into the set, and it must not stop what the sweep does for others. */
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
        fresh(what_cannot_be_planned_fails_and_leaves_nothing),
        fresh(stray_hashes_get_an_expiry_and_ours_do_not),
        fresh(an_ended_operation_whose_hash_is_gone_leaves_the_set),
        fresh(old_outcomes_are_pruned_and_the_counts_stay),
        fresh(what_takes_long_to_prune_does_not_hold_up_the_rest),
        fresh(a_flag_in_redis_cancels_in_postgresql),
        fresh(a_flag_that_came_before_the_hash_counts),
        fresh(a_flag_on_what_has_ended_or_never_was_does_nothing),
        fresh(what_is_no_operation_leaves_the_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
