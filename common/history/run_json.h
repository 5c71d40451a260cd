/* The jsonb columns that are made from a run's facts. Amounts are exact decimals, what is unknown is null. */
#ifndef REPRISE_HISTORY_RUN_JSON_H
#define REPRISE_HISTORY_RUN_JSON_H

#include "common/base/buf.h"
#include "common/history/run_facts.h"

/* {estimated_total, actual_total, estimated_per_step, actual_per_step, cost_per_token, by_phase {phase: usd},
 * by_model {model: {cost, input_tokens, cache_creation_tokens, cache_read_tokens, output_tokens}}} */
void run_json_add_cost_breakdown(struct buf *buf, const struct run_facts *facts);
/* {total_tokens, input_tokens, …, by_phase {phase: {input_tokens, …}}} */
void run_json_add_token_breakdown(struct buf *buf, const struct run_facts *facts);
/* {phase: seconds}; phases whose time nobody tells are left out. */
void run_json_add_phase_durations(struct buf *buf, const struct run_facts *facts);

#endif
