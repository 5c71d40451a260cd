/*
 * The third phase of a sync: what is odd about a run beside the others of its template, and what to do better next
 * time. The scores proper need only the run itself, and are a part of enrich.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/fault.h"
#include "common/base/ids.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/history/anomalies.h"
#include "embedded/sql_history.h"
#include "worker/run.h"
#include "worker/run/history_tools.h"

/* ---- means of templates ------------------------------------------------------------------------------------------ */

/* What the runs of each template cost and take: what anomalies hold a run against. Read once for each operation and
 * executor; what changes meanwhile is seen by the next sync. */
enum {
    MEANS_TEMPLATE,
    MEANS_RUNS,
    MEANS_COST,
    MEANS_COSTS,
    MEANS_DURATION,
    MEANS_DURATIONS
}; /* columns of templates */

struct sums {
    char *name;
    int64_t runs, cost_nusd, costs, durations;
    double duration_s;
};

struct template_means {
    char operation_id[ID_MAX];
    struct sums *templates; /* by name */
    size_t count;
};

static void means_forget(struct template_means *means)
{
    for (size_t i = 0; i < means->count; i++)
        free(means->templates[i].name);
    free(means->templates);
    *means = (struct template_means){.count = 0};
}

static int means_by_name(const void *one, const void *other)
{
    return strcmp(((const struct sums *)one)->name, ((const struct sums *)other)->name);
}

static void means_fill(struct template_means *means, const char *operation_id, const PGresult *rows)
{
    snprintf(means->operation_id, sizeof means->operation_id, "%s", operation_id);
    means->count = (size_t)pg_rows(rows);
    means->templates = mem_array(means->count, sizeof *means->templates);
    for (int row = 0; row < pg_rows(rows); row++)
        means->templates[row] = (struct sums){.name = mem_strdup(pg_text(rows, row, MEANS_TEMPLATE)),
                                              .runs = pg_int8(rows, row, MEANS_RUNS),
                                              .cost_nusd = pg_int8(rows, row, MEANS_COST),
                                              .costs = pg_int8(rows, row, MEANS_COSTS),
                                              .durations = pg_int8(rows, row, MEANS_DURATIONS),
                                              .duration_s = pg_double(rows, row, MEANS_DURATION)};
    qsort(means->templates, means->count, sizeof *means->templates, means_by_name);
}

/* Filled where the tools are not of this operation yet. */
static enum err means_ready(struct run *run, struct template_means **out, struct err_info *error)
{
    if (*run->tools == NULL)
        *run->tools = mem_zalloc(sizeof(struct template_means));
    struct template_means *means = *out = *run->tools;
    if (strcmp(means->operation_id, run->operation_id) == 0)
        return ERR_OK;
    PGresult *rows = NULL;
    means_forget(means);
    enum err err = pg_exec(run->pg, &sql_history_templates, NULL, &rows, error);
    if (err == ERR_OK)
        means_fill(means, run->operation_id, rows);
    PQclear(rows);
    return err;
}

void score_means_drop(void *means)
{
    if (means == NULL)
        return;
    means_forget(means);
    free(means);
}

/* To as many digits as an anomaly says of it: then what is stored tells whether the mean is still the same. */
static double rounded(double mean)
{
    char text[32];
    snprintf(text, sizeof text, "%.8e", mean);
    return strtod(text, NULL);
}

/* As history_mean_of_others does in SQL, by the same operations. */
static double mean_of_others(double sum, int64_t count, double own)
{
    bool counts = own > 0;
    int64_t others = count - (counts ? 1 : 0);
    return others > 0 ? rounded((sum - (counts ? own : 0)) / (double)others) : 0;
}

/* The others of a run's template: its own part is taken out. Means have nine digits: runs_to_score in
 * sql/kinds/runs.sql compares them with what anomalies say. A NULL template has no others. */
static struct anomalies_peers means_of_others(const struct template_means *means, const char *template_name,
                                              const struct anomalies_run *run)
{
    struct anomalies_peers peers = {.runs = 0};
    if (template_name == NULL)
        return peers;
    struct sums wanted = {.name = mem_strdup(template_name)};
    const struct sums *sums = bsearch(&wanted, means->templates, means->count, sizeof *means->templates, means_by_name);
    free(wanted.name);
    if (sums != NULL)
        peers = (struct anomalies_peers){
            .runs = sums->runs - 1,
            .mean_cost_nusd = mean_of_others((double)sums->cost_nusd, sums->costs, (double)run->cost_nusd),
            .mean_duration_s = mean_of_others(sums->duration_s, sums->durations, run->duration_s),
        };
    return peers;
}

/* ---- flags ------------------------------------------------------------------------------------------------------- */

/* Columns of to_score. */
enum { ID, TEMPLATE, COST, DURATION, RETRIES, ERRORS, CACHE_READ, INPUT, CATEGORY, WORDS, MODEL };

#define UNKNOWN (-1)

struct flags {
    const struct run *run;
    char **anomalies, **advice; /* of each job, JSON; NULL = its row is gone */
};

static void flags_write(struct pg_batch *batch, const size_t *mine, size_t count, void *context)
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

static void flags_drop(void *context)
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

static int64_t number_of(const PGresult *rows, int row, int column)
{
    return pg_is_null(rows, row, column) ? UNKNOWN : pg_int8(rows, row, column);
}

static struct anomalies_run run_of(const PGresult *rows, int row)
{
    return (struct anomalies_run){
        .cost_nusd = number_of(rows, row, COST),
        .duration_s = pg_is_null(rows, row, DURATION) ? UNKNOWN : pg_double(rows, row, DURATION),
        .retries = number_of(rows, row, RETRIES),
        .cache_read_tokens = number_of(rows, row, CACHE_READ),
        .input_tokens = number_of(rows, row, INPUT),
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
    struct anomalies_peers peers = means_of_others(means, pg_text(rows, row, TEMPLATE), &run);
    anomalies_find(&run, &peers, &found);
    anomalies_add_json(&found, &text);
    flags->anomalies[index] = buf_take(&text);
    const struct recommendations_run seen = {
        .anomalies = &found,
        .words = number_of(rows, row, WORDS),
        .errors = number_of(rows, row, ERRORS),
        .complexity = scores_complexity(number_of(rows, row, WORDS), run.duration_s, number_of(rows, row, ERRORS)),
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
    run->effects = run->dry_run ? NULL : flags_write;
    run->effects_context = flags;
    run->drop_effects = flags_drop;
    enum err err = means_ready(run, &means, &error);
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
