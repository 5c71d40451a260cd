/*
 * The tokens that models count, and what they cost. The table is data: prices/models.yaml, built in, or the file that
 * the setting history.prices names, in the same form. A model that it does not know has no known cost; nothing is
 * guessed.
 */
#ifndef REPRISE_HISTORY_PRICES_H
#define REPRISE_HISTORY_PRICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/money.h"

/* ---- the four counts of tokens that a model bills, with sums that do not overflow -------------------------------- */

/* More is no count of tokens but an error; a million lines of it still fit into 64 bits. */
#define RUN_TOKENS_MAX INT64_C(1000000000000)

/* Columns cache_miss_tokens (input), cached_tokens (cache_creation), cache_hit_tokens (cache_read), output_tokens.
 * A negative one: what stood there was no count. */
struct run_tokens {
    int64_t input, cache_creation, cache_read, output;
};

/* Whether all four are counts, from 0 to RUN_TOKENS_MAX. */
bool run_tokens_are_counts(const struct run_tokens *tokens);
/* `*sum` += `more`, each held at RUN_TOKENS_MAX * 1000. */
void run_tokens_add(struct run_tokens *sum, const struct run_tokens *more);
int64_t run_tokens_total(const struct run_tokens *tokens);
/* 100 * cache_read / (input + cache_creation + cache_read), 0 if that is 0. */
double run_tokens_cache_efficiency(const struct run_tokens *tokens);

/* ---- prices ------------------------------------------------------------------------------------------------------ */

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
