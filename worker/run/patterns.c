/*
 * The last phase of a sync: what is known of the runs that ask for the same operation. A job for each signature; few
 * words make few of them.
 */
#include <stdlib.h>

#include "common/base/fault.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/history/patterns.h"
#include "embedded/sql_history.h"
#include "worker/run.h"
#include "worker/run/history_tools.h"

/* Columns of pattern_evidence. */
enum { OCCURRENCES, DURATIONS, VARIANCE, ERRORS, RETRIES, TOKENS, COST, FIRST, LAST };

#define UNKNOWN (-1)

struct refreshed {
    const struct run *run;
    PGresult **evidence; /* of each job */
};

static double mean(const PGresult *row, int column)
{
    return pg_is_null(row, 0, column) ? UNKNOWN : pg_double(row, 0, column);
}

static int confidence(const PGresult *row)
{
    const struct patterns_evidence evidence = {
        .occurrences = pg_int8(row, 0, OCCURRENCES),
        .durations = pg_int8(row, 0, DURATIONS),
        .duration_variance = pg_double(row, 0, VARIANCE),
        .mean_errors = mean(row, ERRORS),
        .mean_retries = mean(row, RETRIES),
    };
    return evidence.occurrences == 0 ? 0 : patterns_confidence(&evidence);
}

static void write_pattern(struct pg_batch *batch, const char *signature, const PGresult *row)
{
    struct pg_args *args = pg_batch_add(batch, &sql_history_keep_pattern);
    pg_arg_text(args, signature);
    pg_arg_text(args, pg_text(row, 0, FIRST));
    pg_arg_text(args, pg_text(row, 0, LAST));
    pg_arg_int8(args, pg_int8(row, 0, OCCURRENCES));
    pg_arg_text(args, pg_text(row, 0, TOKENS));
    pg_arg_text(args, pg_text(row, 0, COST));
    pg_arg_int4(args, confidence(row));
    pg_arg_text(pg_batch_add(batch, &sql_history_remove_occurrences), signature);
    pg_arg_text(pg_batch_add(batch, &sql_history_add_occurrences), signature);
}

static void write_patterns(struct pg_batch *batch, const size_t *mine, size_t count, void *context)
{
    const struct refreshed *refreshed = context;
    FAULT_POINT("history.patterns_write");
    for (size_t i = 0; i < count; i++)
        write_pattern(batch, refreshed->run->jobs[mine[i]].key, refreshed->evidence[mine[i]]);
}

static void forget(void *context)
{
    struct refreshed *refreshed = context;
    for (size_t i = 0; i < refreshed->run->count; i++)
        PQclear(refreshed->evidence[i]);
    free(refreshed->evidence);
    free(refreshed);
}

static enum err read_evidence(const struct run *run, size_t index, PGresult **evidence, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, run->jobs[index].key);
    enum err err = pg_exec(run->pg, &sql_history_pattern_evidence, args, evidence, error);
    pg_args_drop(args);
    return err;
}

void patterns_run(struct run *run)
{
    struct refreshed *refreshed = mem_zalloc(sizeof *refreshed);
    struct err_info error = {.code = ERR_OK};
    *refreshed = (struct refreshed){run, mem_array(run->count, sizeof(PGresult *))};
    run->effects = run->dry_run ? NULL : write_patterns;
    run->effects_context = refreshed;
    run->drop_effects = forget;
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < run->count && run_goes_on(run); i++) {
        err = read_evidence(run, i, &refreshed->evidence[i], &error);
        if (err == ERR_OK)
            run_succeed(run, i, NULL);
    }
    FAULT_POINT("history.patterns_decided");
    if (err != ERR_OK) {
        log_info("a look at patterns waits: %s", error.text);
        history_stored_put_off(run);
    }
}
