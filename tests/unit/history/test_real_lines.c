/* The real result lines, which lie beside this checkout, or not: what each costs by each of the four routes. */
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/json_walk.h"
#include "common/base/money.h"
#include "common/history/result_cost.h"
#include "common/history/result_line.h"
#include "tests/testing/testing.h"
#include "tests/unit/history/cost_by.h"

static struct result_line line;

static int64_t cost_by(const struct prices *prices, enum result_cost_route route)
{
    return cost_by_route(&line, prices, route);
}

static char *shared_text(const char *name)
{
    char *path = testing_join(testing_shared_data(), name);
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
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    const char *last = is_stream ? strrchr(text, '\n') : NULL;
    last = last != NULL ? last + 1 : text;
    assert_int_equal(result_line_read(last, strlen(last), &line, NULL), RESULT_LINE_RESULT);
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
    assert_int_equal(cost_by(prices, RESULT_COST_REPORTED), 147376000);
    assert_int_equal(cost_by(prices, RESULT_COST_MODEL_COSTS), 147376000);
    /* The CLI had priced its one-hour cache writes as five-minute ones: 19 346 tokens at 6.25 instead of 10 USD. */
    assert_int_equal(cost_by(prices, RESULT_COST_MODEL_TOKENS), 147376000 + INT64_C(19346) * 3750);
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
        cmocka_unit_test(every_real_line_costs_the_same_by_each_route),
        cmocka_unit_test(the_odd_streams_say_what_they_say),
    };
    return testing_run_with_shared_data(tests);
}
