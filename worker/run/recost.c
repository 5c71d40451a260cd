/*
 * The cost of runs that are in the history, from their files again. The rule (common/history/result_cost.h) decides
 * what is written. The jobs of a chunk are read and decided first (recost_run); what they write is one
 * statement of the settle (costs_write), which refuses rows that are no longer what was read here: then the chunk is
 * read again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/fault.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/history/result_cost.h"
#include "common/history/run_columns.h"
#include "common/history/run_facts.h"
#include "embedded/sql_history.h"
#include "worker/run.h"
#include "worker/run/history_tools.h"

struct recompute_entry {
    struct history_stored stored;
    struct run_facts facts;
    bool writes; /* its cost and token columns, all together */
};

struct recompute {
    const struct run *run;
    struct history_tools *tools;
    const char *reason; /* of the audit log */
    PGresult *rows;     /* of stored_costs */
    struct recompute_entry *entries;
};

/* Of runs that wait for the settle, which makes several times as much of them: what is left of the chunk comes after
 * it.
 */
#define FACTS_BYTES_MAX ((size_t)8 * 1024 * 1024)
#define NOT_FOUND_TEXT "Workflow not found in database"

enum { INPUT = 3, OUTPUT, CACHE_WRITE, CACHE_READ, TOTAL }; /* columns of stored_costs */

/* ---- what the settle writes -------------------------------------------------------------------------------------- */

/* The columns of sql/history/costs.sql, recost in their order: numbers and texts laid out column by column. */
enum number_column {
    COST,
    PER_STEP,
    PER_TOKEN,
    N_INPUT,
    N_OUTPUT,
    N_CACHE_WRITE,
    N_CACHE_READ,
    N_TOTAL,
    NUMBER_COLUMNS
};
enum text_column { EFFICIENCY, COST_PARTS, TOKEN_PARTS, TEXT_COLUMNS };

#define EFFICIENCY_MAX 32

struct cost_columns {
    size_t count;
    const char **ids, **old_digests, **old_statuses, **new_digests;
    int64_t *old_costs;
    int64_t *numbers[NUMBER_COLUMNS];
    char **texts[TEXT_COLUMNS];
};

static void cost_columns_init(struct cost_columns *columns, size_t most)
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

static void cost_columns_fini(struct cost_columns *columns)
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

static void cost_columns_set_numbers(struct cost_columns *columns, size_t row, const struct run_facts *facts)
{
    const struct run_tokens *tokens = &facts->tokens;
    bool known = facts->has_tokens;
    columns->numbers[COST][row] = facts->actual_cost_nusd;
    columns->numbers[PER_STEP][row] = facts->actual_cost_per_step_nusd;
    columns->numbers[PER_TOKEN][row] = facts->cost_per_token_nusd;
    columns->numbers[N_INPUT][row] = known ? tokens->input : RUN_UNKNOWN;
    columns->numbers[N_OUTPUT][row] = known ? tokens->output : RUN_UNKNOWN;
    columns->numbers[N_CACHE_WRITE][row] = known ? tokens->cache_creation : RUN_UNKNOWN;
    columns->numbers[N_CACHE_READ][row] = known ? tokens->cache_read : RUN_UNKNOWN;
    columns->numbers[N_TOTAL][row] = known ? facts->total_tokens : RUN_UNKNOWN;
}

static void cost_columns_add(struct cost_columns *columns, const struct recompute_entry *entry)
{
    size_t row = columns->count++;
    struct buf cost = BUF_INIT, tokens = BUF_INIT;
    columns->ids[row] = entry->facts.adw_id;
    columns->old_digests[row] = entry->stored.digest;
    columns->old_statuses[row] = entry->stored.status;
    columns->old_costs[row] = entry->stored.cost_nusd;
    columns->new_digests[row] = entry->facts.source_digest;
    cost_columns_set_numbers(columns, row, &entry->facts);
    run_columns_cost(&entry->facts, &cost);
    if (entry->facts.has_tokens)
        run_columns_tokens(&entry->facts, &tokens);
    columns->texts[EFFICIENCY][row] = efficiency_of(&entry->facts);
    columns->texts[COST_PARTS][row] = buf_take(&cost);
    columns->texts[TOKEN_PARTS][row] = entry->facts.has_tokens ? buf_take(&tokens) : NULL;
}

static void cost_columns_send(const struct cost_columns *columns, const struct recompute *recompute,
                              struct pg_batch *batch)
{
    struct pg_args *args = pg_batch_add(batch, &sql_history_recost);
    pg_arg_text(args, recompute->run->operation_id);
    pg_arg_text(args, recompute->reason);
    pg_arg_bool(args, recompute->run->config->history_webhook_url[0] != '\0');
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

static void costs_write(struct pg_batch *batch, const size_t *mine, size_t count, void *context)
{
    const struct recompute *recompute = context;
    struct cost_columns columns;
    FAULT_POINT("history.recost_write");
    cost_columns_init(&columns, count);
    for (size_t i = 0; i < count; i++)
        if (recompute->entries[mine[i]].writes)
            cost_columns_add(&columns, &recompute->entries[mine[i]]);
    if (columns.count > 0)
        cost_columns_send(&columns, recompute, batch);
    cost_columns_fini(&columns);
}

/* ---- the jobs ---------------------------------------------------------------------------------------------------- */

static bool is_stored(const PGresult *rows, int row, int column, int64_t number)
{
    return !pg_is_null(rows, row, column) && pg_int8(rows, row, column) == number;
}

static bool tokens_are_stored(const struct recompute *recompute, const struct recompute_entry *entry)
{
    const struct run_facts *facts = &entry->facts;
    int row = entry->stored.row;
    return !facts->has_tokens || (is_stored(recompute->rows, row, INPUT, facts->tokens.input) &&
                                  is_stored(recompute->rows, row, OUTPUT, facts->tokens.output) &&
                                  is_stored(recompute->rows, row, CACHE_WRITE, facts->tokens.cache_creation) &&
                                  is_stored(recompute->rows, row, CACHE_READ, facts->tokens.cache_read) &&
                                  is_stored(recompute->rows, row, TOTAL, facts->total_tokens));
}

static bool digest_is_stored(const struct recompute_entry *entry)
{
    return entry->stored.digest != NULL && strcmp(entry->stored.digest, entry->facts.source_digest) == 0;
}

enum updated { NOT_UPDATED, UPDATED };

static void job_succeed(struct run *run, size_t index, const struct recompute_entry *entry, enum updated updated)
{
    struct buf result = BUF_INIT;
    buf_addf(&result, "{\"updated\":%s", updated == UPDATED ? "true" : "false");
    if (updated == UPDATED) {
        run_columns_add_money(&result, "old_cost", entry->stored.cost_nusd);
        run_columns_add_money(&result, "new_cost", entry->facts.actual_cost_nusd);
    }
    run_columns_add_text(&result, "message", cost_rule_message(updated == UPDATED ? COST_WRITE : COST_SAME));
    buf_add_char(&result, '}');
    run_succeed(run, index, result.data);
    buf_fini(&result);
}

static void job_fail(struct run *run, size_t index, enum err code, const char *text)
{
    struct err_info error = {.code = ERR_OK};
    err_set(&error, code, "%s", text);
    run_fail(run, index, &error, RUN_FINAL, NULL);
}

static void log_cost(const struct run *run, size_t index, const struct cost_question *question)
{
    struct buf line = BUF_INIT;
    cost_rule_add_log(&line, run->jobs[index].key, question);
    log_info("%s", line.data);
    buf_fini(&line);
}

/* Where the amount stays but the files have changed, or the tokens are not theirs, the columns are written with it: so
 * a write that read older files finds that it was overtaken. */
static void entry_decide(struct run *run, size_t index, const struct recompute *recompute, enum cost_asker asker)
{
    struct recompute_entry *entry = &recompute->entries[index];
    struct cost_question question = {run_status_of_word(entry->stored.status), entry->stored.cost_nusd,
                                     entry->facts.actual_cost_nusd, asker};
    enum cost_verdict verdict = cost_rule(&question);
    bool forced = asker == COST_BY_FORCED_RESYNC, tokens_differ = !tokens_are_stored(recompute, entry);
    if (verdict == COST_NO_DATA) {
        log_warn("%s: %s", run->jobs[index].key, cost_rule_message(verdict));
        job_fail(run, index, ERR_NOT_FOUND, cost_rule_message(verdict));
        return;
    }
    entry->writes =
        verdict == COST_WRITE || (verdict == COST_SAME && (forced || tokens_differ || !digest_is_stored(entry)));
    if (verdict == COST_WRITE)
        log_cost(run, index, &question);
    job_succeed(run, index, entry,
                entry->writes && (verdict == COST_WRITE || forced || tokens_differ) ? UPDATED : NOT_UPDATED);
}

static void recompute_one(struct run *run, size_t index, const struct recompute *recompute, enum cost_asker asker)
{
    struct recompute_entry *entry = &recompute->entries[index];
    struct err_info error = {.code = ERR_OK};
    if (!entry->stored.found) {
        job_fail(run, index, ERR_NOT_FOUND, NOT_FOUND_TEXT);
        return;
    }
    enum err err = history_files_read(recompute->tools->reader, recompute->tools->dir, run->jobs[index].key,
                                      &entry->facts, &error);
    if (err == ERR_NOT_FOUND) {
        log_warn("%s: %s (%s)", run->jobs[index].key, cost_rule_message(COST_NO_DATA), error.text);
        job_fail(run, index, ERR_NOT_FOUND, cost_rule_message(COST_NO_DATA));
    } else if (err != ERR_OK) {
        history_tools_fail(run, index, &error);
    } else {
        entry_decide(run, index, recompute, asker);
    }
}

static void recompute_drop(void *context)
{
    struct recompute *recompute = context;
    for (size_t i = 0; i < recompute->run->count; i++)
        run_facts_fini(&recompute->entries[i].facts);
    free(recompute->entries);
    PQclear(recompute->rows);
    free(recompute);
}

static struct recompute *recompute_new(struct run *run, const char *reason)
{
    struct recompute *recompute = mem_zalloc(sizeof *recompute);
    recompute->run = run;
    recompute->reason = reason;
    recompute->entries = mem_array(run->count, sizeof *recompute->entries);
    for (size_t i = 0; i < run->count; i++)
        run_facts_init(&recompute->entries[i].facts);
    run->effects = run->dry_run ? NULL : costs_write;
    run->effects_context = recompute;
    run->drop_effects = recompute_drop;
    return recompute;
}

static enum err entries_read(struct recompute *recompute, struct err_info *error)
{
    size_t count = recompute->run->count;
    struct history_stored *stored = mem_array(count, sizeof *stored);
    enum err err = history_stored_read(recompute->run, &sql_history_stored_costs, stored, &recompute->rows, error);
    for (size_t i = 0; err == ERR_OK && i < count; i++)
        recompute->entries[i].stored = stored[i];
    free(stored);
    return err;
}

void recost_run(struct run *run)
{
    bool forced = json_get_bool(run->args, "force", false);
    struct recompute *recompute = recompute_new(run, forced ? "resync_force" : "resync");
    struct err_info error = {.code = ERR_OK};
    if (entries_read(recompute, &error) != ERR_OK) {
        log_info("a cost re-sync waits: %s", error.text);
        history_stored_put_off(run);
        return;
    }
    if (history_tools_ready(run, &recompute->tools) != ERR_OK)
        return;
    FAULT_POINT("history.recost_read");
    size_t done = 0, bytes = 0;
    for (; done < run->count && run_goes_on(run) && bytes < FACTS_BYTES_MAX; done++) {
        recompute_one(run, done, recompute, forced ? COST_BY_FORCED_RESYNC : COST_BY_RESYNC);
        bytes += run_facts_bytes(&recompute->entries[done].facts);
    }
    history_stored_put_back(run, done);
    FAULT_POINT("history.recost_decided");
}

void recost_settled(const struct tally *tally)
{
    log_info("resync progress: %lld processed, %lld successful, %lld failed",
             (long long)(tally->succeeded + tally->failed + tally->skipped), (long long)tally->succeeded,
             (long long)tally->failed);
}
