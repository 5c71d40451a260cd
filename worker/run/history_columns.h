/*
 * Columns of workflow_history that are JSON, made from a run's facts.
 */
#ifndef REPRISE_WORKER_RUN_HISTORY_COLUMNS_H
#define REPRISE_WORKER_RUN_HISTORY_COLUMNS_H

#include "common/base/buf.h"
#include "common/history/run_facts.h"

/* {"estimated_total", "actual_total", "estimated_per_step", "actual_per_step", "cost_per_token",
 *  "by_phase": {phase: usd}, "by_model": {model: {"cost", "input_tokens", …}}}, appended; unknown amounts are null. */
void history_columns_cost(const struct run_facts *facts, struct buf *out);
/* {"input_tokens", …, "total_tokens", "by_phase": {phase: {"input_tokens", …}}}, appended. */
void history_columns_tokens(const struct run_facts *facts, struct buf *out);
/* {phase: seconds}, of the phases whose duration is known; appended. */
void history_columns_durations(const struct run_facts *facts, struct buf *out);

/* The members of a JSON object that is being written, with the comma between them. The name is ours. */
void history_columns_name(struct buf *out, const char *name);
void history_columns_money(struct buf *out, const char *name, int64_t nusd);    /* MONEY_UNKNOWN is null */
void history_columns_int(struct buf *out, const char *name, int64_t number);    /* RUN_UNKNOWN is null */
void history_columns_text(struct buf *out, const char *name, const char *text); /* NULL is null */
void history_columns_double(struct buf *out, const char *name, double number);

#endif
