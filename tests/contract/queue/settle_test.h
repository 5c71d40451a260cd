/* What the tests of settle share: effects that can be counted, and a settle that must succeed. */
#ifndef REPRISE_TESTS_SETTLE_TEST_H
#define REPRISE_TESTS_SETTLE_TEST_H

#include "tests/contract/queue/fixture.h"

enum { EFFECT = STATEMENT_FREE - 1 };
static const struct sql effect = {"test/effect", EFFECT,
                                  "INSERT INTO public.effect SELECT $1, * FROM unnest($2::bigint[])"};

/* The effect of a job: its seq in a table. The callback may also do mischief between the two messages. */
struct effects {
    struct fixture *fixture;
    const struct settle_request *settlement;
    int64_t victim; /* a backend to be ended at the first call; 0 = none */
    int calls;
};

static inline void add_effects(struct pg_batch *batch, const size_t *mine, size_t count, void *context)
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

static inline struct effects with_effects(struct fixture *f, struct hand *hand)
{
    return (struct effects){.fixture = f, .settlement = &hand->settlement};
}

static inline void use_effects(struct hand *hand, struct effects *effects)
{
    hand->settlement.effects = add_effects;
    hand->settlement.context = effects;
}

static inline int64_t effects_of(struct fixture *f, const struct op *op)
{
    return number_of(f->other, "SELECT count(*) FROM public.effect WHERE operation_id = '%s'", op->id);
}

static inline int64_t open_jobs(struct fixture *f, const struct op *op)
{
    return number_of(f->other, "SELECT count(*) FROM job WHERE operation_id = '%s'", op->id);
}

static inline int settle_setup(void **state)
{
    queue_setup(state);
    struct fixture *f = *state;
    run_sql(f->pg, "CREATE TABLE public.effect (operation_id text, seq bigint CHECK (seq <> 1000007))");
    return 0;
}

static inline struct settle_result settle_well(struct pg *pg, struct hand *hand)
{
    struct err_info error;
    struct settle_result settled;
    assert_fine(settle(pg, &hand->settlement, &settled, &error));
    return settled;
}

#endif
