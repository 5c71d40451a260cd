/* Planning in steps: the cursor, planners that meet, cancel in the middle, and plans that cannot be made. */
#include "common/base/clock.h"
#include "embedded/sql_queue.h"
#include "tests/contract/queue/fixture.h"

static enum plan_status step(struct fixture *f, struct pg *pg, const struct op *op, struct tally *tally)
{
    (void)f;
    struct err_info error;
    enum plan_status status;
    assert_fine(plan_step(pg, &test_kinds, op->id, &status, tally, &error));
    return status;
}

static void a_plan_goes_in_steps_by_its_cursor(void **state)
{
    struct fixture *f = *state;
    struct tally tally;
    struct op op = accept_new(f, f->quick, 2 * PLAN_STEP + 3);
    assert_int_equal(step(f, f->pg, &op, &tally), PLAN_MORE);
    assert_int_equal(tally.total, PLAN_STEP);
    assert_int_equal(tally.last_seq, PLAN_STEP);
    assert_false(tally.planned);
    assert_int_equal(step(f, f->other, &op, &tally), PLAN_MORE);
    assert_int_equal(step(f, f->pg, &op, &tally), PLAN_DONE);
    assert_true(tally.planned);
    assert_int_equal(tally.total, 2 * PLAN_STEP + 3);
    int64_t version = tally.version;
    assert_int_equal(step(f, f->pg, &op, &tally), PLAN_DONE); /* nothing left to do */
    assert_int_equal(tally.version, version);
    assert_int_equal(number_of(f->other,
                               "SELECT count(*) FROM job WHERE operation_id = '%s' AND key = seq::text AND phase = 0",
                               op.id),
                     2 * PLAN_STEP + 3);
}

static void a_plan_of_whole_steps_ends_with_an_empty_one(void **state)
{
    struct fixture *f = *state;
    struct tally tally;
    struct op op = accept_new(f, f->quick, PLAN_STEP);
    assert_int_equal(step(f, f->pg, &op, &tally), PLAN_MORE);
    assert_int_equal(step(f, f->pg, &op, &tally), PLAN_DONE);
    assert_int_equal(tally.total, PLAN_STEP);
}

static void an_empty_phase_is_planned_at_once(void **state)
{
    struct fixture *f = *state;
    struct tally tally;
    struct op op = accept_new(f, f->quick, 0);
    assert_int_equal(step(f, f->pg, &op, &tally), PLAN_DONE);
    assert_true(tally.planned);
    assert_int_equal(tally.total, 0);
    assert_true(tally_phase_is_done(&tally));
}

static void the_second_phase_goes_on_with_its_numbers(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op op = accept_planned(f, f->twofold, 4);
    finish(f, &op, 1, 4);
    assert_fine(operation_advance(f->pg, op.id, 0, &tally, &error));
    assert_int_equal(step(f, f->pg, &op, &tally), PLAN_DONE);
    assert_int_equal(tally.last_seq, 8);
    assert_sql_text("5-8 1", f->other,
                    "SELECT min(seq) || '-' || max(seq) || ' ' || min(phase) FROM job WHERE operation_id = '%s'",
                    op.id);
}

/* ---- planners that meet -------------------------------------------------------------------------------------- */

struct planner {
    pthread_t thread;
    struct fixture *fixture;
    const struct op *op;
};

static void *plan_in_thread(void *context)
{
    struct planner *planner = context;
    struct err_info error;
    struct tally tally;
    enum plan_status status = PLAN_MORE;
    struct pg *pg = connected(planner->fixture, PG_LIMITS_SERVICE);
    while (status != PLAN_DONE)
        if (plan_step(pg, &test_kinds, planner->op->id, &status, &tally, &error) != ERR_OK)
            break;
    pg_drop(pg);
    return NULL;
}

static void two_planners_plan_each_job_once(void **state)
{
    struct fixture *f = *state;
    struct op op = accept_new(f, f->quick, 3 * PLAN_STEP + 1);
    struct planner planners[2];
    for (int i = 0; i < 2; i++) {
        planners[i] = (struct planner){.fixture = f, .op = &op};
        assert_int_equal(pthread_create(&planners[i].thread, NULL, plan_in_thread, &planners[i]), 0);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(planners[i].thread, NULL);
    struct tally tally = tally_of(f, op.id);
    assert_true(tally.planned);
    assert_int_equal(tally.total, 3 * PLAN_STEP + 1);
    assert_int_equal(tally.last_seq, 3 * PLAN_STEP + 1);
}

static void a_planner_at_work_is_left_alone(void **state)
{
    struct fixture *f = *state;
    struct tally tally;
    struct op op = accept_new(f, f->quick, 5);
    run_sql(f->other, "BEGIN");
    run_sql(f->other, "SELECT pg_try_advisory_xact_lock(hashtextextended('plan %s', 0))", op.id);
    assert_int_equal(step(f, f->pg, &op, &tally), PLAN_ELSEWHERE);
    assert_int_equal(tally.total, 0);
    run_sql(f->other, "COMMIT");
    assert_int_equal(step(f, f->pg, &op, &tally), PLAN_DONE);
}

/* The guard behind the lock: a planner that finds the cursor moved has planned nothing. */
static void a_moved_cursor_undoes_the_step(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct pg_args *args = pg_args_new();
    struct op op = accept_planned(f, f->quick, 5);
    pg_arg_text(args, op.id);
    pg_arg_int4(args, 0);
    pg_arg_null(args); /* the cursor as it was at the beginning */
    pg_arg_int8(args, 0);
    pg_arg_int8(args, 5);
    pg_arg_text(args, "5");
    pg_arg_bool(args, true);
    assert_int_equal(pg_exec(f->pg, &sql_queue_plan_tally, args, NULL, &error), ERR_FENCED);
    assert_string_equal(error.sqlstate, "RP001");
    pg_args_drop(args);
}

/* ---- what does not run --------------------------------------------------------------------------------------- */

static void a_cancel_in_the_middle_stops_the_plan(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op op = accept_new(f, f->quick, 2 * PLAN_STEP);
    assert_int_equal(step(f, f->pg, &op, &tally), PLAN_MORE);
    assert_fine(operation_cancel(f->other, op.id, &tally, &error));
    tally.state = OP_RUNNING;
    assert_int_equal(step(f, f->pg, &op, &tally), PLAN_DONE);
    assert_int_equal(tally.state, OP_CANCELLED); /* and it says so */
    assert_int_equal(number_of(f->other, "SELECT count(*) FROM job WHERE operation_id = '%s'", op.id), PLAN_STEP);
}

static void a_paused_operation_is_planned_after_it_is_resumed(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op op = accept_new(f, f->quick, 3);
    assert_fine(operation_pause(f->other, op.id, &tally, &error));
    assert_int_equal(step(f, f->pg, &op, &tally), PLAN_DONE);
    assert_int_equal(tally.state, OP_PAUSED);
    assert_int_equal(tally.total, 0);
    assert_fine(operation_resume(f->other, op.id, &tally, &error));
    assert_int_equal(step(f, f->pg, &op, &tally), PLAN_DONE);
    assert_int_equal(tally.total, 3);
}

static void an_operation_that_is_not_there_is_not_found(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    enum plan_status status;
    char id[ID_MAX];
    id_operation(id);
    assert_int_equal(plan_step(f->pg, &test_kinds, id, &status, &tally, &error), ERR_NOT_FOUND);
}

/* ---- plans that cannot be made ------------------------------------------------------------------------------- */

static void expect_failure(struct fixture *f, const char *phases, const char *reason)
{
    struct tally tally;
    struct definition *definition = define("unplannable", phases);
    struct op op = accept_new(f, definition, 1);
    for (int try = 1; try <= 2; try++) {
        assert_int_equal(step(f, f->pg, &op, &tally), PLAN_MORE);
        assert_int_equal(tally_of(f, op.id).state, OP_RUNNING);
        assert_sql_text("(null)", f->other, "SELECT error FROM operation WHERE operation_id = '%s'", op.id);
    }
    assert_int_equal(step(f, f->pg, &op, &tally), PLAN_DONE);
    assert_int_equal(tally_of(f, op.id).state, OP_FAILED);
    assert_sql_text(reason, f->other,
                    "SELECT substr(error, 1, %zu) FROM operation WHERE operation_id = '%s' AND finished_at IS NOT NULL",
                    strlen(reason), op.id);
    assert_int_equal(step(f, f->pg, &op, &tally), PLAN_DONE);
    assert_int_equal(tally.state, OP_FAILED);
    definition_drop(definition);
}

static void a_plan_that_fails_three_times_ends_the_operation_with_the_reason(void **state)
{
    expect_failure(*state, "quick broken", "test/broken: division by zero");
}

static void a_selection_that_names_a_key_twice_ends_the_operation_too(void **state)
{
    expect_failure(*state, "quick twice", "test/twice: duplicate key value");
}

static void a_kind_that_this_program_does_not_know_ends_the_operation_too(void **state)
{
    struct fixture *f = *state;
    struct tally tally;
    struct op op = accept_new(f, f->quick, 1);
    run_sql(
        f->other,
        "UPDATE operation SET phases = '[{\"id\": \"p\", \"label\": \"p\", \"job\": \"newer\", \"over\": \"all\"}]' "
        "WHERE operation_id = '%s'",
        op.id);
    for (int try = 0; try < 3; try++)
        step(f, f->pg, &op, &tally);
    assert_int_equal(tally_of(f, op.id).state, OP_FAILED);
}

static void failures_count_only_in_a_row(void **state)
{
    struct fixture *f = *state;
    struct tally tally;
    struct op op = accept_new(f, f->quick, PLAN_STEP + 1);
    run_sql(f->other, "UPDATE tally SET plan_failures = 2 WHERE operation_id = '%s'", op.id);
    assert_int_equal(step(f, f->pg, &op, &tally), PLAN_MORE);
    assert_int_equal(number_of(f->other, "SELECT plan_failures FROM tally WHERE operation_id = '%s'", op.id), 0);
    assert_int_equal(step(f, f->pg, &op, &tally), PLAN_DONE);
}

#define checked(test) cmocka_unit_test_teardown(test, check_invariants)

int main(void)
{
    const struct CMUnitTest tests[] = {
        checked(a_plan_goes_in_steps_by_its_cursor),
        checked(a_plan_of_whole_steps_ends_with_an_empty_one),
        checked(an_empty_phase_is_planned_at_once),
        checked(the_second_phase_goes_on_with_its_numbers),
        checked(two_planners_plan_each_job_once),
        checked(a_planner_at_work_is_left_alone),
        checked(a_moved_cursor_undoes_the_step),
        checked(a_cancel_in_the_middle_stops_the_plan),
        checked(a_paused_operation_is_planned_after_it_is_resumed),
        checked(an_operation_that_is_not_there_is_not_found),
        checked(a_plan_that_fails_three_times_ends_the_operation_with_the_reason),
        checked(a_selection_that_names_a_key_twice_ends_the_operation_too),
        checked(a_kind_that_this_program_does_not_know_ends_the_operation_too),
        checked(failures_count_only_in_a_row),
    };
    return cmocka_run_group_tests(tests, queue_setup, queue_teardown);
}
