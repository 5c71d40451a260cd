/* What a result line costs by one route alone: without what the routes before it are told by. */
#ifndef REPRISE_TESTS_UNIT_HISTORY_COST_BY_H
#define REPRISE_TESTS_UNIT_HISTORY_COST_BY_H

#include "common/history/result_cost.h"

static inline int64_t cost_by_route(const struct result_line *line, const struct prices *prices,
                                    enum result_cost_route route)
{
    static struct result_line rest;
    enum result_cost_route by = RESULT_COST_NONE;
    rest = *line;
    if (route > RESULT_COST_REPORTED)
        rest.total_cost_nusd = MONEY_UNKNOWN;
    if (route > RESULT_COST_MODEL_COSTS)
        for (size_t i = 0; i < rest.model_count; i++)
            rest.models[i].cost_nusd = MONEY_UNKNOWN;
    if (route > RESULT_COST_MODEL_TOKENS)
        rest.model_count = 0;
    int64_t nusd = result_cost(&(struct result_cost_question){&rest, prices, NULL}, &by);
    return by == route ? nusd : MONEY_UNKNOWN;
}

#endif
