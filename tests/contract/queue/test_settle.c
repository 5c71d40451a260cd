/* Settle: the fence, the counts, and what becomes of it when something goes wrong in the middle. */
#include "tests/contract/queue/fixture.h"

enum { EFFECT = STATEMENT_FREE - 1 };
static const struct sql effect = {"test/effect", EFFECT,
                                  "INSERT INTO public.effect SELECT $1, * FROM unnest($2::bigint[])"};

/* The effect of a job: its seq in a table. The callback may also do mischief between the two messages. */
struct effects {
    struct fixture *fixture;
    const struct settlement *settlement;
    int64_t victim; /* a backend to be ended at the first call; 0 = none */
    int calls;
};

static void add_effects(struct pg_batch *batch, const size_t *mine, size_t count, void *context)
{
    struct effects *effects = context;
    int64_t seqs[64];
    assert_true(count <= sizeof seqs / sizeof *seqs);
    for (size_t i = 0; i < count; i++)
        seqs[i] = effects->settlement->jobs[mine[i]].seq;
    struct pg_args *args = pg_batch_add(batch, &effect);
    pg_arg_text(args, effects->settlement->operation_id);
    pg_arg_int8s(args, seqs, count);
    if (effects->calls++ == 0 && effects->victim != 0)
        run_sql(effects->fixture->other, "SELECT pg_terminate_backend(%d, 30000)", (int)effects->victim);
}

static struct effects with_effects(struct fixture *f, struct hand *hand)
{
    return (struct effects){.fixture = f, .settlement = &hand->settlement};
}

static void use_effects(struct hand *hand, struct effects *effects)
{
    hand->settlement.effects = add_effects;
    hand->settlement.context = effects;
}

static int64_t effects_of(struct fixture *f, const struct op *op)
{
    return number_of(f->other, "SELECT count(*) FROM public.effect WHERE operation_id = '%s'", op->id);
}

static int64_t open_jobs(struct fixture *f, const struct op *op)
{
    return number_of(f->other, "SELECT count(*) FROM job WHERE operation_id = '%s'", op->id);
}

static int setup(void **state)
{
    queue_setup(state);
    struct fixture *f = *state;
    run_sql(f->pg, "CREATE TABLE public.effect (operation_id text, seq bigint CHECK (seq <> 1000007))");
    return 0;
}

/* ---- the good case ------------------------------------------------------------------------------------------- */

static void each_verdict_becomes_an_outcome_and_a_count(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct settled settled;
    struct op op = accept_planned(f, f->quick, 5);
    struct hand hand = take(f->pg, &op, 1, 10);
    struct effects effects = with_effects(f, &hand);
    assert_int_equal(hand.settlement.count, 5);
    use_effects(&hand, &effects);
    rule(&hand, 0, VERDICT_SUCCEEDED, NULL, "{\"bytes\": 7}");
    rule(&hand, 1, VERDICT_FAILED, "it said \"no\"", NULL);
    rule(&hand, 2, VERDICT_SKIPPED, "nothing to do", "{}");
    rule(&hand, 4, VERDICT_SUCCEEDED, NULL, NULL); /* the one before it was not begun */
    assert_fine(settle(f->pg, &hand.settlement, &settled, &error));
    assert_true(settled.any);
    assert_int_equal(settled.ended, 4);
    assert_int_equal(settled.lost + settled.retried, 0);
    assert_int_equal(settled.tally.succeeded, 2);
    assert_int_equal(settled.tally.failed, 1);
    assert_int_equal(settled.tally.skipped, 1);
    assert_int_equal(open_jobs(f, &op), 1);
    assert_int_equal(effects_of(f, &op), 4);
    assert_sql_text(
        "succeeded:(null):{\"bytes\": 7}|failed:it said \"no\":(null)|skipped:nothing to do:{}|succeeded:(null):(null)",
        f->other,
        "SELECT string_agg(outcome || ':' || coalesce(error, '(null)') || ':' || coalesce(result::text, '(null)'), "
        "'|' ORDER BY seq) FROM job_outcome WHERE operation_id = '%s' AND kind = 'quick' AND key = seq::text AND "
        "worker = 'w_test' AND phase = 0",
        op.id);
    put_down(&hand);
}

static void a_paused_operation_settles_what_is_in_hand(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op op = accept_planned(f, f->quick, 4);
    struct hand hand = take(f->pg, &op, 1, 4);
    assert_fine(operation_pause(f->other, op.id, &tally, &error));
    struct settled settled;
    rule_all(&hand, VERDICT_SUCCEEDED);
    rule(&hand, 3, VERDICT_RETRY, "again", NULL);
    assert_fine(settle(f->pg, &hand.settlement, &settled, &error));
    assert_int_equal(settled.ended, 3);
    assert_int_equal(settled.retried, 1);
    assert_int_equal(settled.tally.state, OP_PAUSED);
    put_down(&hand);
}

static void retries_and_what_is_put_off_stay_open(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct settled settled;
    struct op op = accept_planned(f, f->quick, 3);
    struct hand hand = take(f->pg, &op, 1, 3);
    struct effects effects = with_effects(f, &hand);
    use_effects(&hand, &effects);
    rule(&hand, 0, VERDICT_RETRY, "503", NULL);
    rule(&hand, 1, VERDICT_PUT_OFF, NULL, NULL);
    hand.settlement.rulings[0].delay_ms = hand.settlement.rulings[1].delay_ms = 60000;
    assert_fine(settle(f->pg, &hand.settlement, &settled, &error));
    assert_false(settled.any);
    assert_int_equal(settled.retried, 2);
    assert_int_equal(effects_of(f, &op), 1); /* of the one that failed, not of the one that did nothing */
    assert_sql_text("1 1 503 60|0 0 - 60|0 0 - -", f->other,
                    "SELECT string_agg(attempt || ' ' || failures || ' ' || coalesce(last_error, '-') || ' ' || "
                    "coalesce(round(extract(epoch FROM run_at - now()))::text, '-'), '|' ORDER BY seq) FROM job "
                    "WHERE operation_id = '%s'",
                    op.id);
    struct load *later = load_range(f->pg, op.id, 1, 3);
    assert_int_equal(later->count, 1); /* the others wait for their time */
    assert_true(later->due_ms > 50000 && later->due_ms <= 60000);
    load_drop(later);
    put_down(&hand);
}

static void a_due_retry_keeps_its_reason_and_counts_on(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct settled settled;
    struct op op = accept_planned(f, f->quick, 1);
    for (int i = 0; i < 2; i++) {
        struct hand hand = take(f->pg, &op, 1, 1);
        rule(&hand, 0, i == 0 ? VERDICT_RETRY : VERDICT_PUT_OFF, i == 0 ? "first" : NULL, NULL);
        assert_int_equal(hand.settlement.jobs[0].failures, i);
        assert_fine(settle(f->pg, &hand.settlement, &settled, &error));
        put_down(&hand);
    }
    assert_sql_text("1 1 first", f->other,
                    "SELECT attempt || ' ' || failures || ' ' || last_error FROM job WHERE operation_id = '%s'", op.id);
}

/* ---- the fence ----------------------------------------------------------------------------------------------- */

static void of_two_that_settle_one_wins(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct settled settled;
    struct op op = accept_planned(f, f->quick, 6);
    struct hand one = take(f->pg, &op, 1, 4), two = take(f->other, &op, 3, 6);
    struct effects effects_one = with_effects(f, &one), effects_two = with_effects(f, &two);
    use_effects(&one, &effects_one);
    use_effects(&two, &effects_two);
    rule_all(&one, VERDICT_SUCCEEDED);
    rule_all(&two, VERDICT_FAILED);
    assert_fine(settle(f->pg, &one.settlement, &settled, &error));
    assert_int_equal(settled.ended, 4);
    assert_fine(settle(f->other, &two.settlement, &settled, &error));
    assert_int_equal(settled.ended, 2);
    assert_int_equal(settled.lost, 2);
    assert_int_equal(settled.tally.succeeded, 4);
    assert_int_equal(settled.tally.failed, 2);
    assert_int_equal(effects_of(f, &op), 6);                       /* each once */
    assert_fine(settle(f->pg, &one.settlement, &settled, &error)); /* repeated: harmless */
    assert_false(settled.any);
    assert_int_equal(settled.lost, 4);
    assert_int_equal(effects_of(f, &op), 6);
    put_down(&one);
    put_down(&two);
}

static void a_stale_attempt_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct settled settled;
    struct op op = accept_planned(f, f->quick, 2);
    struct hand stale = take(f->pg, &op, 1, 2), fresh = take(f->pg, &op, 1, 2);
    rule_all(&fresh, VERDICT_RETRY);
    assert_fine(settle(f->pg, &fresh.settlement, &settled, &error));
    rule(&stale, 0, VERDICT_SUCCEEDED, NULL, NULL);
    rule(&stale, 1, VERDICT_RETRY, "stale", NULL);
    assert_fine(settle(f->pg, &stale.settlement, &settled, &error));
    assert_false(settled.any);
    assert_int_equal(settled.lost, 2);
    assert_int_equal(settled.retried, 0);
    assert_sql_text("1 1|1 1", f->other,
                    "SELECT string_agg(attempt || ' ' || failures, '|') FROM job WHERE operation_id = '%s'", op.id);
    put_down(&stale);
    put_down(&fresh);
}

static void after_a_cancel_nothing_commits(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct settled settled;
    struct op op = accept_planned(f, f->quick, 4);
    struct hand hand = take(f->pg, &op, 1, 4);
    struct effects effects = with_effects(f, &hand);
    use_effects(&hand, &effects);
    assert_fine(operation_cancel(f->other, op.id, &tally, &error));
    rule_all(&hand, VERDICT_SUCCEEDED);
    assert_int_equal(settle(f->pg, &hand.settlement, &settled, &error), ERR_FENCED);
    assert_string_equal(error.sqlstate, "RP001");
    rule_all(&hand, VERDICT_RETRY);
    assert_int_equal(settle(f->pg, &hand.settlement, &settled, &error), ERR_FENCED);
    assert_int_equal(open_jobs(f, &op), 4); /* the deletes were undone */
    assert_int_equal(effects_of(f, &op), 0);
    assert_int_equal(tally_of(f, op.id).version, tally.version);
    put_down(&hand);
}

static void a_lease_taken_over_undoes_the_whole_settle(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct settled settled;
    struct lease lease;
    struct op op = accept_planned(f, f->lengthy, 1);
    struct hand hand = take(f->pg, &op, 1, 1);
    assert_fine(lease_claim(f->pg, op.id, &hand.load->jobs[0], "w_test", &lease, &error));
    hand.load->jobs[0].attempt = lease.attempt;
    hand.settlement.exclusive_key = lease.key;
    rule_all(&hand, VERDICT_SUCCEEDED);
    run_sql(f->other, "UPDATE exclusive SET worker = 'w_thief', attempt = attempt + 1 WHERE operation_id = '%s'",
            op.id);
    assert_int_equal(settle(f->pg, &hand.settlement, &settled, &error), ERR_FENCED);
    assert_string_equal(error.sqlstate, "RP002");
    assert_int_equal(open_jobs(f, &op), 1);
    run_sql(f->other, "UPDATE exclusive SET attempt = attempt - 1 WHERE operation_id = '%s'", op.id);
    assert_fine(settle(f->pg, &hand.settlement, &settled, &error));
    assert_int_equal(settled.ended, 1);
    assert_int_equal(number_of(f->other, "SELECT count(*) FROM exclusive WHERE operation_id = '%s'", op.id), 0);
    lease_fini(&lease);
    put_down(&hand);
}

static void a_retry_gives_its_lease_back(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct settled settled;
    struct lease lease;
    struct op op = accept_planned(f, f->lengthy, 1);
    struct hand hand = take(f->pg, &op, 1, 1);
    assert_fine(lease_claim(f->pg, op.id, &hand.load->jobs[0], "w_test", &lease, &error));
    hand.load->jobs[0].attempt = lease.attempt;
    hand.settlement.exclusive_key = lease.key;
    rule_all(&hand, VERDICT_RETRY);
    assert_fine(settle(f->pg, &hand.settlement, &settled, &error));
    assert_int_equal(settled.retried, 1);
    assert_int_equal(number_of(f->other, "SELECT count(*) FROM exclusive WHERE operation_id = '%s'", op.id), 0);
    lease_fini(&lease);
    put_down(&hand);
}

/* A duplicated chunk: its copy was loaded after the claim, so it carries the holder's own attempt. */
static void a_copy_that_is_put_off_does_not_disown_the_holder(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct settled settled;
    struct lease lease, none;
    struct op op = accept_planned(f, f->lengthy, 1);
    struct hand hand = take(f->pg, &op, 1, 1);
    assert_fine(lease_claim(f->pg, op.id, &hand.load->jobs[0], "w_holder", &lease, &error));
    struct hand copy = take(f->other, &op, 1, 1);
    assert_int_equal(copy.load->jobs[0].attempt, lease.attempt);
    assert_int_equal(lease_claim(f->other, op.id, &copy.load->jobs[0], "w_copy", &none, &error), ERR_BUSY);
    rule_all(&copy, VERDICT_PUT_OFF);
    assert_fine(settle(f->other, &copy.settlement, &settled, &error));
    put_down(&copy);

    hand.load->jobs[0].attempt = lease.attempt;
    hand.settlement.exclusive_key = lease.key;
    rule_all(&hand, VERDICT_SUCCEEDED);
    assert_fine(settle(f->pg, &hand.settlement, &settled, &error));
    assert_int_equal(settled.ended, 1);
    lease_fini(&lease);
    put_down(&hand);
}

/* ---- trouble ------------------------------------------------------------------------------------------------- */

static void one_bad_row_fails_alone_with_the_reason(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct settled settled;
    struct op op = accept_planned(f, f->quick, 5);
    struct hand hand = take(f->pg, &op, 1, 5);
    struct effects effects = with_effects(f, &hand);
    use_effects(&hand, &effects);
    rule_all(&hand, VERDICT_SUCCEEDED);
    rule(&hand, 2, VERDICT_SUCCEEDED, NULL, "{\"name\": \"\\u0000\"}"); /* jsonb takes no NUL */
    assert_fine(settle(f->pg, &hand.settlement, &settled, &error));
    assert_int_equal(settled.ended, 5);
    assert_int_equal(settled.tally.succeeded, 4);
    assert_int_equal(settled.tally.failed, 1);
    assert_int_equal(hand.settlement.rulings[2].verdict, VERDICT_FAILED);
    assert_int_equal(effects_of(f, &op), 4); /* none of the one that failed */
    assert_sql_text(
        "3", f->other,
        "SELECT string_agg(seq::text, ',') FROM job_outcome WHERE operation_id = '%s' AND outcome = 'failed' AND "
        "error LIKE 'queue/settle_outcomes: %%' AND result IS NULL",
        op.id);
    put_down(&hand);
}

static void texts_that_are_refused_do_not_hold_a_job_for_ever(void **state)
{
    static const enum verdict VERDICTS[] = {VERDICT_SKIPPED, VERDICT_FAILED, VERDICT_RETRY};
    struct fixture *f = *state;
    struct err_info error;
    struct settled settled;
    struct op op = accept_planned(f, f->quick, 6);
    struct hand hand = take(f->pg, &op, 1, 6);
    for (size_t i = 0; i < 3; i++) {
        rule(&hand, 2 * i, VERDICTS[i], "not UTF-8: \xff", NULL);
        rule(&hand, 2 * i + 1, VERDICTS[i], "well", NULL);
    }
    assert_fine(settle(f->pg, &hand.settlement, &settled, &error));
    assert_int_equal(settled.ended, 5);
    assert_int_equal(settled.retried, 1);
    assert_int_equal(settled.tally.failed, 4);
    assert_int_equal(settled.tally.skipped, 1);
    put_down(&hand);
}

static void a_backend_that_ends_between_the_messages_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct settled settled;
    struct op op = accept_planned(f, f->quick, 3);
    struct hand hand = take(f->pg, &op, 1, 3);
    struct effects effects = with_effects(f, &hand);
    effects.victim = number_of(f->pg, "SELECT pg_backend_pid()");
    use_effects(&hand, &effects);
    rule_all(&hand, VERDICT_SUCCEEDED);
    assert_int_equal(settle(f->pg, &hand.settlement, &settled, &error), ERR_UNREACHABLE);
    assert_int_equal(open_jobs(f, &op), 3);
    assert_int_equal(effects_of(f, &op), 0);
    assert_int_equal(tally_of(f, op.id).succeeded, 0);
    assert_fine(pg_ready(f->pg, &error));
    assert_fine(settle(f->pg, &hand.settlement, &settled, &error)); /* the same again */
    assert_int_equal(settled.ended, 3);
    assert_int_equal(effects_of(f, &op), 3);
    put_down(&hand);
}

static void a_large_scattered_settle_finds_its_rows(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct settled settled;
    struct op op = accept_planned(f, f->quick, 900);
    struct hand hand = take(f->pg, &op, 1, 900);
    for (size_t i = 0; i < 900; i += 9)
        rule(&hand, i, VERDICT_SUCCEEDED, NULL, NULL);
    assert_fine(settle(f->pg, &hand.settlement, &settled, &error));
    assert_int_equal(settled.ended, 100);
    assert_int_equal(
        number_of(f->other, "SELECT count(*) FROM job_outcome WHERE operation_id = '%s' AND seq %% 9 = 1", op.id), 100);
    put_down(&hand);
}

#define checked(test) cmocka_unit_test_teardown(test, check_invariants)

int main(void)
{
    const struct CMUnitTest tests[] = {
        checked(each_verdict_becomes_an_outcome_and_a_count),
        checked(a_paused_operation_settles_what_is_in_hand),
        checked(retries_and_what_is_put_off_stay_open),
        checked(a_due_retry_keeps_its_reason_and_counts_on),
        checked(of_two_that_settle_one_wins),
        checked(a_stale_attempt_changes_nothing),
        checked(after_a_cancel_nothing_commits),
        checked(a_lease_taken_over_undoes_the_whole_settle),
        checked(a_retry_gives_its_lease_back),
        checked(a_copy_that_is_put_off_does_not_disown_the_holder),
        checked(one_bad_row_fails_alone_with_the_reason),
        checked(texts_that_are_refused_do_not_hold_a_job_for_ever),
        checked(a_backend_that_ends_between_the_messages_leaves_nothing),
        checked(a_large_scattered_settle_finds_its_rows),
    };
    return cmocka_run_group_tests(tests, setup, queue_teardown);
}
