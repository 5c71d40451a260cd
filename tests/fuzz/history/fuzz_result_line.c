/*
 * Any bytes as a line: it stays within them, its slices too, a cost is none or not negative, and a result line cut
 * anywhere inside is broken.
 */
#include "common/history/result_cost.h"
#include "tests/fuzz/fuzz.h"

static struct result_line line;

static void check_slice(const struct json_slice *slice, const uint8_t *data, size_t size)
{
    const char *begin = (const char *)data;
    FUZZ_CHECK(slice->bytes == NULL || (slice->bytes >= begin && slice->bytes + slice->len <= begin + size));
}

static void check_costs(const struct prices *prices)
{
    const struct result_cost_question question = {&line, prices, NULL};
    enum result_cost_route route = RESULT_COST_NONE;
    int64_t nusd = result_cost(&question, &route);
    FUZZ_CHECK((route == RESULT_COST_NONE) == (nusd == MONEY_UNKNOWN));
    FUZZ_CHECK(nusd == MONEY_UNKNOWN || (nusd >= 0 && nusd <= MONEY_MAX_NUSD));
    (void)result_cost_needs_model(&line);
}

static void check_line(const uint8_t *data, size_t size)
{
    struct run_tokens tokens;
    check_slice(&line.subtype, data, size);
    check_slice(&line.text, data, size);
    check_slice(&line.errors, data, size);
    FUZZ_CHECK(line.model_count <= RESULT_LINE_MODELS_MAX);
    for (size_t i = 0; i < line.model_count; i++)
        check_slice(&line.models[i].name, data, size);
    if (result_line_tokens(&line, &tokens))
        FUZZ_CHECK(run_tokens_total(&tokens) >= 0);
    free(result_line_error_text(&line));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct prices *prices;
    struct err_info error = {.code = ERR_OK};
    struct json_slice model = {NULL, 0, false};
    if (prices == NULL)
        prices = prices_builtin();
    if (result_line_model((const char *)data, size, &model))
        check_slice(&model, data, size);
    enum result_line_kind kind = result_line_read((const char *)data, size, &line, &error);
    FUZZ_CHECK(kind != RESULT_LINE_BROKEN || error.column >= 1);
    if (kind != RESULT_LINE_RESULT)
        return 0;
    check_line(data, size);
    check_costs(prices);
    size_t end = size;
    while (end > 0 && data[end - 1] != '}')
        end--;
    FUZZ_CHECK(result_line_read((const char *)data, end - 1, &line, NULL) != RESULT_LINE_RESULT);
    return 0;
}
