#include "common/history/run_tokens.h"

#define SUM_MAX (RUN_TOKENS_MAX * 1000)

static bool is_count(int64_t number)
{
    return number >= 0 && number <= RUN_TOKENS_MAX;
}

bool run_tokens_are_counts(const struct run_tokens *tokens)
{
    return is_count(tokens->input) && is_count(tokens->cache_creation) && is_count(tokens->cache_read) &&
           is_count(tokens->output);
}

static void add(int64_t *sum, int64_t more)
{
    *sum = more > SUM_MAX - *sum ? SUM_MAX : *sum + more;
}

void run_tokens_add(struct run_tokens *sum, const struct run_tokens *more)
{
    add(&sum->input, more->input);
    add(&sum->cache_creation, more->cache_creation);
    add(&sum->cache_read, more->cache_read);
    add(&sum->output, more->output);
}

int64_t run_tokens_total(const struct run_tokens *tokens)
{
    return tokens->input + tokens->cache_creation + tokens->cache_read + tokens->output;
}

double run_tokens_cache_efficiency(const struct run_tokens *tokens)
{
    int64_t read_in = tokens->input + tokens->cache_creation + tokens->cache_read;
    return read_in == 0 ? 0.0 : 100.0 * (double)tokens->cache_read / (double)read_in;
}
