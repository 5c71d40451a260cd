/* Settle: of all workers that hold a job, only one ends it; none does after a cancel, or without the lease. */
#include "tests/contract/queue/settle_test.h"

/* ---- the fence ----------------------------------------------------------------------------------------------- */

static void of_two_that_settle_one_wins(void **state)
{
    struct fixture *f = *state;
    struct op op = accept_planned(f, f->quick, 6);
    struct hand one = take(f->pg, &op, 1, 4), two = take(f->other, &op, 3, 6);
    struct effects effects_one = with_effects(f, &one), effects_two = with_effects(f, &two);
    use_effects(&one, &effects_one);
    use_effects(&two, &effects_two);
    rule_all(&one, OUTCOME_SUCCEEDED);
    rule_all(&two, OUTCOME_FAILED);
    struct settle_result settled = settle_well(f->pg, &one);
    assert_int_equal(settled.ended, 4);
    settled = settle_well(f->other, &two);
    assert_int_equal(settled.ended, 2);
    assert_int_equal(settled.lost, 2);
    assert_int_equal(settled.tally.succeeded, 4);
    assert_int_equal(settled.tally.failed, 2);
    assert_int_equal(effects_of(f, &op), 6); /* each once */
    settled = settle_well(f->pg, &one);      /* repeated: harmless */
    assert_false(settled.any);
    assert_int_equal(settled.lost, 4);
    assert_int_equal(effects_of(f, &op), 6);
    put_down(&one);
    put_down(&two);
}

static void a_stale_attempt_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct op op = accept_planned(f, f->quick, 2);
    struct hand stale = take(f->pg, &op, 1, 2), fresh = take(f->pg, &op, 1, 2);
    rule_all(&fresh, OUTCOME_RETRY);
    struct settle_result settled = settle_well(f->pg, &fresh);
    rule(&stale, 0, OUTCOME_SUCCEEDED, NULL, NULL);
    rule(&stale, 1, OUTCOME_RETRY, "stale", NULL);
    settled = settle_well(f->pg, &stale);
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
    struct settle_result settled;
    struct op op = accept_planned(f, f->quick, 4);
    struct hand hand = take(f->pg, &op, 1, 4);
    struct effects effects = with_effects(f, &hand);
    use_effects(&hand, &effects);
    assert_fine(operation_cancel(f->other, op.id, &tally, &error));
    rule_all(&hand, OUTCOME_SUCCEEDED);
    assert_int_equal(settle(f->pg, &hand.settlement, &settled, &error), ERR_FENCED);
    assert_string_equal(error.sqlstate, "RP001");
    rule_all(&hand, OUTCOME_RETRY);
    assert_int_equal(settle(f->pg, &hand.settlement, &settled, &error), ERR_FENCED);
    assert_int_equal(open_jobs(f, &op), 4); /* the deletes were undone */
    assert_int_equal(effects_of(f, &op), 0);
    assert_int_equal(tally_of(f, op.id).version, tally.version);
    put_down(&hand);
}

/* ---- the lease ----------------------------------------------------------------------------------------------- */

static void claim(struct fixture *f, const struct op *op, struct hand *hand, struct lease *lease)
{
    struct err_info error;
    assert_fine(lease_claim(f->pg, &(struct claim){op->id, &hand->load->jobs[0], "w_test"}, lease, &error));
    hand->load->jobs[0].attempt = lease->attempt;
    hand->settlement.exclusive_key = lease->key;
}

static void a_lease_taken_over_undoes_the_whole_settle(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct settle_result settled;
    struct lease lease;
    struct op op = accept_planned(f, f->lengthy, 1);
    struct hand hand = take(f->pg, &op, 1, 1);
    claim(f, &op, &hand, &lease);
    rule_all(&hand, OUTCOME_SUCCEEDED);
    run_sql(f->other, "UPDATE exclusive SET worker = 'w_thief', attempt = attempt + 1 WHERE operation_id = '%s'",
            op.id);
    assert_int_equal(settle(f->pg, &hand.settlement, &settled, &error), ERR_FENCED);
    assert_string_equal(error.sqlstate, "RP002");
    assert_int_equal(open_jobs(f, &op), 1);
    run_sql(f->other, "UPDATE exclusive SET attempt = attempt - 1 WHERE operation_id = '%s'", op.id);
    settled = settle_well(f->pg, &hand);
    assert_int_equal(settled.ended, 1);
    assert_int_equal(number_of(f->other, "SELECT count(*) FROM exclusive WHERE operation_id = '%s'", op.id), 0);
    lease_fini(&lease);
    put_down(&hand);
}

static void a_retry_gives_its_lease_back(void **state)
{
    struct fixture *f = *state;
    struct lease lease;
    struct op op = accept_planned(f, f->lengthy, 1);
    struct hand hand = take(f->pg, &op, 1, 1);
    claim(f, &op, &hand, &lease);
    rule_all(&hand, OUTCOME_RETRY);
    struct settle_result settled = settle_well(f->pg, &hand);
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
    struct lease lease, none;
    struct op op = accept_planned(f, f->lengthy, 1);
    struct hand hand = take(f->pg, &op, 1, 1);
    assert_fine(lease_claim(f->pg, &(struct claim){op.id, &hand.load->jobs[0], "w_holder"}, &lease, &error));
    struct hand copy = take(f->other, &op, 1, 1);
    assert_int_equal(copy.load->jobs[0].attempt, lease.attempt);
    assert_int_equal(lease_claim(f->other, &(struct claim){op.id, &copy.load->jobs[0], "w_copy"}, &none, &error),
                     ERR_BUSY);
    rule_all(&copy, OUTCOME_PUT_OFF);
    struct settle_result settled = settle_well(f->other, &copy);
    put_down(&copy);

    hand.load->jobs[0].attempt = lease.attempt;
    hand.settlement.exclusive_key = lease.key;
    rule_all(&hand, OUTCOME_SUCCEEDED);
    settled = settle_well(f->pg, &hand);
    assert_int_equal(settled.ended, 1);
    lease_fini(&lease);
    put_down(&hand);
}

#define checked(test) cmocka_unit_test_teardown(test, check_invariants)

int main(void)
{
    const struct CMUnitTest tests[] = {
        checked(of_two_that_settle_one_wins),    checked(a_stale_attempt_changes_nothing),
        checked(after_a_cancel_nothing_commits), checked(a_lease_taken_over_undoes_the_whole_settle),
        checked(a_retry_gives_its_lease_back),   checked(a_copy_that_is_put_off_does_not_disown_the_holder),
    };
    return cmocka_run_group_tests(tests, settle_setup, queue_teardown);
}
