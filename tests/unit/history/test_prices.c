/* The price table: the built-in one, what it matches, and what a file in its place may not say. */
#include "common/history/prices.h"

#include <string.h>

#include "tests/testing/testing.h"

static void models_are_found_by_family_and_version(void **state)
{
    (void)state;
    static const struct {
        const char *model, *pattern;
    } cases[] = {
        {"claude-haiku-4-5-20251001", "haiku-4-5"},
        {"claude-sonnet-4-5-20250929", "sonnet-4-5"},
        {"claude-sonnet-4-20250514", "sonnet-4"},
        {"claude-3-7-sonnet-20250219", "3-7-sonnet"},
        {"claude-3-5-sonnet-20241022", "3-5-sonnet"},
        {"claude-3-sonnet-20240229", "3-sonnet"},
        {"claude-opus-4-5-20251101", "opus-4-5"},
        {"claude-opus-4-6", "opus-4-6"},
        {"claude-opus-4-1-20250805", "opus-4-1"},
        {"claude-opus-4-20250514", "opus-4"},
        {"Claude-Opus-4", "opus-4"},
        {"anthropic.claude-opus-4-5-20251101-v1:0", "opus-4-5"},
        {"claude-sonnet-4-5@20250929", "sonnet-4-5"},
        {"claude-sonnet-4-5[1m]", "sonnet-4-5"},
        {"claude-opus-4-0", "opus-4"},
        {"claude-sonnet-4-0", "sonnet-4"},
        {"claude-3-7-sonnet-latest", "3-7-sonnet"},
        {"claude-3-5-haiku-latest", "3-5-haiku"},
        {"claude-3-haiku-20240307", "3-haiku"},
        {"claude-3-opus-latest", "3-opus"},
        {"us.anthropic.claude-opus-4-1-20250805-v1:0", "opus-4-1"},
        {"eu.anthropic.claude-sonnet-4-20250514-v1:0", "sonnet-4"},
        {"global.anthropic.claude-opus-4-6-v1", "opus-4-6"},
        {"arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0", "haiku-4-5"},
        {"claude-opus-4@20250514", "opus-4"},
        {"claude-3-5-sonnet-v2@20241022", "3-5-sonnet"},
        {"anthropic/claude-opus-4.5", "opus-4-5"},
        {"anthropic/claude-3.7-sonnet", "3-7-sonnet"},
        {"vertex_ai/claude-sonnet-4-5@20250929", "sonnet-4-5"},
        {"anthropic/claude-opus-4.7", NULL},
        {"claude-opus-4-00", NULL},
        {"claude-opus-4-7", NULL},
        {"claude-opus-4-10", NULL},
        {"claude-opus-4.2", NULL},
        {"claude-sonnet-4-6", NULL},
        {"claude-haiku-4-50", NULL},
        {"claude-haiku-4-5x", NULL},
        {"megaopus-4", NULL},
        {"<synthetic>", NULL},
        {"sonnet", NULL},
        {"gpt-5", NULL},
        {"", NULL},
    };
    struct prices *prices = prices_builtin();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct price *price = prices_find(prices, cases[i].model, strlen(cases[i].model));
        if ((price == NULL) != (cases[i].pattern == NULL) || (price && strcmp(price->pattern, cases[i].pattern) != 0))
            fail_msg("%s: %s", cases[i].model, price != NULL ? price->pattern : "unknown");
    }
    prices_drop(prices);
}

static void the_four_counts_are_priced_each(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        int64_t nusd; /* of a million tokens of each kind */
    } cases[] = {
        {"claude-haiku-4-5", 7350000000}, {"claude-sonnet-4-5", 22050000000}, {"claude-sonnet-4", 22050000000},
        {"claude-opus-4-5", 36750000000}, {"claude-opus-4-6", 36750000000},   {"claude-opus-4-1", 110250000000},
        {"claude-opus-4", 110250000000},
    };
    const struct run_tokens million = {1000000, 1000000, 1000000, 1000000};
    struct prices *prices = prices_builtin();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct price *price = prices_find(prices, cases[i].model, strlen(cases[i].model));
        assert_non_null(price);
        assert_int_equal(prices_cost(price, &(struct price_usage){million, 0}), cases[i].nusd);
    }
    const struct price *haiku = prices_find(prices, "haiku-4-5", 9);
    assert_int_equal(prices_cost(haiku, &(struct price_usage){{.input = 1}, 0}), 1000);
    assert_int_equal(prices_cost(haiku, &(struct price_usage){{.output = 1}, 0}), 5000);
    assert_int_equal(prices_cost(haiku, &(struct price_usage){{.cache_creation = 1}, 0}), 1250);
    assert_int_equal(prices_cost(haiku, &(struct price_usage){{.cache_read = 1}, 0}), 100);
    assert_true(prices_cost(haiku, &(struct price_usage){{.input = -1}, 0}) == MONEY_UNKNOWN);
    assert_true(prices_cost(haiku, &(struct price_usage){{.input = RUN_TOKENS_MAX + 1}, 0}) == MONEY_UNKNOWN);
    prices_drop(prices);
}

static void what_is_kept_for_an_hour_costs_twice_the_input(void **state)
{
    (void)state;
    static const char own[] = "models:\n  a: {input: 1, output: 2, cache_write: 3, cache_read: 4, cache_write_1h: 7}\n";
    struct prices *prices = prices_builtin();
    struct err_info error = {.code = ERR_OK};
    const struct price *opus = prices_find(prices, "claude-opus-4-6", 15);
    struct price_usage usage = {{.cache_creation = 1000000}, 1000000};
    assert_int_equal(prices_cost(opus, &usage), 10000000000);
    usage.hour_writes = 400000;
    assert_int_equal(prices_cost(opus, &usage), 4000000000 + 3750000000);
    usage.hour_writes = 1000001;
    assert_true(prices_cost(opus, &usage) == MONEY_UNKNOWN);
    prices_drop(prices);
    assert_int_equal(prices_parse(own, sizeof(own) - 1, &prices, &error), ERR_OK);
    usage.hour_writes = 1000000;
    assert_int_equal(prices_cost(prices_find(prices, "a", 1), &usage), 7000000000);
    prices_drop(prices);
}

#define ROW "{input: 1, output: 2, cache_write: 3, cache_read: 0.0000005}"

static void a_file_may_replace_the_table(void **state)
{
    (void)state;
    static const char text[] =
        "models:\n  mine-1: " ROW "\n  mine: {input: 0, output: 0, cache_write: 0, cache_read: 0}\n";
    struct prices *prices = NULL;
    struct err_info error = {.code = ERR_OK};
    assert_int_equal(prices_parse(text, sizeof(text) - 1, &prices, &error), ERR_OK);
    const struct price *price = prices_find(prices, "mine-1", 6);
    /* A part of a nano-dollar is rounded once, in the sum. */
    assert_int_equal(prices_cost(price, &(struct price_usage){{.cache_read = 999}, 0}), 0);
    assert_int_equal(prices_cost(price, &(struct price_usage){{.cache_read = 1000}, 0}), 1);
    assert_null(prices_find(prices, "claude-haiku-4-5", 16));
    prices_drop(prices);
}

static void a_wrong_table_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int line;
        const char *words;
    } cases[] = {
        {"", 1, "expected one key"},
        {"prices: {}", 1, "expected one key"},
        {"models: {}", 1, "expected models"},
        {"models: {a: " ROW "}\nmore: 1", 1, "expected one key"},
        {"models:\n  a: 1", 2, "four prices"},
        {"models:\n  a: {input: 1}", 2, "four prices"},
        {"models:\n  a: {input: 1, output: 2, cache_write: 3, cache_write_1h: 4}", 2, "four prices"},
        {"models:\n  a: {input: 1, output: 2, cache_write: 3, cash: 4}", 2, "unknown key \"cash\""},
        {"models:\n  a: {input: -1, output: 2, cache_write: 3, cache_read: 4}", 2, "a number from 0"},
        {"models:\n  a: {input: x, output: 2, cache_write: 3, cache_read: 4}", 2, "a number from 0"},
        {"models:\n  a: {input: \"1\", output: 2, cache_write: 3, cache_read: 4}", 2, "a number from 0"},
        {"models:\n  a: {input: 1000001, output: 2, cache_write: 3, cache_read: 4}", 2, "a number from 0"},
        {"models:\n  A: " ROW, 2, "lower case"},
        {"models:\n  a: " ROW "\n  a: " ROW, 3, "second time"},
        {"models: [", 2, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct prices *prices = NULL;
        struct err_info error = {.code = ERR_OK};
        assert_int_equal(prices_parse(cases[i].text, strlen(cases[i].text), &prices, &error), ERR_USAGE);
        assert_null(prices);
        if (error.line != cases[i].line || strstr(error.text, cases[i].words) == NULL)
            fail_msg("%s: %s", cases[i].text, error.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_are_found_by_family_and_version),
        cmocka_unit_test(the_four_counts_are_priced_each),
        cmocka_unit_test(what_is_kept_for_an_hour_costs_twice_the_input),
        cmocka_unit_test(a_file_may_replace_the_table),
        cmocka_unit_test(a_wrong_table_is_refused_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
