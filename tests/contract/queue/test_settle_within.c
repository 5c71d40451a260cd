/* A statement inside of a settle: what it finds is the outcome, one commit with the fence, by a role of its own. */
#include "common/queue/recipe.h"
#include "tests/contract/queue/settle_test.h"

#define ROLE "reprise_within"

static const struct sql change = {"statement", SQL_UNPREPARED,
                                  "UPDATE shop.thing SET changes = changes + 1 WHERE key = ANY ($1::text[]) "
                                  "RETURNING key, current_user::text, current_setting('search_path')"};

struct within {
    struct hand *hand;
    int calls;
};

static enum err run_within(struct pg *pg, struct job_result *results, const size_t *mine, size_t count, void *context,
                           struct err_info *error)
{
    struct within *within = context;
    const char *keys[64];
    struct pg_batch *batch = pg_batch_new();
    within->calls++;
    for (size_t i = 0; i < count; i++)
        keys[i] = within->hand->settlement.jobs[mine[i]].key;
    recipe_enter(batch, INT64_MAX);
    pg_arg_texts(pg_batch_add(batch, &change), keys, count);
    recipe_leave(batch);
    enum err err = pg_batch_run(pg, batch, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(pg_batch_result(batch, 1)); row++) {
        assert_string_equal(pg_text(pg_batch_result(batch, 1), row, 1), ROLE);
        assert_string_equal(pg_text(pg_batch_result(batch, 1), row, 2), "");
    }
    for (size_t i = 0; err == ERR_OK && i < count; i++) {
        job_result_fini(&results[mine[i]]);
        results[mine[i]].outcome = strcmp(keys[i], "3") == 0 ? OUTCOME_SKIPPED : OUTCOME_SUCCEEDED;
    }
    pg_batch_drop(batch);
    return err == ERR_CONFLICT ? ERR_PERMANENT : err;
}

static int within_setup(void **state)
{
    settle_setup(state);
    struct fixture *f = *state;
    run_sql(f->pg, "DO $$ BEGIN CREATE ROLE " ROLE " NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
    run_sql(f->pg, "CREATE SCHEMA shop");
    run_sql(f->pg,
            "CREATE TABLE shop.thing AS SELECT n::text AS key, n, 0 AS changes FROM generate_series(1, 50) AS n");
    run_sql(f->pg, "GRANT USAGE ON SCHEMA shop TO " ROLE);
    run_sql(f->pg, "GRANT SELECT, UPDATE ON shop.thing TO " ROLE);
    recipe_use_role(ROLE, 10000);
    return 0;
}

static struct within use_within(struct hand *hand)
{
    rule_all(hand, OUTCOME_SUCCEEDED);
    hand->settlement.within = run_within;
    return (struct within){.hand = hand};
}

static int64_t changes(struct fixture *f)
{
    return number_of(f->other, "SELECT sum(changes) FROM shop.thing");
}

static void what_it_finds_is_the_outcome(void **state)
{
    struct fixture *f = *state;
    struct op op = accept_planned(f, f->quick, 5);
    struct hand hand = take(f->pg, &op, 1, 5);
    struct within within = use_within(&hand);
    hand.settlement.context = &within;
    struct settle_result settled = settle_well(f->pg, &hand);
    assert_sql_text("(null)", f->other, "SELECT max(error) FROM job_outcome");
    assert_int_equal(settled.ended, 5);
    assert_int_equal(settled.tally.succeeded, 4);
    assert_int_equal(settled.tally.skipped, 1);
    assert_int_equal(changes(f), 5);
    assert_sql_text("reprise, public", f->pg, "SELECT current_setting('search_path')");
    assert_int_equal(number_of(f->pg, "SELECT (current_user = session_user)::integer"), 1);
    put_down(&hand);
    assert_invariants(f);
}

static void of_two_that_hold_a_chunk_one_changes_anything(void **state)
{
    struct fixture *f = *state;
    struct op op = accept_planned(f, f->quick, 5);
    struct hand first = take(f->pg, &op, 1, 5), second = take(f->other, &op, 1, 5);
    struct within of_first = use_within(&first), of_second = use_within(&second);
    first.settlement.context = &of_first;
    second.settlement.context = &of_second;
    assert_int_equal(settle_well(f->pg, &first).ended, 5);
    assert_int_equal(settle_well(f->other, &second).lost, 5);
    assert_int_equal(of_second.calls, 0);
    assert_int_equal(changes(f), 5);
    put_down(&first);
    put_down(&second);
}

static void after_a_cancel_nothing_is_changed(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct settle_result settled;
    struct op op = accept_planned(f, f->quick, 5);
    struct hand hand = take(f->pg, &op, 1, 5);
    struct within within = use_within(&hand);
    hand.settlement.context = &within;
    assert_fine(operation_cancel(f->other, op.id, &tally, &error));
    assert_int_equal(settle(f->pg, &hand.settlement, &settled, &error), ERR_FENCED);
    assert_int_equal(within.calls, 1);
    assert_int_equal(changes(f), 0);
    put_down(&hand);
}

/* A constraint that is deferred to the commit is asked for here, where the job to blame is found. */
static void the_job_to_blame_is_found_by_halves(void **state)
{
    struct fixture *f = *state;
    run_sql(f->pg, "CREATE FUNCTION shop.look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.key = '7' AND "
                   "current_user = '" ROLE "' THEN RAISE 'not seven'; END IF; RETURN NULL; END $$");
    run_sql(f->pg, "CREATE CONSTRAINT TRIGGER look AFTER UPDATE ON shop.thing DEFERRABLE INITIALLY DEFERRED "
                   "FOR EACH ROW EXECUTE FUNCTION shop.look()");
    struct op op = accept_planned(f, f->quick, 32);
    struct hand hand = take(f->pg, &op, 1, 32);
    struct within within = use_within(&hand);
    hand.settlement.context = &within;
    struct settle_result settled = settle_well(f->pg, &hand);
    assert_int_equal(settled.ended, 32);
    assert_int_equal(settled.tally.failed, 1);
    assert_int_equal(changes(f), 31);
    assert_true(within.calls <= 11); /* all, then two halves on each of five levels */
    assert_sql_text("7", f->other, "SELECT key FROM job_outcome WHERE outcome = 'failed'");
    put_down(&hand);
    assert_invariants(f);
}

static void a_role_that_may_do_too_much_is_refused(void **state)
{
    static const struct {
        const char *role, *why;
    } cases[] = {{"", "jobs.role is not set"},
                 {"no_such_role", "there is no role \"no_such_role\""},
                 {"reprise", "may change the tables of Reprise itself"}};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err_info error;
        struct pg_batch *batch = pg_batch_new();
        recipe_use_role(cases[i].role, 10000);
        recipe_enter(batch, INT64_MAX);
        assert_int_equal(pg_batch_run(f->pg, batch, &error), ERR_CONFLICT);
        assert_non_null(strstr(error.text, cases[i].why));
        pg_abort(f->pg);
        pg_batch_drop(batch);
    }
}

#define fresh(test) cmocka_unit_test_setup_teardown(test, within_setup, queue_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        fresh(what_it_finds_is_the_outcome),           fresh(of_two_that_hold_a_chunk_one_changes_anything),
        fresh(after_a_cancel_nothing_is_changed),      fresh(the_job_to_blame_is_found_by_halves),
        fresh(a_role_that_may_do_too_much_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
