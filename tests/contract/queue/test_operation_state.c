/* The changes of an operation's state: cancel, pause, resume, and the end of its phases. */
#include <stdatomic.h>

#include "tests/contract/queue/fixture.h"

/* ---- cancel -------------------------------------------------------------------------------------------------- */

struct canceller {
    pthread_t thread;
    struct pg *pg;
    const char *id;
    enum err outcome;
    struct tally tally;
    atomic_bool done;
};

static void *cancel_in_thread(void *context)
{
    struct canceller *canceller = context;
    struct err_info error;
    canceller->outcome = operation_cancel(canceller->pg, canceller->id, &canceller->tally, &error);
    atomic_store(&canceller->done, true);
    return NULL;
}

static void cancel_flips_at_once_and_returns_after_the_checkpoints_in_hand(void **state)
{
    struct fixture *f = *state;
    struct op op = accept_planned(f, f->quick, 10);
    finish(f, &op, 1, 4);
    struct canceller canceller = {.pg = connected(f, PG_LIMITS_SERVICE), .id = op.id};
    run_sql(f->pg, "BEGIN"); /* a checkpoint in hand */
    run_sql(f->pg, "SELECT share_tally('%s', true)", op.id);
    assert_int_equal(pthread_create(&canceller.thread, NULL, cancel_in_thread, &canceller), 0);
    while (tally_of(f, op.id).state != OP_CANCELLED)
        continue;
    while (number_of(f->other, "SELECT count(*) FROM pg_locks WHERE NOT granted") == 0)
        continue; /* the drain waits */
    assert_false(atomic_load(&canceller.done));
    assert_int_equal(
        number_of(f->other, "SELECT count(*) FROM tally WHERE operation_id = '%s' AND state IN ('running', 'paused')",
                  op.id),
        0); /* no new fence passes */
    run_sql(f->pg, "UPDATE job SET checkpoint = '{\"last\": true}' WHERE operation_id = '%s' AND seq = 5", op.id);
    run_sql(f->pg, "COMMIT");
    pthread_join(canceller.thread, NULL);
    assert_int_equal(canceller.outcome, ERR_OK);
    assert_int_equal(canceller.tally.state, OP_CANCELLED);
    assert_int_equal(canceller.tally.succeeded, 4);
    assert_int_equal(canceller.tally.total, 10);
    assert_sql_text("(null)", f->other,
                    "SELECT nullif(finished_at IS NOT NULL, true) FROM operation WHERE operation_id = '%s'", op.id);
    pg_drop(canceller.pg);
}

static void a_drain_that_takes_too_long_can_be_asked_for_again(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op op = accept_planned(f, f->quick, 1);
    struct pg *hasty = connected(f, (struct pg_limits){5000, 0, 50, 0, 30000, true, 0});
    run_sql(f->pg, "BEGIN");
    run_sql(f->pg, "SELECT share_tally('%s', true)", op.id);
    assert_int_equal(operation_cancel(hasty, op.id, &tally, &error), ERR_RETRY);
    assert_int_equal(tally_of(f, op.id).state, OP_CANCELLED);
    run_sql(f->pg, "COMMIT");
    assert_fine(operation_cancel(hasty, op.id, &tally, &error));
    pg_drop(hasty);
}

static void cancelling_twice_is_fine_and_too_late_is_a_conflict(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op op = accept_planned(f, f->quick, 2), ended = accept_planned(f, f->quick, 1);
    assert_fine(operation_cancel(f->pg, op.id, &tally, &error));
    int64_t version = tally.version;
    assert_fine(operation_cancel(f->pg, op.id, &tally, &error));
    assert_int_equal(tally.version, version);
    finish(f, &ended, 1, 1);
    assert_fine(operation_advance(f->pg, ended.id, 0, &tally, &error));
    assert_int_equal(operation_cancel(f->pg, ended.id, &tally, &error), ERR_CONFLICT);
    assert_int_equal(tally.state, OP_COMPLETED);
    assert_int_equal(tally.succeeded, 1);
}

static void a_paused_operation_can_be_cancelled_but_a_cancelled_one_not_resumed(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op op = accept_planned(f, f->quick, 2);
    assert_fine(operation_pause(f->pg, op.id, &tally, &error));
    assert_fine(operation_cancel(f->pg, op.id, &tally, &error));
    assert_int_equal(operation_resume(f->pg, op.id, &tally, &error), ERR_CONFLICT);
    assert_int_equal(operation_pause(f->pg, op.id, &tally, &error), ERR_CONFLICT);
    assert_int_equal(tally.state, OP_CANCELLED);
}

/* ---- pause, resume, advance ---------------------------------------------------------------------------------- */

static void resuming_raises_the_generation(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op op = accept_planned(f, f->quick, 2);
    assert_int_equal(operation_resume(f->pg, op.id, &tally, &error), ERR_CONFLICT);
    assert_int_equal(tally.state, OP_RUNNING);
    int64_t generation = tally.generation;
    assert_fine(operation_pause(f->pg, op.id, &tally, &error));
    assert_int_equal(tally.state, OP_PAUSED);
    assert_int_equal(tally.generation, generation);
    assert_int_equal(operation_pause(f->pg, op.id, &tally, &error), ERR_CONFLICT);
    struct load *load = load_range(f->pg, op.id, 1, 2);
    assert_int_equal(load->count, 0); /* nothing is begun while it is paused */
    assert_int_equal(load->tally.state, OP_PAUSED);
    load_drop(load);
    assert_fine(operation_resume(f->pg, op.id, &tally, &error));
    assert_int_equal(tally.state, OP_RUNNING);
    assert_int_equal(tally.generation, generation + 1);
}

static void a_phase_ends_once_and_only_when_all_is_settled(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op op = accept_planned(f, f->twofold, 3);
    finish(f, &op, 1, 2);
    assert_fine(operation_advance(f->pg, op.id, 0, &tally, &error));
    assert_int_equal(tally.phase, 0); /* one is open */
    finish(f, &op, 3, 3);
    assert_fine(operation_advance(f->pg, op.id, 0, &tally, &error));
    assert_int_equal(tally.phase, 1);
    assert_false(tally.planned);
    int64_t version = tally.version;
    assert_fine(operation_advance(f->pg, op.id, 0, &tally, &error)); /* another worker was told the same */
    assert_fine(operation_advance(f->pg, op.id, 1, &tally, &error)); /* not planned yet */
    assert_int_equal(tally.version, version);
    assert_int_equal(plan_all(f, op.id).total, 6);
    finish(f, &op, 4, 6);
    assert_fine(operation_advance(f->pg, op.id, 1, &tally, &error));
    assert_int_equal(tally.state, OP_COMPLETED);
    assert_int_equal(tally.succeeded, 6);
    version = tally.version;
    assert_fine(operation_advance(f->pg, op.id, 1, &tally, &error));
    assert_int_equal(tally.version, version);
    assert_int_equal(number_of(f->other,
                               "SELECT count(*) FROM operation WHERE operation_id = '%s' AND finished_at IS NOT NULL",
                               op.id),
                     1);
}

static void a_paused_operation_is_not_advanced(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op op = accept_planned(f, f->quick, 1);
    finish(f, &op, 1, 1);
    assert_fine(operation_pause(f->pg, op.id, &tally, &error));
    assert_fine(operation_advance(f->pg, op.id, 0, &tally, &error));
    assert_int_equal(tally.state, OP_PAUSED);
    assert_fine(operation_resume(f->pg, op.id, &tally, &error));
    assert_fine(operation_advance(f->pg, op.id, 0, &tally, &error));
    assert_int_equal(tally.state, OP_COMPLETED);
}

#define checked(test) cmocka_unit_test_teardown(test, check_invariants)

int main(void)
{
    const struct CMUnitTest tests[] = {
        checked(cancel_flips_at_once_and_returns_after_the_checkpoints_in_hand),
        checked(a_drain_that_takes_too_long_can_be_asked_for_again),
        checked(cancelling_twice_is_fine_and_too_late_is_a_conflict),
        checked(a_paused_operation_can_be_cancelled_but_a_cancelled_one_not_resumed),
        checked(resuming_raises_the_generation),
        checked(a_phase_ends_once_and_only_when_all_is_settled),
        checked(a_paused_operation_is_not_advanced),
    };
    return cmocka_run_group_tests(tests, queue_setup, queue_teardown);
}
