/*
 * The cost of runs that are in the history, read from their files again. The rule decides what is written; the settle
 * writes it, where the row is still what was read here.
 */
#include "worker/run/recost.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/fault.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "embedded/sql_history.h"
#include "worker/run/handlers.h"
#include "worker/run/history_columns.h"
#include "worker/run/history_tools.h"

/* Of runs that wait for the settle, which makes several times as much of them: what is left of the chunk comes after
 * it.
 */
#define FACTS_BYTES_MAX ((size_t)8 * 1024 * 1024)
#define NOT_FOUND_TEXT "Workflow not found in database"

enum { INPUT = 3, OUTPUT, CACHE_WRITE, CACHE_READ, TOTAL }; /* columns of stored_costs */

static bool is_stored(const PGresult *rows, int row, int column, int64_t number)
{
    return !pg_is_null(rows, row, column) && pg_int8(rows, row, column) == number;
}

static bool tokens_are_stored(const struct recost *recost, const struct recost_entry *entry)
{
    const struct run_facts *facts = &entry->facts;
    int row = entry->stored.row;
    return !facts->has_tokens || (is_stored(recost->rows, row, INPUT, facts->tokens.input) &&
                                  is_stored(recost->rows, row, OUTPUT, facts->tokens.output) &&
                                  is_stored(recost->rows, row, CACHE_WRITE, facts->tokens.cache_creation) &&
                                  is_stored(recost->rows, row, CACHE_READ, facts->tokens.cache_read) &&
                                  is_stored(recost->rows, row, TOTAL, facts->total_tokens));
}

static bool digest_is_stored(const struct recost_entry *entry)
{
    return entry->stored.digest != NULL && strcmp(entry->stored.digest, entry->facts.source_digest) == 0;
}

enum updated { NOT_UPDATED, UPDATED };

static void succeed(struct run *run, size_t index, const struct recost_entry *entry, enum updated updated)
{
    struct buf result = BUF_INIT;
    buf_addf(&result, "{\"updated\":%s", updated == UPDATED ? "true" : "false");
    if (updated == UPDATED) {
        history_columns_money(&result, "old_cost", entry->stored.cost_nusd);
        history_columns_money(&result, "new_cost", entry->facts.actual_cost_nusd);
    }
    history_columns_text(&result, "message", cost_rule_message(updated == UPDATED ? COST_WRITE : COST_SAME));
    buf_add_char(&result, '}');
    run_succeed(run, index, result.data);
    buf_fini(&result);
}

static void fail(struct run *run, size_t index, enum err code, const char *text)
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
static void decide(struct run *run, size_t index, const struct recost *recost, enum cost_asker asker)
{
    struct recost_entry *entry = &recost->entries[index];
    struct cost_question question = {run_status_of_word(entry->stored.status), entry->stored.cost_nusd,
                                     entry->facts.actual_cost_nusd, asker};
    enum cost_verdict verdict = cost_rule(&question);
    bool forced = asker == COST_BY_FORCED_RESYNC, tokens_differ = !tokens_are_stored(recost, entry);
    if (verdict == COST_NO_DATA) {
        log_warn("%s: %s", run->jobs[index].key, cost_rule_message(verdict));
        fail(run, index, ERR_NOT_FOUND, cost_rule_message(verdict));
        return;
    }
    entry->writes =
        verdict == COST_WRITE || (verdict == COST_SAME && (forced || tokens_differ || !digest_is_stored(entry)));
    if (verdict == COST_WRITE)
        log_cost(run, index, &question);
    succeed(run, index, entry,
            entry->writes && (verdict == COST_WRITE || forced || tokens_differ) ? UPDATED : NOT_UPDATED);
}

static void resync_one(struct run *run, size_t index, const struct recost *recost, enum cost_asker asker)
{
    struct recost_entry *entry = &recost->entries[index];
    struct err_info error = {.code = ERR_OK};
    if (!entry->stored.found) {
        fail(run, index, ERR_NOT_FOUND, NOT_FOUND_TEXT);
        return;
    }
    enum err err =
        history_files_read(recost->tools->reader, recost->tools->dir, run->jobs[index].key, &entry->facts, &error);
    if (err == ERR_NOT_FOUND) {
        log_warn("%s: %s (%s)", run->jobs[index].key, cost_rule_message(COST_NO_DATA), error.text);
        fail(run, index, ERR_NOT_FOUND, cost_rule_message(COST_NO_DATA));
    } else if (err != ERR_OK) {
        history_tools_fail(run, index, &error);
    } else {
        decide(run, index, recost, asker);
    }
}

static void forget(void *context)
{
    struct recost *recost = context;
    for (size_t i = 0; i < recost->run->count; i++)
        run_facts_fini(&recost->entries[i].facts);
    free(recost->entries);
    PQclear(recost->rows);
    free(recost);
}

static struct recost *recost_new(struct run *run, const char *reason)
{
    struct recost *recost = mem_zalloc(sizeof *recost);
    recost->run = run;
    recost->reason = reason;
    recost->entries = mem_array(run->count, sizeof *recost->entries);
    for (size_t i = 0; i < run->count; i++)
        run_facts_init(&recost->entries[i].facts);
    run->effects = run->dry_run ? NULL : recost_write;
    run->effects_context = recost;
    run->drop_effects = forget;
    return recost;
}

static enum err read_stored(struct recost *recost, struct err_info *error)
{
    size_t count = recost->run->count;
    struct history_stored *stored = mem_array(count, sizeof *stored);
    enum err err = history_stored_read(recost->run, &sql_history_stored_costs, stored, &recost->rows, error);
    for (size_t i = 0; err == ERR_OK && i < count; i++)
        recost->entries[i].stored = stored[i];
    free(stored);
    return err;
}

void recost_run(struct run *run)
{
    bool forced = json_get_bool(run->args, "force", false);
    struct recost *recost = recost_new(run, forced ? "resync_force" : "resync");
    struct err_info error = {.code = ERR_OK};
    if (read_stored(recost, &error) != ERR_OK) {
        log_info("a cost re-sync waits: %s", error.text);
        history_stored_put_off(run);
        return;
    }
    if (history_tools_ready(run, &recost->tools) != ERR_OK)
        return;
    FAULT_POINT("history.recost_read");
    size_t done = 0, bytes = 0;
    for (; done < run->count && run_goes_on(run) && bytes < FACTS_BYTES_MAX; done++) {
        resync_one(run, done, recost, forced ? COST_BY_FORCED_RESYNC : COST_BY_RESYNC);
        bytes += run_facts_bytes(&recost->entries[done].facts);
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
