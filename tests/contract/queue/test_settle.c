/* Settle: results become outcomes and counts, and what becomes of it when something goes wrong in the middle. */
#include "tests/contract/queue/settle_test.h"

/* ---- the good case ------------------------------------------------------------------------------------------- */

static void each_result_becomes_an_outcome_and_a_count(void **state)
{
    struct fixture *f = *state;
    struct op op = accept_planned(f, f->quick, 5);
    struct hand hand = take(f->pg, &op, 1, 10);
    struct effects effects = with_effects(f, &hand);
    assert_int_equal(hand.settlement.count, 5);
    use_effects(&hand, &effects);
    rule(&hand, 0, OUTCOME_SUCCEEDED, NULL, "{\"bytes\": 7}");
    rule(&hand, 1, OUTCOME_FAILED, "it said \"no\"", NULL);
    rule(&hand, 2, OUTCOME_SKIPPED, "nothing to do", "{}");
    rule(&hand, 4, OUTCOME_SUCCEEDED, NULL, NULL); /* the one before it was not begun */
    struct settle_result settled = settle_well(f->pg, &hand);
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
    rule_all(&hand, OUTCOME_SUCCEEDED);
    rule(&hand, 3, OUTCOME_RETRY, "again", NULL);
    struct settle_result settled = settle_well(f->pg, &hand);
    assert_int_equal(settled.ended, 3);
    assert_int_equal(settled.retried, 1);
    assert_int_equal(settled.tally.state, OP_PAUSED);
    put_down(&hand);
}

static void retries_and_what_is_put_off_stay_open(void **state)
{
    struct fixture *f = *state;
    struct op op = accept_planned(f, f->quick, 3);
    struct hand hand = take(f->pg, &op, 1, 3);
    struct effects effects = with_effects(f, &hand);
    use_effects(&hand, &effects);
    rule(&hand, 0, OUTCOME_RETRY, "503", NULL);
    rule(&hand, 1, OUTCOME_PUT_OFF, NULL, NULL);
    hand.settlement.results[0].delay_ms = hand.settlement.results[1].delay_ms = 60000;
    struct settle_result settled = settle_well(f->pg, &hand);
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
    struct op op = accept_planned(f, f->quick, 1);
    for (int i = 0; i < 2; i++) {
        struct hand hand = take(f->pg, &op, 1, 1);
        rule(&hand, 0, i == 0 ? OUTCOME_RETRY : OUTCOME_PUT_OFF, i == 0 ? "first" : NULL, NULL);
        assert_int_equal(hand.settlement.jobs[0].failures, i);
        assert_int_equal(settle_well(f->pg, &hand).retried, 1);
        put_down(&hand);
    }
    assert_sql_text("1 1 first", f->other,
                    "SELECT attempt || ' ' || failures || ' ' || last_error FROM job WHERE operation_id = '%s'", op.id);
}

/* ---- trouble ------------------------------------------------------------------------------------------------- */

static void one_bad_row_fails_alone_with_the_reason(void **state)
{
    struct fixture *f = *state;
    struct op op = accept_planned(f, f->quick, 5);
    struct hand hand = take(f->pg, &op, 1, 5);
    struct effects effects = with_effects(f, &hand);
    use_effects(&hand, &effects);
    rule_all(&hand, OUTCOME_SUCCEEDED);
    rule(&hand, 2, OUTCOME_SUCCEEDED, NULL, "{\"name\": \"\\u0000\"}"); /* jsonb takes no NUL */
    struct settle_result settled = settle_well(f->pg, &hand);
    assert_int_equal(settled.ended, 5);
    assert_int_equal(settled.tally.succeeded, 4);
    assert_int_equal(settled.tally.failed, 1);
    assert_int_equal(hand.settlement.results[2].outcome, OUTCOME_FAILED);
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
    static const enum outcome VERDICTS[] = {OUTCOME_SKIPPED, OUTCOME_FAILED, OUTCOME_RETRY};
    struct fixture *f = *state;
    struct op op = accept_planned(f, f->quick, 6);
    struct hand hand = take(f->pg, &op, 1, 6);
    for (size_t i = 0; i < 3; i++) {
        rule(&hand, 2 * i, VERDICTS[i], "not UTF-8: \xff", NULL);
        rule(&hand, 2 * i + 1, VERDICTS[i], "well", NULL);
    }
    struct settle_result settled = settle_well(f->pg, &hand);
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
    struct settle_result settled;
    struct op op = accept_planned(f, f->quick, 3);
    struct hand hand = take(f->pg, &op, 1, 3);
    struct effects effects = with_effects(f, &hand);
    effects.victim = number_of(f->pg, "SELECT pg_backend_pid()");
    use_effects(&hand, &effects);
    rule_all(&hand, OUTCOME_SUCCEEDED);
    assert_int_equal(settle(f->pg, &hand.settlement, &settled, &error), ERR_UNREACHABLE);
    assert_int_equal(open_jobs(f, &op), 3);
    assert_int_equal(effects_of(f, &op), 0);
    assert_int_equal(tally_of(f, op.id).succeeded, 0);
    assert_fine(pg_ready(f->pg, &error));
    settled = settle_well(f->pg, &hand); /* the same again */
    assert_int_equal(settled.ended, 3);
    assert_int_equal(effects_of(f, &op), 3);
    put_down(&hand);
}

static void a_large_scattered_settle_finds_its_rows(void **state)
{
    struct fixture *f = *state;
    struct op op = accept_planned(f, f->quick, 900);
    struct hand hand = take(f->pg, &op, 1, 900);
    for (size_t i = 0; i < 900; i += 9)
        rule(&hand, i, OUTCOME_SUCCEEDED, NULL, NULL);
    struct settle_result settled = settle_well(f->pg, &hand);
    assert_int_equal(settled.ended, 100);
    assert_int_equal(
        number_of(f->other, "SELECT count(*) FROM job_outcome WHERE operation_id = '%s' AND seq %% 9 = 1", op.id), 100);
    put_down(&hand);
}

#define checked(test) cmocka_unit_test_teardown(test, check_invariants)

int main(void)
{
    const struct CMUnitTest tests[] = {
        checked(each_result_becomes_an_outcome_and_a_count),
        checked(a_paused_operation_settles_what_is_in_hand),
        checked(retries_and_what_is_put_off_stay_open),
        checked(a_due_retry_keeps_its_reason_and_counts_on),
        checked(one_bad_row_fails_alone_with_the_reason),
        checked(texts_that_are_refused_do_not_hold_a_job_for_ever),
        checked(a_backend_that_ends_between_the_messages_leaves_nothing),
        checked(a_large_scattered_settle_finds_its_rows),
    };
    return cmocka_run_group_tests(tests, settle_setup, queue_teardown);
}
