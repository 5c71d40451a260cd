/* Settle: a job whose reading was overtaken (RP004) reads again, at once and without a try used; the others end. */
#include "tests/contract/queue/fixture.h"

enum { EFFECT = STATEMENT_FREE - 1 };
static const struct sql effect = {"test/effect", EFFECT,
                                  "INSERT INTO public.overtaken_effect SELECT $1, * FROM unnest($2::bigint[])"};

static void add_effects(struct pg_batch *batch, const size_t *mine, size_t count, void *context)
{
    const struct settle_request *settlement = context;
    int64_t seqs[64];
    assert_true(count <= sizeof seqs / sizeof *seqs);
    for (size_t i = 0; i < count; i++)
        seqs[i] = settlement->jobs[mine[i]].seq;
    struct pg_args *args = pg_batch_add(batch, &effect);
    pg_arg_text(args, settlement->operation_id);
    pg_arg_int8s(args, seqs, count);
}

static int setup(void **state)
{
    queue_setup(state);
    struct fixture *f = *state;
    run_sql(f->pg, "CREATE TABLE public.overtaken_effect (operation_id text, seq bigint)");
    run_sql(f->pg, "CREATE FUNCTION public.overtaken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                   " RAISE EXCEPTION 'another worker wrote it' USING ERRCODE = 'RP004'; END $$");
    run_sql(f->pg, "CREATE TRIGGER overtaken BEFORE INSERT ON public.overtaken_effect FOR EACH ROW"
                   " WHEN (NEW.seq = 3) EXECUTE FUNCTION public.overtaken()");
    return 0;
}

static int64_t count_of(struct fixture *f, const char *table, const struct op *op)
{
    return number_of(f->other, "SELECT count(*) FROM %s WHERE operation_id = '%s'", table, op->id);
}

static void who_was_overtaken_reads_again(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct settle_result settled;
    struct op op = accept_planned(f, f->quick, 5);
    struct hand hand = take(f->pg, &op, 1, 5);
    hand.settlement.effects = add_effects;
    hand.settlement.context = &hand.settlement;
    rule_all(&hand, OUTCOME_SUCCEEDED);
    rule(&hand, 2, OUTCOME_SUCCEEDED, NULL, "{\"cost\": 1}");
    assert_fine(settle(f->pg, &hand.settlement, &settled, &error));
    assert_int_equal(settled.ended, 4);
    assert_int_equal(settled.retried, 1);
    assert_int_equal(settled.tally.failed, 0);
    assert_int_equal(count_of(f, "public.overtaken_effect", &op), 4);
    assert_int_equal(count_of(f, "job", &op), 1);
    put_down(&hand);

    struct hand again = take(f->pg, &op, 1, 5); /* due at once, no try used */
    assert_int_equal(again.settlement.count, 1);
    assert_int_equal(again.settlement.jobs[0].seq, 3);
    assert_int_equal(again.settlement.jobs[0].failures, 0);
    run_sql(f->pg, "DROP TRIGGER overtaken ON public.overtaken_effect");
    again.settlement.effects = add_effects;
    again.settlement.context = &again.settlement;
    rule_all(&again, OUTCOME_SUCCEEDED);
    assert_fine(settle(f->pg, &again.settlement, &settled, &error));
    assert_int_equal(settled.tally.succeeded, 5);
    assert_int_equal(count_of(f, "public.overtaken_effect", &op), 5);
    put_down(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(who_was_overtaken_reads_again, check_invariants),
    };
    return cmocka_run_group_tests(tests, setup, queue_teardown);
}
