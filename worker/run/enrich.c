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
#include "embedded/sql.h"
#include "worker/run/handlers.h"
#include "worker/run/history_row.h"
#include "worker/run/history_tools.h"

enum { SIGNATURE = 3 }; /* column of stored_sources.sql */

struct enrich {
    const struct run *run;
    struct history_tools *tools;
    PGresult *rows;
    struct history_stored *stored;
    char **objects; /* of each job what is written; NULL = nothing */
};

/* ---- the settle ------------------------------------------------------------------------------------------------- */

static void write_rows(struct pg_batch *batch, const size_t *mine, size_t count, void *context)
{
    const struct enrich *enrich = context;
    struct buf rows = BUF_INIT;
    FAULT_POINT("history.enrich_write");
    for (size_t i = 0; i < count; i++)
        if (enrich->objects[mine[i]] != NULL) {
            buf_add_char(&rows, rows.len == 0 ? '[' : ',');
            buf_add_str(&rows, enrich->objects[mine[i]]);
        }
    if (rows.len > 0) {
        buf_add_char(&rows, ']');
        struct pg_args *args = pg_batch_add(batch, &sql_history_store);
        pg_arg_text(args, enrich->run->operation_id);
        pg_arg_bool(args, enrich->run->config->history_webhook_url[0] != '\0');
        pg_arg_text_len(args, rows.data, rows.len);
    }
    buf_fini(&rows);
}

static void forget(void *context)
{
    struct enrich *enrich = context;
    for (size_t i = 0; i < enrich->run->count; i++)
        free(enrich->objects[i]);
    free(enrich->objects);
    free(enrich->stored);
    PQclear(enrich->rows);
    free(enrich);
}

/* ---- one run -------------------------------------------------------------------------------------------------------
 */

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
    const struct history_stored *stored = &enrich->stored[index];
    struct cost_question question = {facts->status, stored->found ? stored->cost_nusd : MONEY_UNKNOWN,
                                     facts->has_cost ? facts->actual_cost_nusd : MONEY_UNKNOWN, COST_BY_SYNC};
    enum cost_verdict verdict = cost_rule(&question);
    bool keeps = stored->found && (verdict == COST_KEEP || verdict == COST_NO_DATA);
    struct history_row row = {facts, stored, keeps ? HISTORY_ROW_KEEPS_COST : HISTORY_ROW_WRITES_COST,
                              verdict == COST_WRITE ? cost_rule_reason(&question) : NULL};
    struct buf object = BUF_INIT;
    history_row_add(&row, &object);
    enrich->objects[index] = buf_take(&object);
    if (verdict == COST_WRITE && stored->found)
        log_cost(facts->adw_id, &question);
    warn(facts);
}

/* Files too young to be told apart from outside have left no signature: their content then tells. */
static bool is_same_inside(const struct enrich *enrich, size_t index, const struct run_facts *facts)
{
    const struct history_stored *stored = &enrich->stored[index];
    return stored->found && stored->digest != NULL && pg_is_null(enrich->rows, stored->row, SIGNATURE) &&
           strcmp(stored->digest, facts->source_digest) == 0;
}

static enum err read_and_store(struct run *run, size_t index, struct enrich *enrich, struct err_info *error)
{
    struct run_facts facts;
    run_facts_init(&facts);
    enum err err = history_files_read(enrich->tools->reader, enrich->tools->dir, run->jobs[index].key, &facts, error);
    if (err == ERR_OK && is_same_inside(enrich, index, &facts)) {
        run_succeed(run, index, NULL);
    } else if (err == ERR_OK) {
        store(enrich, index, &facts);
        run_succeed(run, index, enrich->stored[index].found ? "{\"did\":\"updated\"}" : "{\"did\":\"inserted\"}");
    }
    run_facts_fini(&facts);
    return err;
}

static void enrich_one(struct run *run, size_t index, struct enrich *enrich)
{
    struct err_info error = {.code = ERR_OK};
    struct history_signature signature = {.settled = false};
    const struct history_stored *stored = &enrich->stored[index];
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
        run_skip(run, index, "its directory has vanished since the scan", NULL);
    else if (err != ERR_OK)
        history_tools_fail(run, index, &error);
}

void enrich_run(struct run *run)
{
    struct enrich *enrich = mem_zalloc(sizeof *enrich);
    struct err_info error = {.code = ERR_OK};
    enrich->run = run;
    enrich->stored = mem_array(run->count, sizeof *enrich->stored);
    enrich->objects = mem_array(run->count, sizeof *enrich->objects);
    run->effects = run->dry_run ? NULL : write_rows;
    run->effects_context = enrich;
    run->forget = forget;
    if (history_stored_read(run, &sql_history_stored_sources, enrich->stored, &enrich->rows, &error) != ERR_OK) {
        log_info("a sync waits: %s", error.text);
        history_stored_put_off(run);
        return;
    }
    if (history_tools_ready(run, &enrich->tools) != ERR_OK)
        return;
    FAULT_POINT("history.enrich_read");
    for (size_t i = 0; i < run->count && !run_stopping(run); i++)
        enrich_one(run, i, enrich);
    FAULT_POINT("history.enrich_decided");
}
