/*
 * A run's facts as columns of workflow_history, in JSON: the whole row with its scores, as history_store takes it
 * (sql/migrations/0003_history.sql), and the columns that are JSON themselves.
 */
#ifndef REPRISE_HISTORY_RUN_COLUMNS_H
#define REPRISE_HISTORY_RUN_COLUMNS_H

#include "common/base/buf.h"
#include "common/history/run_facts.h"

/* The object of all columns, appended. */
void run_columns_row(const struct run_facts *facts, struct buf *out);

/* {"estimated_total", "actual_total", "estimated_per_step", "actual_per_step", "cost_per_token",
 *  "by_phase": {phase: usd}, "by_model": {model: {"cost", "input_tokens", …}}}, appended; unknown amounts are null. */
void run_columns_cost(const struct run_facts *facts, struct buf *out);
/* {"input_tokens", …, "total_tokens", "by_phase": {phase: {"input_tokens", …}}}, appended. */
void run_columns_tokens(const struct run_facts *facts, struct buf *out);

/* The members of a JSON object that is being written, with the comma between them. The name is ours. */
void run_columns_add_name(struct buf *out, const char *name);
void run_columns_add_money(struct buf *out, const char *name, int64_t nusd);    /* MONEY_UNKNOWN is null */
void run_columns_add_text(struct buf *out, const char *name, const char *text); /* NULL is null */

#endif
