#include <stdio.h>
#include <stdlib.h>

#include "common/base/fault.h"
#include "common/base/mem.h"
#include "embedded/sql_history.h"
#include "worker/run/history_columns.h"
#include "worker/run/recost.h"

/* The columns of sql/history/costs.sql, recost in their order: numbers and texts laid out column by column. */
enum number_column { COST, PER_STEP, PER_TOKEN, INPUT, OUTPUT, CACHE_WRITE, CACHE_READ, TOTAL, NUMBER_COLUMNS };
enum text_column { EFFICIENCY, COST_PARTS, TOKEN_PARTS, TEXT_COLUMNS };

#define EFFICIENCY_MAX 32

struct columns {
    size_t count;
    const char **ids, **old_digests, **old_statuses, **new_digests;
    int64_t *old_costs;
    int64_t *numbers[NUMBER_COLUMNS];
    char **texts[TEXT_COLUMNS];
};

static void columns_init(struct columns *columns, size_t most)
{
    columns->count = 0;
    columns->ids = mem_array(most + 1, sizeof *columns->ids);
    columns->old_digests = mem_array(most + 1, sizeof *columns->old_digests);
    columns->old_statuses = mem_array(most + 1, sizeof *columns->old_statuses);
    columns->new_digests = mem_array(most + 1, sizeof *columns->new_digests);
    columns->old_costs = mem_array(most + 1, sizeof *columns->old_costs);
    for (int i = 0; i < NUMBER_COLUMNS; i++)
        columns->numbers[i] = mem_array(most + 1, sizeof *columns->numbers[i]);
    for (int i = 0; i < TEXT_COLUMNS; i++)
        columns->texts[i] = mem_array(most + 1, sizeof *columns->texts[i]);
}

static void columns_fini(struct columns *columns)
{
    free(columns->ids);
    free(columns->old_digests);
    free(columns->old_statuses);
    free(columns->new_digests);
    free(columns->old_costs);
    for (int i = 0; i < NUMBER_COLUMNS; i++)
        free(columns->numbers[i]);
    for (int i = 0; i < TEXT_COLUMNS; i++) {
        for (size_t row = 0; row < columns->count; row++)
            free(columns->texts[i][row]);
        free(columns->texts[i]);
    }
}

static char *efficiency_of(const struct run_facts *facts)
{
    char text[EFFICIENCY_MAX];
    if (!facts->has_tokens)
        return NULL;
    snprintf(text, sizeof text, "%.17g", facts->cache_efficiency_percent);
    return mem_strdup(text);
}

static void set_numbers(struct columns *columns, size_t row, const struct run_facts *facts)
{
    const struct run_tokens *tokens = &facts->tokens;
    bool known = facts->has_tokens;
    columns->numbers[COST][row] = facts->actual_cost_nusd;
    columns->numbers[PER_STEP][row] = facts->actual_cost_per_step_nusd;
    columns->numbers[PER_TOKEN][row] = facts->cost_per_token_nusd;
    columns->numbers[INPUT][row] = known ? tokens->input : RUN_UNKNOWN;
    columns->numbers[OUTPUT][row] = known ? tokens->output : RUN_UNKNOWN;
    columns->numbers[CACHE_WRITE][row] = known ? tokens->cache_creation : RUN_UNKNOWN;
    columns->numbers[CACHE_READ][row] = known ? tokens->cache_read : RUN_UNKNOWN;
    columns->numbers[TOTAL][row] = known ? facts->total_tokens : RUN_UNKNOWN;
}

static void columns_add(struct columns *columns, const struct recost_entry *entry)
{
    size_t row = columns->count++;
    struct buf cost = BUF_INIT, tokens = BUF_INIT;
    columns->ids[row] = entry->facts.adw_id;
    columns->old_digests[row] = entry->stored.digest;
    columns->old_statuses[row] = entry->stored.status;
    columns->old_costs[row] = entry->stored.cost_nusd;
    columns->new_digests[row] = entry->facts.source_digest;
    set_numbers(columns, row, &entry->facts);
    history_columns_cost(&entry->facts, &cost);
    if (entry->facts.has_tokens)
        history_columns_tokens(&entry->facts, &tokens);
    columns->texts[EFFICIENCY][row] = efficiency_of(&entry->facts);
    columns->texts[COST_PARTS][row] = buf_take(&cost);
    columns->texts[TOKEN_PARTS][row] = entry->facts.has_tokens ? buf_take(&tokens) : NULL;
}

static void columns_send(const struct columns *columns, const struct recost *recost, struct pg_batch *batch)
{
    struct pg_args *args = pg_batch_add(batch, &sql_history_recost);
    pg_arg_text(args, recost->run->operation_id);
    pg_arg_text(args, recost->reason);
    pg_arg_bool(args, recost->run->config->history_webhook_url[0] != '\0');
    pg_arg_texts(args, columns->ids, columns->count);
    pg_arg_texts(args, columns->old_digests, columns->count);
    pg_arg_int8s(args, columns->old_costs, columns->count);
    pg_arg_texts(args, columns->old_statuses, columns->count);
    pg_arg_texts(args, columns->new_digests, columns->count);
    for (int i = 0; i < NUMBER_COLUMNS; i++)
        pg_arg_int8s(args, columns->numbers[i], columns->count);
    for (int i = 0; i < TEXT_COLUMNS; i++)
        pg_arg_texts(args, (const char *const *)columns->texts[i], columns->count);
}

void recost_write(struct pg_batch *batch, const size_t *mine, size_t count, void *context)
{
    const struct recost *recost = context;
    struct columns columns;
    FAULT_POINT("history.recost_write");
    columns_init(&columns, count);
    for (size_t i = 0; i < count; i++)
        if (recost->entries[mine[i]].writes)
            columns_add(&columns, &recost->entries[mine[i]]);
    if (columns.count > 0)
        columns_send(&columns, recost, batch);
    columns_fini(&columns);
}
