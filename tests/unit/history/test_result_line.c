/*
 * Result lines: what they are, and what they cost by each of the four routes alone. The real ones lie beside this
 * checkout; where they do not, those tests say that they are skipped.
 */
#include "common/history/result_line.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/json_walk.h"
#include "common/history/result_cost.h"
#include "tests/testing/testing.h"

static struct result_line line;

static enum result_line_kind read_text(const char *text)
{
    return result_line_read(text, strlen(text), &line, NULL);
}

static int64_t cost_by(const struct prices *prices, enum result_cost_route route)
{
    return result_cost_by(&(struct result_cost_question){&line, prices, NULL}, route);
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

/* ---- the real ones ----------------------------------------------------------------------------------------------- */

static char *shared_text(const char *name)
{
    const char *data = testing_shared_data();
    if (data == NULL)
        return NULL;
    char *path = testing_join(data, name);
    struct buf text = BUF_INIT;
    testing_read_file(path, &text);
    free(path);
    return buf_take(&text);
}

/* The member `result` of {source, adw_id, agent, result}, as text. */
static struct json_slice inner_line(const char *text, size_t len)
{
    struct json_walk walk;
    struct json_slice key;
    json_walk_init(&walk, text, len, 64);
    assert_true(json_walk_enter(&walk, '{'));
    while (json_walk_key(&walk, &key)) {
        (void)json_walk_peek(&walk);
        const char *begin = walk.at;
        assert_true(json_walk_skip(&walk));
        if (json_slice_is(&key, "result"))
            return (struct json_slice){begin, (size_t)(walk.at - begin), false};
    }
    fail_msg("no result in a line of result-lines.jsonl");
    return (struct json_slice){NULL, 0, false};
}

static void every_real_line_costs_the_same_by_each_route(void **state)
{
    (void)state;
    char *text = shared_text("result-lines.jsonl");
    if (text == NULL)
        skip();
    struct prices *prices = prices_builtin();
    int lines = 0, degenerate = 0;
    for (char *at = text, *end; (end = strchr(at, '\n')) != NULL; at = end + 1, lines++) {
        struct json_slice inner = inner_line(at, (size_t)(end - at));
        assert_int_equal(result_line_read(inner.bytes, inner.len, &line, NULL), RESULT_LINE_RESULT);
        int64_t reported = cost_by(prices, RESULT_COST_REPORTED);
        assert_true(reported != MONEY_UNKNOWN);
        if (line.model_count == 0) { /* all usage zero, modelUsage empty */
            assert_int_equal(reported, 0);
            assert_int_equal(cost_by(prices, RESULT_COST_USAGE), 0);
            degenerate++;
            continue;
        }
        assert_int_equal(cost_by(prices, RESULT_COST_MODEL_COSTS), reported);
        assert_int_equal(cost_by(prices, RESULT_COST_MODEL_TOKENS), reported);
    }
    assert_int_equal(lines, 58);
    assert_int_equal(degenerate, 1);
    prices_drop(prices);
    free(text);
}

/* The last line of a stream, or all of a file that holds one object. */
static void read_shared(const char *name, bool is_stream)
{
    static char *text;
    free(text);
    text = shared_text(name);
    if (text == NULL)
        skip();
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    const char *last = is_stream ? strrchr(text, '\n') : NULL;
    assert_int_equal(read_text(last != NULL ? last + 1 : text), RESULT_LINE_RESULT);
}

static void the_odd_streams_say_what_they_say(void **state)
{
    (void)state;
    struct prices *prices = prices_builtin();
    struct run_tokens tokens;
    read_shared("streams/stream_api_error_529.jsonl", true);
    for (int route = RESULT_COST_REPORTED; route <= RESULT_COST_MODEL_TOKENS; route++)
        assert_int_equal(cost_by(prices, (enum result_cost_route)route), 17602700);
    assert_true(result_line_has_error(&line));
    read_shared("streams/stream_with_rate_limit_event.jsonl", true);
    for (int route = RESULT_COST_REPORTED; route <= RESULT_COST_MODEL_TOKENS; route++)
        assert_int_equal(cost_by(prices, (enum result_cost_route)route), 147376000);
    assert_false(result_line_has_error(&line));
    read_shared("streams/gleam_result_success.json", false);
    assert_int_equal(result_cost(&(struct result_cost_question){&line, prices, NULL}, NULL), 247224250);
    assert_int_equal(cost_by(prices, RESULT_COST_MODEL_COSTS), 228446250);
    read_shared("streams/gleam_result_error.json", false);
    assert_int_equal(result_cost(&(struct result_cost_question){&line, prices, NULL}, NULL), 5000000);
    assert_true(result_line_has_error(&line) && result_line_tokens(&line, &tokens));
    assert_int_equal(run_tokens_total(&tokens), 60);
    prices_drop(prices);
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
        cmocka_unit_test(every_real_line_costs_the_same_by_each_route),
        cmocka_unit_test(the_odd_streams_say_what_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
