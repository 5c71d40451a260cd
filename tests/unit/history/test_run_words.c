/* The small rules that turn words into facts: status, phases, errors. */
#include <stdlib.h>
#include <string.h>

#include "common/history/run_words.h"
#include "tests/testing/testing.h"

static void status_words_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        enum run_status status;
    } cases[] = {
        {"initialized", RUN_STATUS_PENDING}, {"pending", RUN_STATUS_PENDING},     {"in_progress", RUN_STATUS_RUNNING},
        {"running", RUN_STATUS_RUNNING},     {"success", RUN_STATUS_COMPLETED},   {"done", RUN_STATUS_COMPLETED},
        {"error", RUN_STATUS_FAILED},        {"completed", RUN_STATUS_COMPLETED}, {"failed", RUN_STATUS_FAILED},
        {"COMPLETED", RUN_STATUS_COMPLETED}, {"paused", RUN_STATUS_UNKNOWN},      {"", RUN_STATUS_UNKNOWN},
        {NULL, RUN_STATUS_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(run_status_of_word(cases[i].word), cases[i].status);
    assert_string_equal(run_status_name(RUN_STATUS_PENDING), "pending");
    assert_string_equal(run_status_name(RUN_STATUS_FAILED), "failed");
}

static void what_is_not_final_is_inferred(void **state)
{
    (void)state;
    static const struct {
        struct run_status_signs signs;
        enum run_status status;
    } cases[] = {
        /* written, error.log, plan file, branch name, directories adw_* */
        {{RUN_STATUS_COMPLETED, true, false, false, 1}, RUN_STATUS_COMPLETED},
        {{RUN_STATUS_FAILED, false, true, true, 5}, RUN_STATUS_FAILED},
        {{RUN_STATUS_UNKNOWN, true, true, true, 5}, RUN_STATUS_FAILED},
        {{RUN_STATUS_RUNNING, true, false, false, 0}, RUN_STATUS_FAILED},
        {{RUN_STATUS_RUNNING, false, true, true, 3}, RUN_STATUS_COMPLETED},
        {{RUN_STATUS_UNKNOWN, false, true, true, 4}, RUN_STATUS_COMPLETED},
        {{RUN_STATUS_UNKNOWN, false, true, true, 2}, RUN_STATUS_RUNNING},
        {{RUN_STATUS_UNKNOWN, false, true, false, 3}, RUN_STATUS_RUNNING},
        {{RUN_STATUS_UNKNOWN, false, false, true, 3}, RUN_STATUS_RUNNING},
        {{RUN_STATUS_UNKNOWN, false, false, true, 1}, RUN_STATUS_FAILED},
        {{RUN_STATUS_PENDING, false, false, true, 1}, RUN_STATUS_FAILED},
        {{RUN_STATUS_UNKNOWN, false, true, true, 1}, RUN_STATUS_RUNNING},
        {{RUN_STATUS_UNKNOWN, false, false, false, 0}, RUN_STATUS_RUNNING},
        {{RUN_STATUS_PENDING, false, false, true, 0}, RUN_STATUS_PENDING},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (run_status_infer(&cases[i].signs) != cases[i].status)
            fail_msg("row %zu: %s", i, run_status_name(run_status_infer(&cases[i].signs)));
}

static void agents_belong_to_phases(void **state)
{
    (void)state;
    static const struct {
        const char *directory, *phase;
    } cases[] = {
        {"planner", "plan"},
        {"sdlc_Planner", "plan"},
        {"builder", "build"},
        {"tester", "test"},
        {"test_runner", "test"},
        {"reviewer", "review"},
        {"documenter", "document"},
        {"documentation", "document"},
        {"shipper", "ship"},
        {"test_planner", "plan"},
        {"Implementor", "implementor"},
        {"adw_ship_iso", "ship"},
        {"ops", "ops"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *phase = phase_of_agent(cases[i].directory);
        assert_string_equal(phase, cases[i].phase);
        free(phase);
    }
    static const char *const order[] = {"plan", "build", "test", "review", "document", "ship", "a", "b"};
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        for (size_t j = 0; j < sizeof(order) / sizeof(order[0]); j++)
            assert_int_equal((phase_order(order[i], order[j]) > 0) - (phase_order(order[i], order[j]) < 0),
                             (i > j) - (i < j));
}

static void errors_are_typed_by_their_words(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
    } cases[] = {
        {"SyntaxError: invalid syntax", "syntax_error"},
        {"Request timed out", "timeout"},
        {"API Error: 429 rate_limit_error", "rate_limit"},
        {"API Error: 529 overloaded_error", "rate_limit"},
        {"Your credit balance is too low", "api_quota"},
        {"connect ECONNREFUSED 127.0.0.1:443", "network"},
        {"ValidationError: 3 fields", "validation"},
        {"TypeError: x is undefined", "type_error"},
        {"syntax error after a timeout", "syntax_error"},
        {"it just broke", "unknown"},
        {"", "unknown"},
        {NULL, "unknown"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(run_error_name(run_error_of_text(cases[i].text)), cases[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_words_are_understood),
        cmocka_unit_test(what_is_not_final_is_inferred),
        cmocka_unit_test(agents_belong_to_phases),
        cmocka_unit_test(errors_are_typed_by_their_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
