/* From what the files say to the facts of a run, and to the JSON of its columns. */
#include "common/history/run_facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/history/run_assemble.h"
#include "common/history/run_columns.h"
#include "tests/testing/testing.h"

#define SONNET "claude-sonnet-4-5-20250929"
#define HAIKU "claude-haiku-4-5-20251001"
#define START_US INT64_C(1765362783064774)

struct bench {
    struct prices *prices;
    struct run_facts facts;
    struct run_assembly assembly;
};

static int setup(void **state)
{
    static struct bench bench;
    bench.prices = prices_builtin();
    run_facts_init(&bench.facts);
    run_assemble_begin(&bench.assembly, &bench.facts, bench.prices, "r1");
    *state = &bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    run_facts_fini(&bench->facts);
    prices_drop(bench->prices);
    return 0;
}

static void add_state(struct bench *bench, const char *text)
{
    struct state_file state;
    struct err_info error = {.code = ERR_OK};
    state_file_init(&state);
    if (state_file_read(text, strlen(text), &state, &error) != ERR_OK)
        fail_msg("%s", error.text);
    run_assemble_state(&bench->assembly, &state);
    state_file_fini(&state);
}

/* `line` NULL: still running. */
static void add_agent(struct bench *bench, const char *directory, const char *text)
{
    static struct result_line line;
    if (text != NULL)
        assert_int_equal(result_line_read(text, strlen(text), &line, NULL), RESULT_LINE_RESULT);
    run_assemble_agent(&bench->assembly, &(struct run_agent){.directory = directory, .line = text ? &line : NULL});
}

static void end(struct bench *bench, int64_t error_log_us, size_t adw_directories)
{
    run_assemble_end(&bench->assembly, &(struct run_signs){error_log_us, adw_directories});
}

static bool warned(const struct run_facts *facts, const char *words)
{
    for (size_t i = 0; i < facts->warning_count && i < RUN_WARNINGS_MAX; i++)
        if (strstr(facts->warnings[i], words) != NULL)
            return true;
    return false;
}

static void agents_add_up_to_phases_models_and_the_run(void **state)
{
    struct bench *bench = *state;
    const struct run_facts *facts = &bench->facts;
    add_state(bench, "{\"start_time\":\"2025-12-10T10:33:03.064774\",\"end_time\":\"2025-12-10T10:34:43.064774\","
                     "\"status\":\"completed\",\"estimated_cost_breakdown\":{\"plan\":0.3,\"build\":0.3}}");
    add_agent(bench, "builder",
              "{\"type\":\"result\",\"duration_ms\":40000,\"total_cost_usd\":0.2,\"modelUsage\":{"
              "\"" SONNET "\":{\"inputTokens\":10,\"outputTokens\":20,\"cacheReadInputTokens\":60,"
              "\"cacheCreationInputTokens\":30,\"costUSD\":0.15},\"" HAIKU "\":{\"inputTokens\":1000}}}");
    add_agent(bench, "builder_2",
              "{\"type\":\"result\",\"duration_ms\":20000,\"total_cost_usd\":0.1,\"modelUsage\":{"
              "\"" SONNET "\":{\"outputTokens\":5,\"costUSD\":0.1}}}");
    add_agent(bench, "planner", NULL);
    end(bench, RUN_UNKNOWN, 0);
    assert_int_equal(facts->status, RUN_STATUS_COMPLETED);
    assert_true(facts->has_cost && facts->has_tokens);
    assert_int_equal(facts->actual_cost_nusd, 300000000);
    assert_int_equal(facts->start_us, START_US);
    assert_int_equal(facts->duration_ms, 100000);
    assert_int_equal(facts->hour_of_day, 10);
    assert_int_equal(facts->day_of_week, 2);
    assert_int_equal(facts->total_tokens, 10 + 20 + 60 + 30 + 1000 + 5);
    assert_true(fabs(facts->cache_efficiency_percent - 100.0 * 60 / 1100) < 1e-9);
    assert_int_equal(facts->phase_count, 2);
    assert_string_equal(facts->phases[0].name, "plan");
    assert_true(facts->phases[0].cost_nusd == MONEY_UNKNOWN && facts->phases[0].finished == 0);
    assert_int_equal(facts->phases[1].cost_nusd, 300000000);
    assert_int_equal(facts->phases[1].duration_ms, 60000);
    assert_string_equal(facts->bottleneck_phase, "build");
    assert_true(facts->idle_share < 0); /* the plan's time is not known */
    assert_int_equal(facts->retry_count, 1);
    assert_int_equal(facts->model_count, 2);
    assert_string_equal(facts->models[0].name, HAIKU);
    assert_int_equal(facts->models[0].cost_nusd, 1000000); /* by its price: it reports none */
    assert_int_equal(facts->models[1].cost_nusd, 250000000);
    assert_string_equal(facts->model_used, SONNET);
    assert_int_equal(facts->estimated_cost_nusd, 600000000);
    assert_int_equal(facts->estimated_cost_per_step_nusd, 300000000);
    assert_int_equal(facts->actual_cost_per_step_nusd, 150000000);
    assert_int_equal(facts->cost_per_token_nusd, 266667);
    assert_true(facts->errors_known && facts->error_count == 0 && facts->error_category == NULL);
}

static void the_columns_of_json_are_exact(void **state)
{
    struct bench *bench = *state;
    struct buf cost = BUF_INIT, tokens = BUF_INIT, row = BUF_INIT;
    add_state(bench, "{\"estimated_cost_total\":0.45}");
    add_agent(bench, "planner",
              "{\"type\":\"result\",\"duration_ms\":48670,\"total_cost_usd\":0.1112635,\"modelUsage\":{"
              "\"m\\\"1\":{\"inputTokens\":4,\"outputTokens\":3,\"cacheReadInputTokens\":2,"
              "\"cacheCreationInputTokens\":1,\"costUSD\":0.1112635}}}");
    add_agent(bench, "builder", NULL);
    end(bench, RUN_UNKNOWN, 0);
    run_columns_cost(&bench->facts, &cost);
    run_columns_tokens(&bench->facts, &tokens);
    run_columns_row(&bench->facts, &row);
    assert_string_equal(cost.data,
                        "{\"estimated_total\":0.45,\"actual_total\":0.1112635,\"estimated_per_step\":0.225,"
                        "\"actual_per_step\":0.05563175,\"cost_per_token\":0.01112635,"
                        "\"by_phase\":{\"plan\":0.1112635,\"build\":null},"
                        "\"by_model\":{\"m\\\"1\":{\"cost\":0.1112635,\"input_tokens\":4,\"output_tokens\":3,"
                        "\"cache_creation_tokens\":1,\"cache_read_tokens\":2}}}");
    assert_string_equal(tokens.data,
                        "{\"input_tokens\":4,\"output_tokens\":3,\"cache_creation_tokens\":1,\"cache_read_tokens\":2,"
                        "\"total_tokens\":10,\"by_phase\":{\"plan\":{\"input_tokens\":4,\"output_tokens\":3,"
                        "\"cache_creation_tokens\":1,\"cache_read_tokens\":2},\"build\":{\"input_tokens\":0,"
                        "\"output_tokens\":0,\"cache_creation_tokens\":0,\"cache_read_tokens\":0}}}");
    assert_non_null(strstr(row.data, ",\"phase_durations\":{\"plan\":48.67"));
    buf_fini(&cost);
    buf_fini(&tokens);
    buf_fini(&row);
}

static void a_run_that_tells_nothing_has_only_unknowns(void **state)
{
    struct bench *bench = *state;
    const struct run_facts *facts = &bench->facts;
    struct buf cost = BUF_INIT;
    add_state(bench, "{}");
    end(bench, RUN_UNKNOWN, 0);
    assert_int_equal(facts->status, RUN_STATUS_RUNNING);
    assert_false(facts->has_cost || facts->has_tokens || facts->errors_known);
    assert_true(facts->actual_cost_nusd == MONEY_UNKNOWN && facts->duration_ms == RUN_UNKNOWN);
    assert_true(facts->retry_count == RUN_UNKNOWN && run_facts_phase_count(facts) == RUN_UNKNOWN);
    assert_true(facts->hour_of_day == -1 && facts->day_of_week == -1 && facts->idle_share < 0);
    assert_true(facts->bottleneck_phase == NULL && facts->model_used == NULL && facts->error_category == NULL);
    assert_true(warned(facts, "no cost data"));
    run_columns_cost(facts, &cost);
    assert_string_equal(cost.data, "{\"estimated_total\":null,\"actual_total\":null,\"estimated_per_step\":null,"
                                   "\"actual_per_step\":null,\"cost_per_token\":null,\"by_phase\":{},\"by_model\":{}}");
    buf_fini(&cost);
}

static void one_unknown_price_makes_the_cost_unknown(void **state)
{
    struct bench *bench = *state;
    const struct run_facts *facts = &bench->facts;
    add_agent(bench, "planner", "{\"type\":\"result\",\"total_cost_usd\":0.5,\"usage\":{\"input_tokens\":3}}");
    add_agent(bench, "builder", "{\"type\":\"result\",\"modelUsage\":{\"mystery-9\":{\"inputTokens\":3}}}");
    end(bench, RUN_UNKNOWN, 0);
    assert_false(facts->has_cost);
    assert_true(facts->actual_cost_nusd == MONEY_UNKNOWN);
    assert_true(facts->has_tokens && facts->total_tokens == 6);
    assert_true(warned(facts, "no price is known for model \"mystery-9\""));
    assert_int_equal(facts->phases[0].cost_nusd, 500000000);
    assert_true(facts->phases[1].cost_nusd == MONEY_UNKNOWN);
}

static void errors_come_from_lines_lists_and_the_message(void **state)
{
    struct bench *bench = *state;
    const struct run_facts *facts = &bench->facts;
    add_state(bench, "{\"errors\":[\"timed out\"],\"error_message\":\"quota exceeded\",\"retry_count\":4}");
    add_agent(bench, "planner",
              "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":true,"
              "\"total_cost_usd\":0.0176027,\"result\":\"API Error: 529 overloaded_error\"}");
    add_agent(bench, "builder", "{\"type\":\"result\",\"subtype\":\"error_max_turns\",\"total_cost_usd\":0.1}");
    end(bench, RUN_UNKNOWN, 0);
    assert_int_equal(facts->error_count, 3);
    assert_int_equal(facts->error_types[RUN_ERROR_TIMEOUT], 1);
    assert_int_equal(facts->error_types[RUN_ERROR_API_QUOTA], 1);
    assert_int_equal(facts->error_types[RUN_ERROR_RATE_LIMIT], 1);
    assert_int_equal(facts->error_types[RUN_ERROR_UNKNOWN], 1);
    assert_string_equal(facts->error_category, "timeout");
    assert_string_equal(facts->error_message, "quota exceeded");
    assert_int_equal(facts->retry_count, 4);
    assert_int_equal(facts->actual_cost_nusd, 117602700);
}

static void an_error_log_ends_a_run_that_says_nothing_final(void **state)
{
    struct bench *bench = *state;
    const struct run_facts *facts = &bench->facts;
    add_state(bench, "{\"created_at\":\"2025-12-10T10:33:03.064774Z\",\"status\":\"in_progress\"}");
    end(bench, START_US + 5000000, 4);
    assert_int_equal(facts->status, RUN_STATUS_FAILED);
    assert_int_equal(facts->end_us, START_US + 5000000);
    assert_int_equal(facts->duration_ms, 5000);
}

static void odd_values_are_warned_of(void **state)
{
    struct bench *bench = *state;
    const struct run_facts *facts = &bench->facts;
    add_state(bench, "{\"id\":\"other\\n\",\"start_time\":\"2025-12-10T10:33:03\",\"end_time\":\"2025-12-09\","
                     "\"duration_seconds\":7}");
    end(bench, RUN_UNKNOWN, 0);
    assert_true(warned(facts, "adw_id \"other\\x0a\": the directory's name counts"));
    assert_true(warned(facts, "ends before it starts"));
    assert_int_equal(facts->duration_ms, 7000);
    assert_string_equal(facts->adw_id, "r1");
}

static void times_that_are_none_are_unknown(void **state)
{
    struct bench *bench = *state;
    add_state(bench, "{\"start_time\":\"invalid\"}");
    end(bench, RUN_UNKNOWN, 0);
    assert_true(bench->facts.start_us == RUN_UNKNOWN && bench->facts.hour_of_day == -1);
    assert_true(warned(&bench->facts, "start_time \"invalid\" is no time"));
}

static void a_summary_stands_in_for_the_state(void **state)
{
    struct bench *bench = *state;
    add_state(
        bench,
        "{\"adw_id\":\"r1\",\"workflow\":\"w\",\"prompt\":\"do it\",\"model\":\"opus\",\"overall_success\":false}");
    end(bench, RUN_UNKNOWN, 5);
    assert_int_equal(bench->facts.status, RUN_STATUS_FAILED);
    assert_string_equal(bench->facts.workflow_template, "w");
    assert_string_equal(bench->facts.nl_input, "do it");
    assert_string_equal(bench->facts.model_used, "opus");
}

static void phases_may_leave_time_idle(void **state)
{
    struct bench *bench = *state;
    add_state(bench, "{\"duration_seconds\":100,\"pr_state\":\"MERGED\",\"ci_passed\":false}");
    add_agent(bench, "planner", "{\"type\":\"result\",\"duration_ms\":30000,\"total_cost_usd\":0}");
    add_agent(bench, "builder", "{\"type\":\"result\",\"duration_ms\":30001,\"total_cost_usd\":0}");
    end(bench, RUN_UNKNOWN, 0);
    assert_true(fabs(bench->facts.idle_share - 0.39999) < 1e-9);
    assert_string_equal(bench->facts.bottleneck_phase, "build"); /* above 30 %, not at it */
    assert_int_equal(bench->facts.pull_request_merged, RUN_FLAG_YES);
    assert_int_equal(bench->facts.ci_passed, RUN_FLAG_NO);
}

static void further_warnings_are_only_counted(void **state)
{
    struct bench *bench = *state;
    for (int i = 0; i < 2 * RUN_WARNINGS_MAX; i++)
        run_facts_warn(&bench->facts, "%d", i);
    assert_int_equal(bench->facts.warning_count, 2 * RUN_WARNINGS_MAX);
    assert_string_equal(bench->facts.warnings[RUN_WARNINGS_MAX - 1], "15");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(agents_add_up_to_phases_models_and_the_run),
        TEST(the_columns_of_json_are_exact),
        TEST(a_run_that_tells_nothing_has_only_unknowns),
        TEST(one_unknown_price_makes_the_cost_unknown),
        TEST(errors_come_from_lines_lists_and_the_message),
        TEST(an_error_log_ends_a_run_that_says_nothing_final),
        TEST(odd_values_are_warned_of),
        TEST(times_that_are_none_are_unknown),
        TEST(a_summary_stands_in_for_the_state),
        TEST(phases_may_leave_time_idle),
        TEST(further_warnings_are_only_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
