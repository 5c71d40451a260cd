/*
 * The cost that a result line tells, by four routes in the order of trust: what it reports, the sum of its models'
 * reported costs, the price table on its models' tokens, the price table on `usage`.
 */
#ifndef REPRISE_HISTORY_RESULT_COST_H
#define REPRISE_HISTORY_RESULT_COST_H

#include "common/history/prices.h"
#include "common/history/result_line.h"

enum result_cost_route {
    RESULT_COST_REPORTED,     /* total_cost_usd */
    RESULT_COST_MODEL_COSTS,  /* the sum of modelUsage[*].costUSD */
    RESULT_COST_MODEL_TOKENS, /* prices on modelUsage's tokens */
    RESULT_COST_USAGE,        /* prices on `usage`, with the model that the stream names */
    RESULT_COST_NONE,
};

struct result_cost_question {
    const struct result_line *line;
    const struct prices *prices;
    const struct json_slice *stream_model; /* NULL or empty: the stream names none */
};

/* Nano-dollars by the first route that tells, which `*route` (may be NULL) says. The last is not asked where modelUsage
 * lists models: `usage` leaves some of them out. */
int64_t result_cost(const struct result_cost_question *question, enum result_cost_route *route);
/* The cost of one of the line's models: reported, else by its price; MONEY_UNKNOWN if neither is known. */
int64_t result_cost_of_model(const struct result_line *line, size_t model, const struct prices *prices);
/* Whether only the last route can tell: then the stream has to be asked for its model. */
bool result_cost_needs_model(const struct result_line *line);

#endif
