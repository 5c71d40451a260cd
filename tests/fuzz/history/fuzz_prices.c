/* Any bytes as a price table, and as the name of a model: refused with words, or prices that cost something or nothing.
 */
#include "common/history/prices.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct prices *builtin;
    struct prices *prices = NULL;
    struct err_info error = {.code = ERR_OK};
    const struct run_tokens most = {RUN_TOKENS_MAX, RUN_TOKENS_MAX, RUN_TOKENS_MAX, RUN_TOKENS_MAX};
    if (builtin == NULL)
        builtin = prices_builtin();
    (void)prices_find(builtin, (const char *)data, size);
    if (prices_parse((const char *)data, size, &prices, &error) != ERR_OK) {
        FUZZ_CHECK(prices == NULL && error.code == ERR_USAGE && error.text[0] != '\0');
        return 0;
    }
    const struct price *price = prices_find(prices, "claude-opus-4-5-20251101", 24);
    int64_t nusd = price != NULL ? prices_cost(price, &(struct price_usage){most, 0}) : 0;
    FUZZ_CHECK(nusd == MONEY_UNKNOWN || (nusd >= 0 && nusd <= MONEY_MAX_NUSD));
    prices_drop(prices);
    return 0;
}
