/*
 * The second phase of a sync. A run whose files look as they did is left alone; any other is read, its cost taken by
 * the rule, scored, and stored, all in one: a run is settled whole or not at all, and between two passes its files
 * could change.
 *
 * The jobs of a chunk are read and decided first (enrich_run); what they write is one statement of the settle
 * (rows_write), which refuses rows that are no longer what was read here: then the chunk is read again.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/fault.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/history/patterns.h"
#include "common/history/result_cost.h"
#include "common/history/run_columns.h"
#include "common/history/run_words.h"
#include "embedded/sql_history.h"
#include "worker/run.h"
#include "worker/run/history_tools.h"

struct sync_entry {
    struct history_stored stored;
    char *row; /* JSON of run_columns_row; NULL = nothing is written */
    bool keeps_cost;
    const char *reason;     /* of the audit log; NULL = the amount does not change */
    int64_t cost_nusd;      /* what it changes to */
    enum run_status status; /* what the files say */
};

struct sync {
    const struct run *run;
    struct history_tools *tools;
    PGresult *rows; /* of stored_sources */
    struct sync_entry *entries;
    size_t row_bytes; /* of all rows in the entries */
};

enum { SIGNATURE = 3 }; /* column of stored_sources */

/* Of rows that wait for the settle, of which a batch holds copies: what is left of the chunk comes after it. */
#define ROWS_BYTES_MAX ((size_t)8 * 1024 * 1024)

/* ---- what the settle writes -------------------------------------------------------------------------------------- */

/* The parameters of sql/history/runs.sql, store. */
struct sync_rows {
    struct buf inserts, updates; /* JSON arrays */
    size_t insert_count, update_count, change_count;
    const char **digests, **statuses; /* read, of updates */
    int64_t *costs;
    int32_t *keeps;
    const char **ids, **old_statuses, **new_statuses, **reasons; /* of changes */
    int64_t *old_costs, *new_costs;
};

static void rows_init(struct sync_rows *w, size_t most)
{
    *w = (struct sync_rows){.insert_count = 0};
    const char ***texts[] = {&w->digests, &w->statuses, &w->ids, &w->old_statuses, &w->new_statuses, &w->reasons};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = mem_array(most, sizeof **texts[i]);
    int64_t **numbers[] = {&w->costs, &w->old_costs, &w->new_costs};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i] = mem_array(most, sizeof **numbers[i]);
    w->keeps = mem_array(most, sizeof *w->keeps);
}

static void rows_fini(struct sync_rows *w)
{
    const char **texts[] = {w->digests, w->statuses, w->ids, w->old_statuses, w->new_statuses, w->reasons};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    free(w->costs);
    free(w->old_costs);
    free(w->new_costs);
    free(w->keeps);
    buf_fini(&w->inserts);
    buf_fini(&w->updates);
}

static void rows_add_object(struct buf *array, const char *object)
{
    buf_add_char(array, array->len == 0 ? '[' : ',');
    buf_add_str(array, object);
}

static void rows_add(struct sync_rows *w, const struct sync_entry *entry)
{
    if (!entry->stored.found) {
        rows_add_object(&w->inserts, entry->row);
        w->insert_count++;
        return;
    }
    size_t row = w->update_count++;
    rows_add_object(&w->updates, entry->row);
    w->digests[row] = entry->stored.digest;
    w->statuses[row] = entry->stored.status;
    w->costs[row] = entry->stored.cost_nusd;
    w->keeps[row] = entry->keeps_cost ? 1 : 0;
}

static void changes_add(struct sync_rows *w, const char *adw_id, const struct sync_entry *entry)
{
    size_t row = w->change_count++;
    w->ids[row] = adw_id;
    w->old_costs[row] = entry->stored.found ? entry->stored.cost_nusd : MONEY_UNKNOWN;
    w->new_costs[row] = entry->cost_nusd;
    w->old_statuses[row] = entry->stored.status;
    w->new_statuses[row] = run_status_name(entry->status);
    w->reasons[row] = entry->reason;
}

static const char *rows_text(struct buf *array)
{
    buf_add_str(array, array->len == 0 ? "[]" : "]");
    return array->data;
}

static void rows_send(struct sync_rows *w, const struct sync *sync, struct pg_batch *batch)
{
    struct pg_args *args = pg_batch_add(batch, &sql_history_store);
    pg_arg_text(args, sync->run->operation_id);
    pg_arg_bool(args, sync->run->config->history_webhook_url[0] != '\0');
    pg_arg_text(args, rows_text(&w->inserts));
    pg_arg_int8(args, (int64_t)w->insert_count);
    pg_arg_text(args, rows_text(&w->updates));
    pg_arg_texts(args, w->digests, w->update_count);
    pg_arg_int8s(args, w->costs, w->update_count);
    pg_arg_texts(args, w->statuses, w->update_count);
    pg_arg_int4s(args, w->keeps, w->update_count);
    pg_arg_texts(args, w->ids, w->change_count);
    pg_arg_int8s(args, w->old_costs, w->change_count);
    pg_arg_int8s(args, w->new_costs, w->change_count);
    pg_arg_texts(args, w->old_statuses, w->change_count);
    pg_arg_texts(args, w->new_statuses, w->change_count);
    pg_arg_texts(args, w->reasons, w->change_count);
}

static void rows_write(struct pg_batch *batch, const size_t *mine, size_t count, void *context)
{
    const struct sync *sync = context;
    struct sync_rows sync_rows;
    FAULT_POINT("history.enrich_write");
    rows_init(&sync_rows, count);
    for (size_t i = 0; i < count; i++) {
        const struct sync_entry *entry = &sync->entries[mine[i]];
        if (entry->row != NULL)
            rows_add(&sync_rows, entry);
        if (entry->row != NULL && entry->reason != NULL)
            changes_add(&sync_rows, sync->run->jobs[mine[i]].key, entry);
    }
    if (sync_rows.insert_count + sync_rows.update_count > 0)
        rows_send(&sync_rows, sync, batch);
    rows_fini(&sync_rows);
}

static void sync_drop(void *context)
{
    struct sync *sync = context;
    for (size_t i = 0; i < sync->run->count; i++)
        free(sync->entries[i].row);
    free(sync->entries);
    PQclear(sync->rows);
    free(sync);
}

/* ---- one run ----------------------------------------------------------------------------------------------------- */

static void log_cost(const char *adw_id, const struct cost_question *question)
{
    struct buf line = BUF_INIT;
    cost_rule_add_log(&line, adw_id, question);
    log_info("%s", line.data);
    buf_fini(&line);
}

static void log_warnings(const struct run_facts *facts)
{
    for (size_t i = 0; i < facts->warning_count && i < RUN_WARNINGS_MAX; i++)
        log_warn("%s: %s", facts->adw_id, facts->warnings[i]);
}

/* The row with its cost as the rule has it. */
static void entry_decide(struct sync *sync, size_t index, const struct run_facts *facts)
{
    struct sync_entry *entry = &sync->entries[index];
    const struct history_stored *stored = &entry->stored;
    struct cost_question question = {facts->status, stored->found ? stored->cost_nusd : MONEY_UNKNOWN,
                                     facts->has_cost ? facts->actual_cost_nusd : MONEY_UNKNOWN, COST_BY_SYNC};
    enum cost_verdict verdict = cost_rule(&question);
    struct buf row = BUF_INIT;
    run_columns_row(facts, &row);
    sync->row_bytes += row.len;
    entry->row = buf_take(&row);
    entry->keeps_cost = verdict == COST_KEEP || verdict == COST_NO_DATA;
    entry->reason = verdict == COST_WRITE ? cost_rule_reason(&question) : NULL;
    entry->cost_nusd = question.fresh_nusd;
    entry->status = facts->status;
    if (verdict == COST_WRITE && stored->found && !sync->run->dry_run)
        log_cost(facts->adw_id, &question);
    log_warnings(facts);
}

/* Files too young to be told apart from outside have left no signature: their content then tells. */
static bool is_same_content(const struct sync *sync, size_t index, const struct run_facts *facts)
{
    const struct history_stored *stored = &sync->entries[index].stored;
    return stored->found && stored->digest != NULL && pg_is_null(sync->rows, stored->row, SIGNATURE) &&
           strcmp(stored->digest, facts->source_digest) == 0;
}

/* What a person wants to know of a run before it is stored; `row` has been decided. */
static void succeed_with_preview(struct run *run, size_t index, const struct sync_entry *entry,
                                 const struct run_facts *facts)
{
    char signature[PATTERNS_SIGNATURE_MAX];
    const char *text = facts->nl_input;
    struct buf result = BUF_INIT;
    buf_addf(&result, "{\"did\":\"%s\"", entry->stored.found ? "updated" : "inserted");
    run_columns_add_money(&result, "old_cost", entry->stored.found ? entry->stored.cost_nusd : MONEY_UNKNOWN);
    run_columns_add_money(&result, "new_cost", entry->keeps_cost ? entry->stored.cost_nusd : entry->cost_nusd);
    if (text != NULL && patterns_signature(text, strlen(text), signature))
        run_columns_add_text(&result, "pattern", signature);
    buf_add_char(&result, '}');
    run_succeed(run, index, result.data);
    buf_fini(&result);
}

static enum err run_read(struct run *run, size_t index, struct sync *sync, struct err_info *error)
{
    struct run_facts facts;
    run_facts_init(&facts);
    enum err err = history_files_read(sync->tools->reader, sync->tools->dir, run->jobs[index].key, &facts, error);
    if (err == ERR_OK && is_same_content(sync, index, &facts)) {
        run_succeed(run, index, NULL);
    } else if (err == ERR_OK && run->dry_run) {
        entry_decide(sync, index, &facts);
        succeed_with_preview(run, index, &sync->entries[index], &facts);
    } else if (err == ERR_OK) {
        entry_decide(sync, index, &facts);
        run_succeed(run, index, sync->entries[index].stored.found ? "{\"did\":\"updated\"}" : "{\"did\":\"inserted\"}");
    }
    run_facts_fini(&facts);
    return err;
}

static void sync_one(struct run *run, size_t index, struct sync *sync)
{
    struct err_info error = {.code = ERR_OK};
    struct history_signature signature = {.settled = false};
    const struct history_stored *stored = &sync->entries[index].stored;
    const char *seen = stored->found ? pg_text(sync->rows, stored->row, SIGNATURE) : NULL;
    enum err err =
        history_files_signature(sync->tools->reader, sync->tools->dir, run->jobs[index].key, &signature, &error);
    if (err == ERR_OK && seen != NULL && strcmp(seen, signature.text) == 0) {
        run_succeed(run, index, NULL); /* unchanged: the most common, and the shortest */
        return;
    }
    if (err == ERR_OK)
        err = run_read(run, index, sync, &error);
    if (err == ERR_NOT_FOUND)
        run_skip(run, index, error.text, NULL); /* vanished since the scan, or nothing in it that is of a run */
    else if (err != ERR_OK)
        history_tools_fail(run, index, &error);
}

static enum err entries_read(struct sync *sync, struct err_info *error)
{
    size_t count = sync->run->count;
    struct history_stored *stored = mem_array(count, sizeof *stored);
    enum err err = history_stored_read(sync->run, &sql_history_stored_sources, stored, &sync->rows, error);
    for (size_t i = 0; err == ERR_OK && i < count; i++)
        sync->entries[i].stored = stored[i];
    free(stored);
    return err;
}

void enrich_run(struct run *run)
{
    struct sync *sync = mem_zalloc(sizeof *sync);
    struct err_info error = {.code = ERR_OK};
    sync->run = run;
    sync->entries = mem_array(run->count, sizeof *sync->entries);
    run->effects = run->dry_run ? NULL : rows_write;
    run->effects_context = sync;
    run->drop_effects = sync_drop;
    if (entries_read(sync, &error) != ERR_OK) {
        log_info("a sync waits: %s", error.text);
        history_stored_put_off(run);
        return;
    }
    if (history_tools_ready(run, &sync->tools) != ERR_OK)
        return;
    FAULT_POINT("history.enrich_read");
    size_t done = 0;
    for (; done < run->count && run_goes_on(run) && sync->row_bytes < ROWS_BYTES_MAX; done++)
        sync_one(run, done, sync);
    history_stored_put_back(run, done);
    FAULT_POINT("history.enrich_decided");
}
