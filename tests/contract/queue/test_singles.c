/* Single requests of many operations between one load and one settle: each fence holds for its own. */
#include "common/queue/singles.h"
#include "tests/contract/queue/settle_test.h"

#define MANY 5

struct together {
    struct op ops[MANY];
    struct chunk chunks[MANY];
    struct singles *singles;
    struct job_result results[MANY];
    struct settle_request requests[MANY];
    struct single_settled settled[MANY];
};

static void load_together(struct fixture *f, struct together *t)
{
    struct err_info error;
    const struct chunk *chunks[MANY];
    for (size_t i = 0; i < MANY; i++) {
        t->chunks[i] = range_of(t->ops[i].id, 1, 1);
        chunks[i] = &t->chunks[i];
    }
    assert_fine(singles_load(f->pg, chunks, MANY, &t->singles, &error));
    for (size_t i = 0; i < MANY; i++)
        t->requests[i] = (struct settle_request){.operation_id = t->ops[i].id,
                                                 .worker = "w_test",
                                                 .jobs = &t->singles->list[i].job,
                                                 .results = &t->results[i],
                                                 .count = 1};
}

static struct together accept_together(struct fixture *f, const struct definition *definition)
{
    struct together t = {.singles = NULL};
    for (size_t i = 0; i < MANY; i++)
        t.ops[i] = accept_planned(f, definition, 1);
    return t;
}

static void succeed_all(struct together *t)
{
    for (size_t i = 0; i < MANY; i++)
        t->results[i].outcome = OUTCOME_SUCCEEDED;
}

static void end_together(struct together *t)
{
    for (size_t i = 0; i < MANY; i++)
        job_result_fini(&t->results[i]);
    singles_drop(t->singles);
}

/* Of these operations. */
static int64_t count_of(struct fixture *f, const struct together *t, const char *what, const char *from)
{
    char ids[MANY * (ID_MAX + 3)] = "";
    for (size_t i = 0; i < MANY; i++) {
        size_t used = strlen(ids);
        snprintf(ids + used, sizeof ids - used, "%s'%s'", i == 0 ? "" : ",", t->ops[i].id);
    }
    return number_of(f->other, "SELECT count(%s) FROM %s AND operation_id IN (%s)", what, from, ids);
}

static int64_t outcomes(struct fixture *f, const struct together *t)
{
    return count_of(f, t, "*", "job_outcome WHERE true");
}

static int64_t ended(struct fixture *f, const struct together *t)
{
    return count_of(f, t, "*",
                    "operation JOIN tally USING (operation_id) WHERE state = 'completed' AND total = 1 "
                    "AND succeeded + failed + skipped = 1 AND finished_at IS NOT NULL");
}

static void many_operations_end_in_one_transaction(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct together t = accept_together(f, f->quick);
    load_together(f, &t);
    for (size_t i = 0; i < MANY; i++) {
        assert_true(t.singles->list[i].loaded);
        assert_string_equal(t.singles->list[i].operation.tally.operation_id, t.ops[i].id);
        assert_string_equal(t.singles->list[i].operation.definition, "quick");
        assert_string_equal(t.singles->list[i].job.key, "1");
    }
    succeed_all(&t);
    t.results[1].outcome = OUTCOME_FAILED;
    t.results[1].error = mem_strdup("it said no");
    assert_fine(singles_settle(f->pg, t.requests, MANY, t.settled, &error));
    for (size_t i = 0; i < MANY; i++) {
        assert_true(t.settled[i].mine);
        assert_string_equal(t.settled[i].tally.operation_id, t.ops[i].id);
        assert_int_equal(t.settled[i].tally.state, OP_COMPLETED);
        assert_int_equal(t.settled[i].tally.failed, i == 1);
        assert_int_not_equal(t.settled[i].finished_at[0], '\0');
    }
    assert_int_equal(ended(f, &t), MANY);
    assert_int_equal(count_of(f, &t, "DISTINCT xmin::text", "job_outcome WHERE true"), 1);
    assert_sql_text("it said no", f->other, "SELECT error FROM job_outcome WHERE operation_id = '%s'", t.ops[1].id);
    assert_sql_text("4 1", f->other, "SELECT succeeded || ' ' || failed FROM activity_fresh WHERE kind = 'quick'");
    end_together(&t);
}

static void one_that_was_cancelled_takes_all_back(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct together t = accept_together(f, f->quick);
    load_together(f, &t);
    assert_fine(operation_cancel(f->other, t.ops[2].id, &tally, &error));
    succeed_all(&t);
    assert_int_equal(singles_settle(f->pg, t.requests, MANY, t.settled, &error), ERR_FENCED);
    assert_int_equal(outcomes(f, &t), 0);
    for (size_t i = 0; i < MANY; i++) { /* as the worker then does */
        struct settle_result settled;
        assert_int_equal(settle(f->pg, &t.requests[i], &settled, &error), i == 2 ? ERR_FENCED : ERR_OK);
    }
    assert_int_equal(outcomes(f, &t), MANY - 1);
    end_together(&t);
}

static void one_that_another_attempt_has_settled_is_left_out(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct together t = accept_together(f, f->quick);
    load_together(f, &t);
    finish(f, &t.ops[3], 1, 1);
    run_sql(f->other, "UPDATE job SET attempt = attempt + 1 WHERE operation_id = '%s'", t.ops[0].id);
    succeed_all(&t);
    assert_fine(singles_settle(f->pg, t.requests, MANY, t.settled, &error));
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(t.settled[i].mine, i != 3 && i != 0);
    assert_int_equal(outcomes(f, &t), MANY - 1);
    assert_fine(singles_settle(f->pg, t.requests, MANY, t.settled, &error)); /* once more: nothing is left of it */
    assert_int_equal(outcomes(f, &t), MANY - 1);
    end_together(&t);
}

static void what_does_not_run_or_waits_is_not_loaded(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct together t = accept_together(f, f->quick);
    assert_fine(operation_pause(f->other, t.ops[0].id, &tally, &error));
    finish(f, &t.ops[1], 1, 1);
    run_sql(f->other, "UPDATE job SET run_at = now() + interval '1 hour' WHERE operation_id = '%s'", t.ops[2].id);
    id_operation(t.ops[3].id); /* PostgreSQL knows no such operation */
    load_together(f, &t);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(t.singles->list[i].loaded, i == 4);
    end_together(&t);
}

static void loading_marks_the_operations_as_begun(void **state)
{
    struct fixture *f = *state;
    struct together t = accept_together(f, f->quick);
    load_together(f, &t);
    assert_int_equal(count_of(f, &t, "*", "tally WHERE loaded_at IS NOT NULL"), MANY);
    end_together(&t);
}

static void a_phase_that_is_not_the_last_is_left_to_advance(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct together t = accept_together(f, f->twofold);
    load_together(f, &t);
    succeed_all(&t);
    assert_fine(singles_settle(f->pg, t.requests, MANY, t.settled, &error));
    for (size_t i = 0; i < MANY; i++) {
        assert_true(tally_phase_is_done(&t.settled[i].tally));
        assert_fine(operation_advance(f->pg, t.ops[i].id, 0, &t.settled[i].tally, &error));
        assert_int_equal(t.settled[i].tally.phase, 1);
    }
    end_together(&t);
}

static void a_paused_operation_is_settled_and_not_ended(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct together t = accept_together(f, f->quick);
    load_together(f, &t);
    assert_fine(operation_pause(f->other, t.ops[2].id, &tally, &error));
    succeed_all(&t);
    assert_fine(singles_settle(f->pg, t.requests, MANY, t.settled, &error));
    assert_int_equal(t.settled[2].tally.state, OP_PAUSED);
    assert_int_equal(t.settled[2].tally.succeeded, 1);
    assert_int_equal(ended(f, &t), MANY - 1);
    end_together(&t);
}

#define checked(test) cmocka_unit_test_teardown(test, check_invariants)

int main(void)
{
    const struct CMUnitTest tests[] = {
        checked(many_operations_end_in_one_transaction),
        checked(one_that_was_cancelled_takes_all_back),
        checked(one_that_another_attempt_has_settled_is_left_out),
        checked(what_does_not_run_or_waits_is_not_loaded),
        checked(loading_marks_the_operations_as_begun),
        checked(a_phase_that_is_not_the_last_is_left_to_advance),
        checked(a_paused_operation_is_settled_and_not_ended),
    };
    return cmocka_run_group_tests(tests, queue_setup, queue_teardown);
}
