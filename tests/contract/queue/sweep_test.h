/* What the tests of the sweep share: a sweeper of their own, made again for each test. */
#ifndef REPRISE_TESTS_SWEEP_TEST_H
#define REPRISE_TESTS_SWEEP_TEST_H

#include "common/queue/sweep.h"
#include "tests/contract/queue/fixture.h"

static struct sweep *sweeper; /* of the test that runs */

static inline bool pass(struct fixture *f)
{
    (void)f;
    struct err_info error;
    bool more;
    assert_fine(sweep_pass(sweeper, &more, &error));
    return more;
}

/* Accepted, planned and dispatched by a pass. */
static inline struct op swept(struct fixture *f, const struct definition *definition, int64_t count)
{
    struct op op = accept_new(f, definition, count);
    pass(f);
    pass(f);
    return op;
}

static inline int sweep_setup(void **state)
{
    queue_setup(state);
    struct fixture *f = *state;
    sweeper = sweep_new(f->pg, &f->dispatch, &test_kinds, 3600 * 1000);
    return 0;
}

static inline int sweep_teardown(void **state)
{
    assert_invariants(*state);
    sweep_drop(sweeper);
    return queue_teardown(state);
}

#define fresh(test) cmocka_unit_test_setup_teardown(test, sweep_setup, sweep_teardown)

#endif
