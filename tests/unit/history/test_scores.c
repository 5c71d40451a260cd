/* Borders, bonuses and what is unknown; the numbers themselves are in test_vectors.c. */
#include "tests/testing/testing.h"

#include <math.h>
#include <string.h>

#include "common/history/scores.h"

#define ASSERT_SCORE(found, expected) assert_true(fabs((found) - (expected)) < 1e-9)
#define ASSERT_UNKNOWN(found) assert_true((found) < 0)

static double clarity(const char *text)
{
    return scores_clarity(text, strlen(text));
}

static void clarity_counts_words_and_marks(void **state)
{
    (void)state;
    ASSERT_UNKNOWN(scores_clarity(NULL, 0));
    ASSERT_SCORE(clarity(""), 0);
    ASSERT_SCORE(clarity(" \n\u3000"), 0);
    ASSERT_SCORE(clarity("one"), 10);
    ASSERT_SCORE(clarity("MUST"), 12);
    ASSERT_SCORE(clarity("\u2022 one"), 12);
    ASSERT_SCORE(clarity("- * 1. 2. 3. must should require need step"), 20 + 10);
}

static void clarity_of_a_very_long_text_ends_at_30(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    for (int n = 0; n < 2000; n++)
        buf_add_str(&text, "word ");
    ASSERT_SCORE(scores_clarity(text.data, text.len), 30);
    buf_fini(&text);
}

static const struct scores_cost fair = {
    .actual_nusd = 100, .estimated_nusd = 100, .complexity = SCORES_SIMPLE, .model = SCORES_HAIKU};

static void cost_efficiency_adds_the_model(void **state)
{
    (void)state;
    static const struct {
        enum scores_complexity complexity;
        enum scores_model model;
        double points;
    } cases[] = {
        {SCORES_SIMPLE, SCORES_HAIKU, 10}, {SCORES_COMPLEX, SCORES_SONNET, 10},
        {SCORES_MEDIUM, SCORES_OPUS, 8},   {SCORES_MEDIUM, SCORES_MODEL_UNKNOWN, 8},
        {SCORES_SIMPLE, SCORES_SONNET, 5}, {SCORES_COMPLEX, SCORES_HAIKU, 3},
        {SCORES_SIMPLE, SCORES_OPUS, 5},   {SCORES_COMPLEX, SCORES_MODEL_OTHER, 5},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scores_cost cost = fair;
        cost.complexity = cases[i].complexity;
        cost.model = cases[i].model;
        ASSERT_SCORE(scores_cost_efficiency(&cost), 45 + cases[i].points);
    }
}

static void cost_efficiency_rewards_the_cache(void **state)
{
    (void)state;
    static const struct {
        int64_t cache_read;
        double score;
    } cases[] = {{10, 45}, {11, 47.7}, {30, 47.7}, {31, 50.4}, {50, 50.4}, {51, 54}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scores_cost cost = fair;
        cost.input_tokens = 100;
        cost.cache_read_tokens = cases[i].cache_read;
        ASSERT_SCORE(scores_cost_efficiency(&cost), cases[i].score + 10);
    }
}

static void cost_efficiency_is_0_without_an_estimate_and_never_below(void **state)
{
    (void)state;
    struct scores_cost cost = fair;
    cost.retries = 100;
    ASSERT_SCORE(scores_cost_efficiency(&cost), 0);
    cost = fair;
    cost.estimated_nusd = SCORES_UNKNOWN;
    ASSERT_SCORE(scores_cost_efficiency(&cost), 0);
}

static void cost_efficiency_is_unknown_where_an_input_is(void **state)
{
    (void)state;
    struct scores_cost cases[6] = {fair, fair, fair, fair, fair, fair};
    cases[0].actual_nusd = SCORES_UNKNOWN;
    cases[1].cache_read_tokens = SCORES_UNKNOWN;
    cases[2].input_tokens = SCORES_UNKNOWN;
    cases[3].retries = SCORES_UNKNOWN;
    cases[4].complexity = SCORES_COMPLEXITY_UNKNOWN;
    cases[5].model = SCORES_MODEL_UNKNOWN;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ASSERT_UNKNOWN(scores_cost_efficiency(&cases[i]));
}

static void performance_minds_long_phases_and_idling(void **state)
{
    (void)state;
    ASSERT_SCORE(scores_performance(&(struct scores_time){180, 0, 54, 0}), 70);
    ASSERT_SCORE(scores_performance(&(struct scores_time){180, 0, 54.1, 0}), 60);
    ASSERT_SCORE(scores_performance(&(struct scores_time){180, 180, 0, 0.2}), 70);
    ASSERT_SCORE(scores_performance(&(struct scores_time){180, 180, 0, 0.4}), 58);
    ASSERT_SCORE(scores_performance(&(struct scores_time){180, 180, 0, 0.9}), 55);
    ASSERT_SCORE(scores_performance(&(struct scores_time){1e6, 180, 1e6, 0.9}), 0);
    ASSERT_SCORE(scores_performance(&(struct scores_time){0, 180, SCORES_UNKNOWN, 0}), 0);
}

static void performance_is_unknown_where_an_input_is(void **state)
{
    (void)state;
    ASSERT_UNKNOWN(scores_performance(&(struct scores_time){SCORES_UNKNOWN, 180, 0, 0}));
    ASSERT_UNKNOWN(scores_performance(&(struct scores_time){180, 180, SCORES_UNKNOWN, 0}));
    ASSERT_UNKNOWN(scores_performance(&(struct scores_time){180, 180, 0, SCORES_UNKNOWN}));
}

static void quality_takes_the_first_key_of_each_type(void **state)
{
    (void)state;
    const char *const types[] = {"Some_TIMEOUT_of_network", "unheard of"};
    ASSERT_SCORE(scores_quality(&(struct scores_errors){.errors = 2, .types = types, .type_count = 2}), 60 - 8);
    ASSERT_SCORE(scores_quality(&(struct scores_errors){.pr_merged = true, .ci_passed = true}), 100);
    ASSERT_SCORE(scores_quality(&(struct scores_errors){.errors = 1, .ci_passed = true}), 75);
    ASSERT_SCORE(scores_quality(&(struct scores_errors){.errors = 50, .retries = 50}), 0);
}

static void quality_is_unknown_where_an_input_is(void **state)
{
    (void)state;
    ASSERT_UNKNOWN(scores_quality(&(struct scores_errors){.errors = SCORES_UNKNOWN}));
    ASSERT_UNKNOWN(scores_quality(&(struct scores_errors){.retries = SCORES_UNKNOWN}));
}

static void complexity_is_known_as_soon_as_it_is_certain(void **state)
{
    (void)state;
    assert_int_equal(scores_complexity(49, 299, 2), SCORES_SIMPLE);
    assert_int_equal(scores_complexity(50, 299, 2), SCORES_MEDIUM);
    assert_int_equal(scores_complexity(49, 300, 2), SCORES_MEDIUM);
    assert_int_equal(scores_complexity(49, 299, 3), SCORES_MEDIUM);
    assert_int_equal(scores_complexity(200, 1800, 5), SCORES_MEDIUM);
    assert_int_equal(scores_complexity(201, 1, 0), SCORES_COMPLEX);
    assert_int_equal(scores_complexity(1, 1801, 0), SCORES_COMPLEX);
    assert_int_equal(scores_complexity(1, 1, 6), SCORES_COMPLEX);
    assert_int_equal(scores_complexity(201, SCORES_UNKNOWN, SCORES_UNKNOWN), SCORES_COMPLEX);
    assert_int_equal(scores_complexity(1, SCORES_UNKNOWN, 0), SCORES_COMPLEXITY_UNKNOWN);
    assert_null(scores_complexity_name(SCORES_COMPLEXITY_UNKNOWN));
    assert_string_equal(scores_complexity_name(SCORES_COMPLEX), "complex");
}

static void a_model_is_known_by_its_word(void **state)
{
    (void)state;
    assert_int_equal(scores_model("claude-Haiku-4-5"), SCORES_HAIKU);
    assert_int_equal(scores_model("us.anthropic.claude-sonnet-4"), SCORES_SONNET);
    assert_int_equal(scores_model("opus"), SCORES_OPUS);
    assert_int_equal(scores_model("x"), SCORES_MODEL_OTHER);
    assert_int_equal(scores_model(""), SCORES_MODEL_UNKNOWN);
    assert_int_equal(scores_model(NULL), SCORES_MODEL_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clarity_counts_words_and_marks),
        cmocka_unit_test(clarity_of_a_very_long_text_ends_at_30),
        cmocka_unit_test(cost_efficiency_adds_the_model),
        cmocka_unit_test(cost_efficiency_rewards_the_cache),
        cmocka_unit_test(cost_efficiency_is_0_without_an_estimate_and_never_below),
        cmocka_unit_test(cost_efficiency_is_unknown_where_an_input_is),
        cmocka_unit_test(performance_minds_long_phases_and_idling),
        cmocka_unit_test(performance_is_unknown_where_an_input_is),
        cmocka_unit_test(quality_takes_the_first_key_of_each_type),
        cmocka_unit_test(quality_is_unknown_where_an_input_is),
        cmocka_unit_test(complexity_is_known_as_soon_as_it_is_certain),
        cmocka_unit_test(a_model_is_known_by_its_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
