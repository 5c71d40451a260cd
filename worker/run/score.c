/*
 * The third phase of a sync: what is odd about a run beside the others of its template, and what to do better next
 * time. The scores proper need only the run itself, and are a part of enrich.
 */
#include <stdlib.h>

#include "common/base/fault.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/history/recommendations.h"
#include "embedded/sql_history.h"
#include "worker/run/handlers.h"
#include "worker/run/history_stored.h"
#include "worker/run/template_means.h"

/* Columns of to_score. */
enum { ID, TEMPLATE, COST, DURATION, RETRIES, ERRORS, CACHE_READ, INPUT, CATEGORY, WORDS, MODEL };

#define UNKNOWN (-1)

struct flags {
    const struct run *run;
    char **anomalies, **advice; /* of each job, JSON; NULL = its row is gone */
};

static void write_flags(struct pg_batch *batch, const size_t *mine, size_t count, void *context)
{
    const struct flags *flags = context;
    const char **texts = mem_array(3 * count + 1, sizeof *texts);
    size_t n = 0;
    FAULT_POINT("history.score_write");
    for (size_t i = 0; i < count; i++)
        if (flags->anomalies[mine[i]] != NULL) {
            texts[n] = flags->run->jobs[mine[i]].key;
            texts[count + n] = flags->anomalies[mine[i]];
            texts[2 * count + n++] = flags->advice[mine[i]];
        }
    struct pg_args *args = pg_batch_add(batch, &sql_history_keep_flags);
    for (size_t column = 0; column < 3; column++)
        pg_arg_texts(args, texts + column * count, n);
    free(texts);
}

static void forget(void *context)
{
    struct flags *flags = context;
    for (size_t i = 0; i < flags->run->count; i++) {
        free(flags->anomalies[i]);
        free(flags->advice[i]);
    }
    free(flags->anomalies);
    free(flags->advice);
    free(flags);
}

static int64_t number(const PGresult *rows, int row, int column)
{
    return pg_is_null(rows, row, column) ? UNKNOWN : pg_int8(rows, row, column);
}

static struct anomalies_run run_of(const PGresult *rows, int row)
{
    return (struct anomalies_run){
        .cost_nusd = number(rows, row, COST),
        .duration_s = pg_is_null(rows, row, DURATION) ? UNKNOWN : pg_double(rows, row, DURATION),
        .retries = number(rows, row, RETRIES),
        .cache_read_tokens = number(rows, row, CACHE_READ),
        .input_tokens = number(rows, row, INPUT),
        .error_category = pg_text(rows, row, CATEGORY),
    };
}

static void score_one(struct flags *flags, size_t index, const PGresult *rows, const struct template_means *means)
{
    int row = (int)index;
    struct buf text = BUF_INIT;
    struct anomalies found;
    struct recommendations advice;
    struct anomalies_run run = run_of(rows, row);
    struct anomalies_peers peers = template_means_others(means, pg_text(rows, row, TEMPLATE), &run);
    anomalies_find(&run, &peers, &found);
    anomalies_add_json(&found, &text);
    flags->anomalies[index] = buf_take(&text);
    const struct recommendations_run seen = {
        .anomalies = &found,
        .words = number(rows, row, WORDS),
        .errors = number(rows, row, ERRORS),
        .complexity = scores_complexity(number(rows, row, WORDS), run.duration_s, number(rows, row, ERRORS)),
        .model = scores_model(pg_text(rows, row, MODEL)),
    };
    recommendations_find(&seen, &advice);
    recommendations_add_json(&advice, &text);
    flags->advice[index] = buf_take(&text);
}

void score_run(struct run *run)
{
    struct flags *flags = mem_zalloc(sizeof *flags);
    struct template_means *means = NULL;
    struct err_info error = {.code = ERR_OK};
    PGresult *rows = NULL;
    *flags = (struct flags){run, mem_array(run->count, sizeof(char *)), mem_array(run->count, sizeof(char *))};
    run->effects = run->dry_run ? NULL : write_flags;
    run->effects_context = flags;
    run->drop_effects = forget;
    enum err err = template_means_ready(run, &means, &error);
    if (err == ERR_OK)
        err = history_stored_rows(run, &sql_history_to_score, &rows, &error);
    if (err != ERR_OK) {
        log_info("a scoring waits: %s", error.text);
        history_stored_put_off(run);
    }
    for (size_t i = 0; err == ERR_OK && i < run->count && run_goes_on(run); i++) {
        if (!pg_is_null(rows, (int)i, ID))
            score_one(flags, i, rows, means);
        run_succeed(run, i, NULL);
    }
    FAULT_POINT("history.score_decided");
    PQclear(rows);
}
