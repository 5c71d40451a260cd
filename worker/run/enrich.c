/*
 * The second phase of a sync: a run that looks as it did is left alone; any other is read, its cost taken by the rule,
 * scored, and stored, all in one: a run is settled whole or not at all, and between two passes its files could change.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/fault.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/history/cost_rule.h"
#include "common/history/patterns.h"
#include "embedded/sql_history.h"
#include "worker/run/enrich.h"
#include "worker/run/handlers.h"
#include "worker/run/history_columns.h"
#include "worker/run/history_row.h"

enum { SIGNATURE = 3 }; /* column of stored_sources */

/* Of rows that wait for the settle, of which a batch holds copies: what is left of the chunk comes after it. */
#define ROWS_BYTES_MAX ((size_t)8 * 1024 * 1024)

static void forget(void *context)
{
    struct enrich *enrich = context;
    for (size_t i = 0; i < enrich->run->count; i++)
        free(enrich->entries[i].row);
    free(enrich->entries);
    PQclear(enrich->rows);
    free(enrich);
}

/* ---- one run --------------------------------------------------------------------------------------------------- */

static void log_cost(const char *adw_id, const struct cost_question *question)
{
    struct buf line = BUF_INIT;
    cost_rule_add_log(&line, adw_id, question);
    log_info("%s", line.data);
    buf_fini(&line);
}

static void warn(const struct run_facts *facts)
{
    for (size_t i = 0; i < facts->warning_count && i < RUN_WARNINGS_MAX; i++)
        log_warn("%s: %s", facts->adw_id, facts->warnings[i]);
}

/* The row with its cost as the rule has it. */
static void store(struct enrich *enrich, size_t index, const struct run_facts *facts)
{
    struct enrich_entry *entry = &enrich->entries[index];
    const struct history_stored *stored = &entry->stored;
    struct cost_question question = {facts->status, stored->found ? stored->cost_nusd : MONEY_UNKNOWN,
                                     facts->has_cost ? facts->actual_cost_nusd : MONEY_UNKNOWN, COST_BY_SYNC};
    enum cost_verdict verdict = cost_rule(&question);
    struct buf row = BUF_INIT;
    history_row_add(facts, &row);
    enrich->row_bytes += row.len;
    entry->row = buf_take(&row);
    entry->keeps_cost = verdict == COST_KEEP || verdict == COST_NO_DATA;
    entry->reason = verdict == COST_WRITE ? cost_rule_reason(&question) : NULL;
    entry->cost_nusd = question.fresh_nusd;
    entry->status = facts->status;
    if (verdict == COST_WRITE && stored->found && !enrich->run->dry_run)
        log_cost(facts->adw_id, &question);
    warn(facts);
}

/* Files too young to be told apart from outside have left no signature: their content then tells. */
static bool is_same_inside(const struct enrich *enrich, size_t index, const struct run_facts *facts)
{
    const struct history_stored *stored = &enrich->entries[index].stored;
    return stored->found && stored->digest != NULL && pg_is_null(enrich->rows, stored->row, SIGNATURE) &&
           strcmp(stored->digest, facts->source_digest) == 0;
}

/* What a person wants to know of a run before it is stored; `row` has been decided. */
static void tell_preview(struct run *run, size_t index, const struct enrich_entry *entry, const struct run_facts *facts)
{
    char signature[PATTERNS_SIGNATURE_MAX];
    const char *text = facts->nl_input;
    struct buf result = BUF_INIT;
    buf_addf(&result, "{\"did\":\"%s\"", entry->stored.found ? "updated" : "inserted");
    history_columns_money(&result, "old_cost", entry->stored.found ? entry->stored.cost_nusd : MONEY_UNKNOWN);
    history_columns_money(&result, "new_cost", entry->keeps_cost ? entry->stored.cost_nusd : entry->cost_nusd);
    if (text != NULL && patterns_signature(text, strlen(text), signature))
        history_columns_text(&result, "pattern", signature);
    buf_add_char(&result, '}');
    run_succeed(run, index, result.data);
    buf_fini(&result);
}

static enum err read_and_store(struct run *run, size_t index, struct enrich *enrich, struct err_info *error)
{
    struct run_facts facts;
    run_facts_init(&facts);
    enum err err = history_files_read(enrich->tools->reader, enrich->tools->dir, run->jobs[index].key, &facts, error);
    if (err == ERR_OK && is_same_inside(enrich, index, &facts)) {
        run_succeed(run, index, NULL);
    } else if (err == ERR_OK && run->dry_run) {
        store(enrich, index, &facts);
        tell_preview(run, index, &enrich->entries[index], &facts);
    } else if (err == ERR_OK) {
        store(enrich, index, &facts);
        run_succeed(run, index,
                    enrich->entries[index].stored.found ? "{\"did\":\"updated\"}" : "{\"did\":\"inserted\"}");
    }
    run_facts_fini(&facts);
    return err;
}

static void enrich_one(struct run *run, size_t index, struct enrich *enrich)
{
    struct err_info error = {.code = ERR_OK};
    struct history_signature signature = {.settled = false};
    const struct history_stored *stored = &enrich->entries[index].stored;
    const char *seen = stored->found ? pg_text(enrich->rows, stored->row, SIGNATURE) : NULL;
    enum err err =
        history_files_signature(enrich->tools->reader, enrich->tools->dir, run->jobs[index].key, &signature, &error);
    if (err == ERR_OK && seen != NULL && strcmp(seen, signature.text) == 0) {
        run_succeed(run, index, NULL); /* unchanged: the most common, and the shortest */
        return;
    }
    if (err == ERR_OK)
        err = read_and_store(run, index, enrich, &error);
    if (err == ERR_NOT_FOUND)
        run_skip(run, index, error.text, NULL); /* vanished since the scan, or nothing in it that is of a run */
    else if (err != ERR_OK)
        history_tools_fail(run, index, &error);
}

static enum err read_stored(struct enrich *enrich, struct err_info *error)
{
    size_t count = enrich->run->count;
    struct history_stored *stored = mem_array(count, sizeof *stored);
    enum err err = history_stored_read(enrich->run, &sql_history_stored_sources, stored, &enrich->rows, error);
    for (size_t i = 0; err == ERR_OK && i < count; i++)
        enrich->entries[i].stored = stored[i];
    free(stored);
    return err;
}

void enrich_run(struct run *run)
{
    struct enrich *enrich = mem_zalloc(sizeof *enrich);
    struct err_info error = {.code = ERR_OK};
    enrich->run = run;
    enrich->entries = mem_array(run->count, sizeof *enrich->entries);
    run->effects = run->dry_run ? NULL : enrich_write;
    run->effects_context = enrich;
    run->drop_effects = forget;
    if (read_stored(enrich, &error) != ERR_OK) {
        log_info("a sync waits: %s", error.text);
        history_stored_put_off(run);
        return;
    }
    if (history_tools_ready(run, &enrich->tools) != ERR_OK)
        return;
    FAULT_POINT("history.enrich_read");
    size_t done = 0;
    for (; done < run->count && run_goes_on(run) && enrich->row_bytes < ROWS_BYTES_MAX; done++)
        enrich_one(run, done, enrich);
    history_stored_put_back(run, done);
    FAULT_POINT("history.enrich_decided");
}
