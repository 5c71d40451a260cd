/* The real runs, which lie beside this checkout, or not: what each cost. */
#include "tests/unit/worker/run_place.h"

static void the_three_real_runs_cost_what_they_cost(void **state)
{
    (void)state;
    char *agents = testing_join(testing_shared_data(), "agents");
    struct place place;
    place_open(&place, agents);
    expect_cost(&place, "4b6b710e", 261538850);
    assert_int_equal(place.facts.status, RUN_STATUS_COMPLETED);
    assert_int_equal(place.facts.phase_count, 2);
    assert_string_equal(place.facts.phases[0].name, "plan");
    assert_int_equal(place.facts.phases[0].cost_nusd, 111263500);
    assert_int_equal(place.facts.phases[0].duration_ms, 48670);
    assert_string_equal(place.facts.phases[1].name, "build");
    assert_int_equal(place.facts.phases[1].cost_nusd, 150275350);
    assert_int_equal(place.facts.model_count, 2);
    assert_string_equal(place.facts.model_used, "sonnet");
    assert_string_equal(place.facts.workflow_template, "chore_implement");
    assert_int_equal(place.facts.retry_count, 0);
    assert_int_equal(place.facts.total_tokens, place.facts.tokens.input + place.facts.tokens.cache_creation +
                                                   place.facts.tokens.cache_read + place.facts.tokens.output);
    expect_cost(&place, "3a9fd5b9", 2664108500);
    expect_cost(&place, "5cd0bbdd", 0);
    assert_int_equal(place.facts.status, RUN_STATUS_RUNNING);
    assert_true(place.facts.has_tokens && place.facts.total_tokens == 0);
    place_close(&place);
    free(agents);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_three_real_runs_cost_what_they_cost)};
    return testing_run_with_shared_data(tests);
}
