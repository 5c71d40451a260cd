/* A line for each thing that could be better, the most useful first, five at most. */
#include "tests/testing/testing.h"

#include <string.h>

#include "common/history/anomalies.h"

static const struct anomalies all = {5,
                                     {{.type = ANOMALIES_COST},
                                      {.type = ANOMALIES_DURATION},
                                      {.type = ANOMALIES_RETRIES},
                                      {.type = ANOMALIES_CACHE},
                                      {.type = ANOMALIES_ERROR}}};
static const struct anomalies none = {.count = 0};

static void assert_kinds(const struct recommendations_run *run, const char *const *kinds)
{
    struct recommendations found;
    recommendations_find(run, &found);
    for (size_t i = 0; i < found.count; i++) {
        assert_non_null(kinds[i]);
        assert_memory_equal(found.lines[i], kinds[i], strlen(kinds[i]));
    }
    assert_null(kinds[found.count]);
}
#define ASSERT_KINDS(run, ...) assert_kinds(run, (const char *const[]){__VA_ARGS__, NULL})

static void nothing_to_say_is_a_line_too(void **state)
{
    (void)state;
    struct recommendations_run run = {.anomalies = &none, .words = 20};
    ASSERT_KINDS(&run, "All is well");
    run.words = -1;
    ASSERT_KINDS(&run, "All is well");
}

static void a_brief_input_and_a_small_model_are_told(void **state)
{
    (void)state;
    struct recommendations_run run = {&none, 19, 3, SCORES_COMPLEX, SCORES_HAIKU};
    ASSERT_KINDS(&run, "Model:", "Input:");
    run.errors = 2;
    ASSERT_KINDS(&run, "Input:");
    run.errors = 3;
    run.model = SCORES_SONNET;
    ASSERT_KINDS(&run, "Input:");
}

static void five_at_most_by_kind(void **state)
{
    (void)state;
    struct recommendations_run run = {&all, 100, 0, SCORES_SIMPLE, SCORES_OPUS};
    ASSERT_KINDS(&run, "Cost:", "Errors:", "Cache:", "Time:", "Performance:");
    run = (struct recommendations_run){&all, 1, 9, SCORES_COMPLEX, SCORES_HAIKU};
    ASSERT_KINDS(&run, "Model:", "Cost:", "Errors:", "Cache:", "Input:");
}

static void json_is_an_array_of_lines(void **state)
{
    (void)state;
    struct recommendations found = {2, {"one", "two"}};
    struct buf text = BUF_INIT;
    recommendations_add_json(&found, &text);
    assert_string_equal(text.data, "[\"one\",\"two\"]");
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_to_say_is_a_line_too),
        cmocka_unit_test(a_brief_input_and_a_small_model_are_told),
        cmocka_unit_test(five_at_most_by_kind),
        cmocka_unit_test(json_is_an_array_of_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
