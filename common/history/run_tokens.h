/* The four counts of tokens that a model bills, with sums that do not overflow. */
#ifndef REPRISE_HISTORY_RUN_TOKENS_H
#define REPRISE_HISTORY_RUN_TOKENS_H

#include <stdbool.h>
#include <stdint.h>

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

#endif
