/* The sweep of what lives: whatever a program that died has left undone is done by the next pass or two. */
#include "tests/contract/queue/sweep_test.h"

static void assert_dispatched(struct fixture *f, const struct op *op, int64_t generation, int64_t from)
{
    assert_int_equal(tally_of(f, op->id).generation, generation);
    assert_int_equal(redis_number(f, "HGET {}:op:%s gen", op->id), generation);
    char first[CHUNK_TEXT_MAX];
    snprintf(first, sizeof first, "{\"op\":\"%s\",\"gen\":%d,\"from\":%d,\"to\":%d,\"w\":1}", op->id, (int)generation,
             (int)from, (int)from + 9);
    assert_redis_text(first, f, "LINDEX {}:queue:history 0");
}

/* ---- dispatch ------------------------------------------------------------------------------------------------ */

static void what_a_producer_could_not_dispatch_is_planned_and_opened(void **state)
{
    struct fixture *f = *state;
    struct op op = accept_new(f, f->quick, 100);
    pass(f);
    assert_true(tally_of(f, op.id).planned);
    pass(f);
    assert_dispatched(f, &op, 1, 1);
    assert_int_equal(redis_number(f, "LLEN {}:queue:history"), 3); /* the window, not the jobs */
    assert_redis_text("100", f, "HGET {}:op:%s total", op.id);
    assert_redis_text("100", f, "HGET {}:op:%s last_seq", op.id);
    assert_int_equal(redis_number(f, "TTL {}:op:%s", op.id), -1);
    assert_int_equal(redis_number(f, "SISMEMBER {}:ops %s", op.id), 1);
    pass(f);
    pass(f);
    assert_dispatched(f, &op, 1, 1); /* nothing is missing: nothing is done twice */
    assert_int_equal(redis_number(f, "LLEN {}:queue:history"), 3);
}

static void a_missing_hash_is_opened_again(void **state)
{
    struct fixture *f = *state;
    struct op op = swept(f, f->quick, 100);
    finish(f, &op, 1, 30);
    redis_do(f, "DEL {}:op:%s {}:queue:history", op.id);
    pass(f);
    assert_dispatched(f, &op, 1, 31);
    assert_redis_text("30", f, "HGET {}:op:%s completed", op.id);
}

static void a_lost_chunk_raises_the_generation_after_two_passes(void **state)
{
    struct fixture *f = *state;
    struct op op = swept(f, f->quick, 100);
    finish(f, &op, 1, 10);
    redis_do(f, "LPOP {}:queue:history");
    redis_do(f, "LPOP {}:queue:history");
    pass(f);
    assert_int_equal(tally_of(f, op.id).generation, 1); /* once may be a matter of moments */
    pass(f);
    assert_int_equal(tally_of(f, op.id).generation, 2);
    redis_do(f, "LPOP {}:queue:history"); /* the old one, which dies out */
    assert_dispatched(f, &op, 2, 11);
    assert_redis_text("3", f, "HGET {}:op:%s out", op.id);
}

static void a_chunk_that_is_held_or_suspected_is_not_lost(void **state)
{
    struct fixture *f = *state;
    struct op op = swept(f, f->quick, 100);
    redis_do(f, "ZADD {}:workers 1 w_one");
    redis_do(f, "LMOVE {}:queue:history {}:active:history:w_one LEFT RIGHT");
    redis_do(f, "LMOVE {}:queue:history {}:suspects:history LEFT RIGHT");
    for (int i = 0; i < 3; i++)
        pass(f);
    assert_int_equal(tally_of(f, op.id).generation, 1);
}

static void a_miss_that_mends_itself_is_forgotten(void **state)
{
    struct fixture *f = *state;
    struct op op = swept(f, f->quick, 100);
    for (int i = 0; i < 2; i++) {
        redis_do(f, "RENAME {}:queue:history {}:aside");
        pass(f);
        redis_do(f, "RENAME {}:aside {}:queue:history");
        pass(f);
    }
    assert_int_equal(tally_of(f, op.id).generation, 1);
}

static void jobs_that_nothing_leads_to_are_dispatched_again(void **state)
{
    struct fixture *f = *state;
    struct op op = swept(f, f->quick, 20);
    finish(f, &op, 1, 10);
    redis_do(f, "DEL {}:queue:history");
    redis_do(f, "HSET {}:op:%s out 0", op.id); /* all were finished, it says, and the cursor is at its end */
    pass(f);
    pass(f);
    assert_dispatched(f, &op, 2, 11);
}

static void waiting_retries_are_not_stranded(void **state)
{
    struct fixture *f = *state;
    struct op op = swept(f, f->quick, 20);
    finish(f, &op, 1, 19);
    run_sql(f->pg, "UPDATE job SET run_at = now() + interval '1 h', failures = 1 WHERE operation_id = '%s'", op.id);
    redis_do(f, "DEL {}:queue:history");
    redis_do(f, "HSET {}:op:%s out 0", op.id);
    redis_do(f, "ZADD {}:delayed:history 99999999999999 %s", op.id);
    for (int i = 0; i < 3; i++)
        pass(f);
    assert_int_equal(tally_of(f, op.id).generation, 1);
    assert_redis_text("1", f, "HGET {}:op:%s retrying", op.id);
    redis_do(f, "DEL {}:delayed:history"); /* and when their entry is lost, it is armed again */
    pass(f);
    assert_int_equal(redis_number(f, "ZCARD {}:delayed:history"), 1);
    assert_int_equal(tally_of(f, op.id).generation, 1);
}

/* Ms until the operation's entry falls due, by Redis' clock. */
static int64_t entry_ms(struct fixture *f, const struct op *op)
{
    int64_t at = redis_number(f, "ZSCORE {}:delayed:history %s", op->id);
    return at - redis_number(f, "EVAL return(redis.call('TIME')[1]*1000) 0");
}

static void an_entry_that_comes_too_late_is_moved_to_the_time_of_the_earliest_retry(void **state)
{
    struct fixture *f = *state;
    struct op op = swept(f, f->quick, 20);
    finish(f, &op, 1, 19);
    redis_do(f, "DEL {}:queue:history");
    redis_do(f, "HSET {}:op:%s out 0", op.id);
    static const struct {
        const char *due, *entry;
        int64_t least_ms, most_ms;
    } cases[] = {{"-1 s", "99999999999999", -5000, 2000},
                 {"20 s", "99999999999999", 10000, 22000},
                 {"20 s", "inf", 10000, 22000},
                 {"1 h", "1", INT64_MIN, 0}}; /* what comes too early costs one look: it stays */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run_sql(f->pg, "UPDATE job SET run_at = now() + interval '%s', failures = 1 WHERE operation_id = '%s'",
                cases[i].due, op.id);
        redis_do(f, "ZADD {}:delayed:history %s %s", cases[i].entry, op.id);
        pass(f);
        assert_true(entry_ms(f, &op) >= cases[i].least_ms && entry_ms(f, &op) <= cases[i].most_ms);
    }
    assert_int_equal(tally_of(f, op.id).generation, 1);
}

static void a_paused_operation_wakes_no_worker(void **state)
{
    struct fixture *f = *state;
    struct op op = swept(f, f->quick, 20);
    run_sql(f->pg, "UPDATE job SET run_at = now(), failures = 1 WHERE operation_id = '%s'", op.id);
    run_sql(f->pg, "UPDATE tally SET state = 'paused', version = version + 1 WHERE operation_id = '%s'", op.id);
    pass(f);
    assert_int_equal(redis_number(f, "ZCARD {}:delayed:history"), 0);
    run_sql(f->pg, "UPDATE tally SET state = 'running', version = version + 1 WHERE operation_id = '%s'", op.id);
}

/* A single job of a suspect chunk was lost; the retries of others have their entry. That does not lead to it. */
static void a_job_that_waits_for_no_time_is_stranded_whatever_the_retries_have(void **state)
{
    struct fixture *f = *state;
    struct op op = swept(f, f->quick, 20);
    finish(f, &op, 1, 18);
    run_sql(f->pg,
            "UPDATE job SET run_at = now() + interval '1 h', failures = 1 WHERE operation_id = '%s' AND seq = 19",
            op.id);
    redis_do(f, "DEL {}:queue:history");
    redis_do(f, "HSET {}:op:%s out 0", op.id);
    for (int i = 0; i < 3; i++)
        pass(f);
    assert_int_equal(tally_of(f, op.id).generation, 2);
    assert_int_equal(redis_number(f, "LLEN {}:queue:history"), 1);
}

static void a_resume_that_was_not_dispatched_is_followed(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op op = swept(f, f->quick, 100);
    assert_fine(operation_pause(f->other, op.id, &tally, &error));
    pass(f);
    assert_redis_text("paused", f, "HGET {}:op:%s state", op.id);
    assert_fine(operation_resume(f->other, op.id, &tally, &error));
    redis_do(f, "DEL {}:queue:history");
    pass(f);
    assert_dispatched(f, &op, 2, 1);
    assert_redis_text("running", f, "HGET {}:op:%s state", op.id);
}

static void heartbeat(struct fixture *f, const char *worker, int executors)
{
    redis_do(f, "ZADD {}:workers 1 %s", worker);
    redis_do(f, "SET {}:worker:%s {\"executors\":{\"history\":%d}}", worker, executors);
}

static void executors_are_shared_fairly(void **state)
{
    struct fixture *f = *state;
    struct op one = swept(f, f->quick, 100);
    heartbeat(f, "w_one", 1);
    pass(f);
    assert_redis_text("2", f, "HGET {}:op:%s window", one.id); /* twice an executor */
    struct op two = swept(f, f->quick, 100);
    assert_redis_text("1", f, "HGET {}:op:%s window", one.id);
    assert_redis_text("1", f, "HGET {}:op:%s window", two.id);
    heartbeat(f, "w_two", 9);
    pass(f);
    assert_redis_text("3", f, "HGET {}:op:%s window", one.id); /* never more than its own */
    redis_do(f, "DEL {}:worker:w_one {}:worker:w_two");
    pass(f);
    assert_redis_text("3", f, "HGET {}:op:%s window", one.id); /* no worker there: as it was asked for */
}

/* ---- phases -------------------------------------------------------------------------------------------------- */

static void a_phase_that_no_worker_ended_is_ended_and_the_next_planned(void **state)
{
    struct fixture *f = *state;
    struct op op = swept(f, f->twofold, 20);
    finish(f, &op, 1, 20);
    pass(f);
    struct tally tally = tally_of(f, op.id);
    assert_int_equal(tally.phase, 1);
    assert_int_equal(tally.total, 40);
    assert_redis_text("1", f, "HGET {}:op:%s phase", op.id);
    finish(f, &op, 21, 40);
    pass(f);
    assert_int_equal(tally_of(f, op.id).state, OP_COMPLETED);
    pass(f);
    assert_redis_text("completed", f, "HGET {}:op:%s state", op.id);
    assert_redis_text("40", f, "HGET {}:op:%s succeeded", op.id);
    assert_int_equal(redis_number(f, "SISMEMBER {}:ops %s", op.id), 0);
    int64_t ttl = redis_number(f, "TTL {}:op:%s", op.id);
    assert_true(ttl > DISPATCH_KEEP_S - 60 && ttl <= DISPATCH_KEEP_S);
}

static void an_operation_without_jobs_ends(void **state)
{
    struct fixture *f = *state;
    struct op op = swept(f, f->twofold, 0);
    assert_int_equal(tally_of(f, op.id).state, OP_COMPLETED);
}

static void pushing_on_says_when_a_plan_is_not_finished(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    bool more = false;
    struct op op = accept_new(f, f->quick, 4 * PLAN_STEP);
    assert_fine(sweep_push_on(sweeper, op.id, 1, &more, &error)); /* a millisecond is a step */
    assert_true(more);
    assert_false(tally_of(f, op.id).planned);
    while (more)
        assert_fine(sweep_push_on(sweeper, op.id, 1000, &more, &error));
    assert_int_equal(tally_of(f, op.id).total, 4 * PLAN_STEP);
}

/* ---- other sweepers, other timelines ------------------------------------------------------------------------- */

static void one_sweeps_at_a_time(void **state)
{
    struct fixture *f = *state;
    struct op op = accept_new(f, f->quick, 100);
    run_sql(f->other, "BEGIN");
    run_sql(f->other, "SELECT pg_try_advisory_xact_lock(hashtextextended('sweep live', 0))");
    assert_false(pass(f));
    assert_int_equal(redis_number(f, "EXISTS {}:op:%s", op.id), 0);
    run_sql(f->other, "COMMIT");
    pass(f);
    assert_int_equal(redis_number(f, "EXISTS {}:op:%s", op.id), 1);
}

static void a_new_timeline_of_postgresql_raises_every_generation_once(void **state)
{
    struct fixture *f = *state;
    struct op op = swept(f, f->quick, 100);
    int64_t before = tally_of(f, op.id).generation;
    run_sql(f->pg, "UPDATE store_state SET timeline = 77"); /* as if a standby had taken over */
    pass(f);
    assert_int_equal(tally_of(f, op.id).generation, before + 1);
    assert_int_equal(redis_number(f, "HGET {}:op:%s gen", op.id), before + 1);
    pass(f);
    assert_int_equal(tally_of(f, op.id).generation, before + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fresh(what_a_producer_could_not_dispatch_is_planned_and_opened),
        fresh(a_missing_hash_is_opened_again),
        fresh(a_lost_chunk_raises_the_generation_after_two_passes),
        fresh(a_chunk_that_is_held_or_suspected_is_not_lost),
        fresh(a_miss_that_mends_itself_is_forgotten),
        fresh(jobs_that_nothing_leads_to_are_dispatched_again),
        fresh(waiting_retries_are_not_stranded),
        fresh(an_entry_that_comes_too_late_is_moved_to_the_time_of_the_earliest_retry),
        fresh(a_paused_operation_wakes_no_worker),
        fresh(a_job_that_waits_for_no_time_is_stranded_whatever_the_retries_have),
        fresh(a_resume_that_was_not_dispatched_is_followed),
        fresh(executors_are_shared_fairly),
        fresh(a_phase_that_no_worker_ended_is_ended_and_the_next_planned),
        fresh(an_operation_without_jobs_ends),
        fresh(pushing_on_says_when_a_plan_is_not_finished),
        fresh(one_sweeps_at_a_time),
        fresh(a_new_timeline_of_postgresql_raises_every_generation_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
