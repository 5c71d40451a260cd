/*
 * Result lines: what they are, and what they cost by each of the four routes alone. test_real_lines.c has the real
 * ones.
 */
#include "common/history/result_line.h"

#include <stdlib.h>
#include <string.h>

#include "common/history/result_cost.h"
#include "tests/testing/testing.h"
#include "tests/unit/history/cost_by.h"

static struct result_line line;

static enum result_line_kind read_text(const char *text)
{
    return result_line_read(text, strlen(text), &line, NULL);
}

static int64_t cost_by(const struct prices *prices, enum result_cost_route route)
{
    return cost_by_route(&line, prices, route);
}

static void lines_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum result_line_kind kind;
    } cases[] = {
        {"{\"type\":\"result\"}", RESULT_LINE_RESULT},
        {" { \"x\": {\"type\":\"assistant\"}, \"type\" : \"res\\u0075lt\" } ", RESULT_LINE_RESULT},
        {"{\"type\":\"assistant\",\"message\":{\"type\":\"result\"}}", RESULT_LINE_OTHER},
        {"{\"type\":\"rate_limit_event\"}", RESULT_LINE_OTHER},
        {"{\"type\":null}", RESULT_LINE_OTHER},
        {"{\"type\":[\"result\"]}", RESULT_LINE_OTHER},
        {"{\"subtype\":\"result\"}", RESULT_LINE_OTHER},
        {"{}", RESULT_LINE_OTHER},
        {"[\"result\"]", RESULT_LINE_OTHER},
        {"12", RESULT_LINE_OTHER},
        {"", RESULT_LINE_BROKEN},
        {"result", RESULT_LINE_BROKEN},
        {"{\"type\":\"result\"", RESULT_LINE_BROKEN},
        {"{\"type\":\"result\"} {}", RESULT_LINE_BROKEN},
        {"{\"type\":\"result\",\"total_cost_usd\":0.5,\"total_cost_usd\":0.6}", RESULT_LINE_BROKEN},
        {"{\"type\":\"result\",\"total_cost_usd\":0.}", RESULT_LINE_BROKEN},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (read_text(cases[i].text) != cases[i].kind)
            fail_msg("%s", cases[i].text);
    struct err_info error = {.code = ERR_OK};
    assert_int_equal(result_line_read("{\"type\":\"result\",x", 18, &line, &error), RESULT_LINE_BROKEN);
    assert_int_equal(error.column, 18);
    assert_int_equal(result_line_read("{\"type\":\"result\"}\0", 18, &line, NULL), RESULT_LINE_BROKEN);
}

static void odd_members_count_as_absent(void **state)
{
    (void)state;
    assert_int_equal(read_text("{\"type\":\"result\",\"total_cost_usd\":\"0.5\",\"usage\":[],\"modelUsage\":null,"
                               "\"is_error\":\"no\",\"duration_ms\":-5,\"subtype\":7,\"result\":{}}"),
                     RESULT_LINE_RESULT);
    struct run_tokens tokens;
    assert_true(line.total_cost_nusd == MONEY_UNKNOWN);
    assert_false(line.has_usage || line.is_error || result_line_tokens(&line, &tokens));
    assert_int_equal(line.model_count, 0);
    assert_true(line.duration_ms < 0);
    assert_int_equal(read_text("{\"type\":\"result\",\"total_cost_usd\":-0.5}"), RESULT_LINE_RESULT);
    assert_true(line.total_cost_nusd == MONEY_UNKNOWN);
    assert_int_equal(read_text("{\"type\":\"result\",\"usage\":{\"input_tokens\":-1}}"), RESULT_LINE_RESULT);
    assert_false(result_line_tokens(&line, &tokens));
    assert_int_equal(read_text("{\"type\":\"result\",\"usage\":{\"input_tokens\":5,\"cache_read_input_tokens\":null}}"),
                     RESULT_LINE_RESULT);
    assert_true(result_line_tokens(&line, &tokens));
    assert_int_equal(tokens.input, 5);
    assert_int_equal(tokens.cache_read, 0);
}

static void errors_are_told_by_flag_or_subtype(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool has_error;
        const char *words;
    } cases[] = {
        {"{\"type\":\"result\",\"subtype\":\"success\",\"result\":\"fine\"}", false, "fine"},
        {"{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":true,\"result\":\"API Error: 529\"}", true,
         "API Error: 529"},
        {"{\"type\":\"result\",\"subtype\":\"error_max_turns\",\"is_error\":false}", true, "error_max_turns"},
        {"{\"type\":\"result\",\"subtype\":\"error_during_execution\",\"errors\":[{},\"a\",\"b\"],\"result\":\"\"}",
         true, "error_during_execution: a"},
        {"{\"type\":\"result\"}", false, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(read_text(cases[i].text), RESULT_LINE_RESULT);
        char *words = result_line_error_text(&line);
        assert_int_equal(result_line_has_error(&line), cases[i].has_error);
        assert_string_equal(words, cases[i].words);
        free(words);
    }
}

static void the_first_route_that_tells_is_taken(void **state)
{
    (void)state;
    static const struct {
        const char *members;
        enum result_cost_route route;
        int64_t nusd;
    } cases[] = {
        {"\"total_cost_usd\":0.5,\"modelUsage\":{\"claude-haiku-4-5\":{\"inputTokens\":1,\"costUSD\":0.4}}",
         RESULT_COST_REPORTED, 500000000},
        {"\"total_cost_usd\":null,\"modelUsage\":{\"a\":{\"costUSD\":0.4},\"b\":{\"costUSD\":0.05}}",
         RESULT_COST_MODEL_COSTS, 450000000},
        {"\"modelUsage\":{\"claude-haiku-4-5\":{\"inputTokens\":1000,\"costUSD\":9},\"claude-opus-4-1-20250805\":"
         "{\"outputTokens\":1000}},\"usage\":{\"input_tokens\":7}",
         RESULT_COST_MODEL_TOKENS, 1000000 + 75000000},
        {"\"usage\":{\"input_tokens\":10,\"cache_creation_input_tokens\":10,\"cache_read_input_tokens\":10,"
         "\"output_tokens\":10}",
         RESULT_COST_USAGE, 30000 + 37500 + 3000 + 150000},
        {"\"modelUsage\":{\"mystery-1\":{\"inputTokens\":1}},\"usage\":{\"input_tokens\":7}", RESULT_COST_NONE,
         MONEY_UNKNOWN},
        {"\"modelUsage\":{},\"usage\":{\"input_tokens\":0}", RESULT_COST_USAGE, 0},
        {"\"modelUsage\":{}", RESULT_COST_NONE, MONEY_UNKNOWN},
    };
    struct prices *prices = prices_builtin();
    const struct json_slice sonnet = {"claude-sonnet-4-5-20250929", 26, false};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf text = BUF_INIT;
        enum result_cost_route route = RESULT_COST_NONE;
        buf_addf(&text, "{\"type\":\"result\",%s}", cases[i].members);
        assert_int_equal(read_text(text.data), RESULT_LINE_RESULT);
        int64_t nusd = result_cost(&(struct result_cost_question){&line, prices, &sonnet}, &route);
        if (nusd != cases[i].nusd || route != cases[i].route)
            fail_msg("%s: %lld by route %d", cases[i].members, (long long)nusd, (int)route);
        buf_fini(&text);
    }
    assert_int_equal(read_text("{\"type\":\"result\",\"usage\":{\"input_tokens\":7}}"), RESULT_LINE_RESULT);
    assert_true(result_cost_needs_model(&line));
    assert_true(cost_by(prices, RESULT_COST_USAGE) == MONEY_UNKNOWN); /* no model: not guessed */
    prices_drop(prices);
}

static void streams_name_their_model_in_init_and_assistant_lines(void **state)
{
    (void)state;
    static const struct {
        const char *text, *model;
    } cases[] = {
        {"{\"type\":\"system\",\"subtype\":\"init\",\"model\":\"a\"}", "a"},
        {"{\"type\":\"assistant\",\"message\":{\"content\":[{\"model\":\"x\"}],\"model\":\"b\"}}", "b"},
        {"{\"type\":\"assistant\",\"message\":{\"model\":\"<synthetic>\"}}", NULL},
        {"{\"type\":\"system\",\"subtype\":\"other\",\"model\":\"a\"}", NULL},
        {"{\"type\":\"user\",\"message\":{\"model\":\"b\"}}", NULL},
        {"{\"type\":\"system\",\"subtype\":\"init\",\"model\":\"a\"", NULL},
        {"{\"model\":\"a\"}", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json_slice model = {NULL, 0, false};
        bool found = result_line_model(cases[i].text, strlen(cases[i].text), &model);
        assert_int_equal(found, cases[i].model != NULL);
        assert_true(!found || json_slice_is(&model, cases[i].model));
    }
}

static void too_many_models_are_refused(void **state)
{
    (void)state;
    for (int count = RESULT_LINE_MODELS_MAX; count <= RESULT_LINE_MODELS_MAX + 1; count++) {
        struct buf text = BUF_INIT;
        buf_add_str(&text, "{\"type\":\"result\",\"modelUsage\":{");
        for (int i = 0; i < count; i++)
            buf_addf(&text, "%s\"m%d\":{\"costUSD\":1}", i > 0 ? "," : "", i);
        buf_add_str(&text, "}}");
        assert_int_equal(read_text(text.data),
                         count <= RESULT_LINE_MODELS_MAX ? RESULT_LINE_RESULT : RESULT_LINE_BROKEN);
        buf_fini(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_told_apart),
        cmocka_unit_test(odd_members_count_as_absent),
        cmocka_unit_test(errors_are_told_by_flag_or_subtype),
        cmocka_unit_test(the_first_route_that_tells_is_taken),
        cmocka_unit_test(streams_name_their_model_in_init_and_assistant_lines),
        cmocka_unit_test(too_many_models_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
