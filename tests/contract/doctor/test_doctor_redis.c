/* The checker of the invariants: what it finds in Redis (I5 to I7, I9, I10), and what it can mend there. */
#include "tests/contract/doctor/doctor_test.h"

/* ---- I5, I6 ------------------------------------------------------------------------------------------------------ */

static void i5_a_lost_chunk(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "LPOP :queue:delivery");
    assert_violation(t, 5, RUNS);
    assert_repair(t, "generation raised");
    run_command(t, "DEL :suspects:delivery"); /* chunks of the old generation stay in the queue: they die when taken */
    assert_well(t);
}

static void i5_an_operation_that_redis_does_not_know(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "DEL :op:" RUNS " :queue:delivery :delayed:delivery");
    assert_violation(t, 5, RUNS);
    assert_repair(t, "generation raised");
    assert_well(t);
}

static void i5_a_phase_that_no_worker_advances(void **state)
{
    struct queue_test *t = *state;
    sql(t, "DELETE FROM exclusive; DELETE FROM job; UPDATE tally SET total = 5 WHERE operation_id = '" RUNS "'");
    run_command(t, "HSET :op:" RUNS " total 5");
    assert_violation(t, 5, RUNS);
    assert_repair(t, "advanced: now completed");
    assert_well(t);
}

static void i5_an_entry_that_comes_too_late(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "ZADD :delayed:delivery 99999999999999 " RUNS);
    assert_violation(t, 5, RUNS);
}

static void i5_retries_of_which_redis_knows_nothing(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "DEL :delayed:delivery");
    assert_violation(t, 5, RUNS);
    assert_repair(t, "generation raised");
    run_command(t, "DEL :suspects:delivery");
    assert_well(t);
}

static void i5_a_retry_that_its_dead_worker_had_loaded(void **state)
{
    sql(*state, "UPDATE job SET worker = 'w_gone', load = 1 WHERE seq = 10");
    assert_violation(*state, 5, RUNS);
}

static void i5_a_retry_that_its_living_worker_does_not_have(void **state)
{
    struct queue_test *t = *state;
    sql(t, "UPDATE job SET worker = 'w_live', load = 7 WHERE seq = 10");
    run_command(t, "SET :worker:w_live {\"executors\":{\"delivery\":1},\"loads\":{\"last\":8,\"held\":[8]}}");
    assert_violation(t, 5, RUNS);
}

static void a_retry_that_is_in_hand_or_suspect_is_in_order(void **state)
{
    struct queue_test *t = *state;
    sql(t, "UPDATE job SET worker = 'w_live', load = 7 WHERE seq = 10");
    run_command(t, "SET :worker:w_live {\"executors\":{\"delivery\":1},\"loads\":{\"last\":8,\"held\":[7,8]}}");
    assert_well(t);
    sql(t, "UPDATE job SET worker = 'w_gone' WHERE seq = 10");
    run_command(t, "RPUSH :suspects:delivery {\"by\":\"w_gone\",\"op\":\"" RUNS "\",\"gen\":1,\"due\":true}");
    run_command(t, "HSET :op:" RUNS " dues 1");
    assert_well(t);
}

static void i5_an_old_generation(void **state)
{
    sql(*state, "UPDATE tally SET generation = 2, version = version + 1 WHERE operation_id = '" RUNS "'");
    assert_violation(*state, 5, RUNS);
}

static void i5_a_cancel_flag_that_no_worker_reads(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "HSET :op:" RUNS " cancelled true");
    assert_violation(t, 5, RUNS);
}

static void i5_nothing_is_wanted_of_what_is_paused(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "DEL :queue:delivery :delayed:delivery");
    sql(t, "UPDATE tally SET state = 'paused', version = version + 1 WHERE operation_id = '" RUNS "'");
    assert_well(t);
}

static void without_workers_what_they_would_mend_is_a_warning(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "DEL :workers");
    run_command(t, "LPOP :queue:delivery");
    assert_only(t, 5, DOCTOR_WARNING, RUNS);
    struct doctor_options options = options_at_rest();
    struct doctor_report *report = check_with(t, &options);
    assert_true(says(report, 0, DOCTOR_WARNING, "no worker lives; 1 operations wait"));
    assert_int_equal(doctor_worst(report), DOCTOR_WARNING);
    doctor_report_drop(report);
}

static void i6_chunks_of_a_silent_worker(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "LMOVE :queue:delivery :active:delivery:w_dead LEFT RIGHT");
    run_command(t, "ZADD :workers 1 w_dead");
    assert_violation(t, 6, "w_dead");
    run_command(t, "ZADD :workers 99999999999999 w_dead");
    assert_well(t);
}

static void i6_a_list_that_no_worker_looks_at(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "RPUSH :inbox:active:w_forgotten item");
    assert_only(t, 6, DOCTOR_WARNING, "w_forgotten");
}

/* ---- I7 ---------------------------------------------------------------------------------------------------------- */

static void i7_redis_ahead(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "HSET :op:" RUNS " version 6");
    assert_violation(t, 7, RUNS);
}

static void i7_other_counts_at_the_same_version(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "HSET :op:" RUNS " succeeded 4 completed 6");
    assert_violation(t, 7, RUNS);
}

static void i7_more_done_than_postgresql_knows(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "HSET :op:" RUNS " version 4 completed 6");
    assert_violation(t, 7, RUNS);
    run_command(t, "HSET :op:" RUNS " version 4 completed 4"); /* behind is allowed while it runs */
    assert_well(t);
}

static void i7_a_hash_that_does_not_see_the_end(void **state)
{
    struct queue_test *t = *state;
    struct err_info error;
    struct dispatch dispatch = {t->redis, t->prefix};
    sql(t, "UPDATE tally SET state = 'running' WHERE operation_id = '" DONE "'");
    assert_fine(dispatch_open(&dispatch, t->pg, DONE, &error));
    sql(t, "UPDATE tally SET state = 'completed', version = version + 1 WHERE operation_id = '" DONE "'");
    run_command(t, "EXPIRE :op:" DONE " 1000");
    assert_violation(t, 7, DONE);
    assert_repair(t, "carried into Redis");
    assert_well(t);
}

/* ---- I9, I10 ----------------------------------------------------------------------------------------------------- */

static void i9_more_chunks_than_the_window(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "RPUSH :queue:delivery {\"op\":\"" RUNS "\",\"gen\":1,\"from\":10,\"to\":10,\"w\":1}");
    run_command(t, "HINCRBY :op:" RUNS " out 1");
    assert_violation(t, 9, RUNS);
}

static void i9_chunks_that_are_not_counted(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "HINCRBY :op:" RUNS " out -1");
    assert_violation(t, 9, RUNS);
}

static void i9_a_list_of_refusals_without_end(void **state)
{
    struct queue_test *t = *state;
    redis_args_reset(t->args);
    redis_arg(t->args, "RPUSH");
    name_plain(t->args, t->prefix, "inbox:rejected");
    for (int i = 0; i < 1001; i++)
        redis_arg(t->args, "{}");
    struct err_info error;
    assert_fine(redis_run(t->redis, t->args, NULL, &error));
    assert_violation(t, 9, "inbox:rejected");
}

static void i9_a_hash_that_is_too_big(void **state)
{
    struct queue_test *t = *state;
    struct err_info error;
    char *text = mem_alloc(100000);
    memset(text, 'x', 100000);
    redis_args_reset(t->args);
    redis_arg(t->args, "HSET");
    name_operation(t->args, t->prefix, RUNS);
    redis_arg(t->args, "subject");
    redis_arg_len(t->args, text, 100000);
    assert_fine(redis_run(t->redis, t->args, NULL, &error));
    free(text);
    assert_violation(t, 9, ":op:" RUNS);
}

static void a_stray_hash_is_given_an_expiry(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "HSET :op:op_unknown cancelled true");
    assert_only(t, 9, DOCTOR_WARNING, ":op:op_unknown");
    assert_repair(t, "an expiry");
    assert_in_range(number_from(t, "TTL :op:op_unknown"), 1, DISPATCH_KEEP_S);
    assert_well(t);
}

static void the_count_of_the_inbox_is_no_stray_hash(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "HSET :inbox:count era 01M8R16NENVMQE30WZE7SPBVJ0 taken 1");
    assert_well(t);
}

static void i10_a_token_in_redis(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "HSET :op:" RUNS " subject https://ghp_abc@example.org/x");
    assert_violation(t, 10, ":op:" RUNS);
    run_command(t, "HSET :op:" RUNS " subject harmless");
    run_command(t, "RPUSH :inbox {\"definition\":\"x\",\"args\":{\"url\":\"https://name:word@example.org\"}}");
    assert_violation(t, 10, ":inbox");
}

static void i10_a_token_in_a_text_of_an_error(void **state)
{
    struct queue_test *t = *state;
    sql(t, "UPDATE job_outcome SET error = 'HTTP 401 for Bearer abc' WHERE operation_id = '" RUNS "' AND seq = 4");
    assert_violation(t, 10, "outcome " RUNS "/4");
    sql(t, "UPDATE job_outcome SET error = 'HTTP 401 https://example.org:80/a?b=c@d' WHERE operation_id = '" RUNS
           "' AND seq = 4");
    assert_well(t);
}

static void the_marks_of_secrets(void **state)
{
    (void)state;
    static const char *const secrets[] = {
        "x ghp_1",          "github_pat_11",
        "Authorization: x", "-----BEGIN RSA PRIVATE KEY",
        "https://a:b@c/",   "0123456789abcdef0123456789abcdef:0123456789abcdef0123456789abcdef:00ff",
    };
    static const char *const harmless[] = {
        "",
        "https://a.b:80/c@d",
        "https://name@host/",
        "a sha 0123456789abcdef0123456789abcdef:12",
        "ssh://git@host:22/x",
        "op_01HKM0000000000000000000A1",
    };
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (!doctor_looks_secret(secrets[i], strlen(secrets[i]), NULL))
            fail_msg("not noticed: %s", secrets[i]);
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (doctor_looks_secret(harmless[i], strlen(harmless[i]), NULL))
            fail_msg("wrongly noticed: %s", harmless[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(i5_a_lost_chunk),
        TEST(i5_an_operation_that_redis_does_not_know),
        TEST(i5_a_phase_that_no_worker_advances),
        TEST(i5_an_entry_that_comes_too_late),
        TEST(i5_retries_of_which_redis_knows_nothing),
        TEST(i5_a_retry_that_its_dead_worker_had_loaded),
        TEST(i5_a_retry_that_its_living_worker_does_not_have),
        TEST(a_retry_that_is_in_hand_or_suspect_is_in_order),
        TEST(i5_an_old_generation),
        TEST(i5_a_cancel_flag_that_no_worker_reads),
        TEST(i5_nothing_is_wanted_of_what_is_paused),
        TEST(without_workers_what_they_would_mend_is_a_warning),
        TEST(i6_chunks_of_a_silent_worker),
        TEST(i6_a_list_that_no_worker_looks_at),
        TEST(i7_redis_ahead),
        TEST(i7_other_counts_at_the_same_version),
        TEST(i7_more_done_than_postgresql_knows),
        TEST(i7_a_hash_that_does_not_see_the_end),
        TEST(i9_more_chunks_than_the_window),
        TEST(i9_chunks_that_are_not_counted),
        TEST(i9_a_list_of_refusals_without_end),
        TEST(i9_a_hash_that_is_too_big),
        TEST(a_stray_hash_is_given_an_expiry),
        TEST(the_count_of_the_inbox_is_no_stray_hash),
        TEST(i10_a_token_in_redis),
        TEST(i10_a_token_in_a_text_of_an_error),
        cmocka_unit_test(the_marks_of_secrets),
    };
    return cmocka_run_group_tests(tests, queue_test_open, queue_test_close);
}
