/*
 * What models cost per token. The table is data: prices/models.yaml, built in, or the file that the setting
 * history.prices names, in the same form. A model that it does not know has no known cost; nothing is guessed.
 */
#ifndef REPRISE_HISTORY_PRICES_H
#define REPRISE_HISTORY_PRICES_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/money.h"
#include "common/history/run_tokens.h"

/* In nano-dollars per million tokens. */
struct price {
    char *pattern;
    int64_t input, output, cache_write, cache_read;
    int64_t cache_write_1h; /* of what the cache keeps for an hour; twice the input where the table does not say */
};

/* What is paid for. */
struct price_usage {
    struct run_tokens tokens;
    int64_t hour_writes; /* so many of tokens.cache_creation are kept for an hour, the others for five minutes */
};

struct prices;

/* Reads a table (YAML, see prices/models.yaml). On success `*out` is the caller's (prices_drop). ERR_USAGE with the
 * place of what is wrong: another key, a price that is negative, above 1 000 000 USD or no number, an empty table. */
MUST_CHECK enum err prices_parse(const char *bytes, size_t len, struct prices **out, struct err_info *error);
/* The table in the file `path` (the setting history.prices), or the built-in one for "". The caller's. ERR_USAGE names
 * the file, and line and column of what is wrong in it. */
MUST_CHECK enum err prices_load(const char *path, struct prices **out, struct err_info *error);
/* The table that is built in; the caller's. */
struct prices *prices_builtin(void);
void prices_drop(struct prices *prices);

/* The price of a model by its full name (`len` bytes), borrowed; NULL if no pattern matches. */
const struct price *prices_find(const struct prices *prices, const char *model, size_t len);
/* In nano-dollars, rounded half up once for the sum; MONEY_UNKNOWN if the tokens are no counts or the sum does not
 * fit. */
int64_t prices_cost(const struct price *price, const struct price_usage *usage);

#endif
