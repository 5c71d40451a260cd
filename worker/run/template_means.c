#include "worker/run/template_means.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/ids.h"
#include "common/base/mem.h"
#include "embedded/sql_history.h"

enum { TEMPLATE, RUNS, COST, COSTS, DURATION, DURATIONS }; /* columns of templates */

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

static void forget(struct template_means *means)
{
    for (size_t i = 0; i < means->count; i++)
        free(means->templates[i].name);
    free(means->templates);
    *means = (struct template_means){.count = 0};
}

static int by_name(const void *one, const void *other)
{
    return strcmp(((const struct sums *)one)->name, ((const struct sums *)other)->name);
}

static void fill(struct template_means *means, const char *operation_id, const PGresult *rows)
{
    snprintf(means->operation_id, sizeof means->operation_id, "%s", operation_id);
    means->count = (size_t)pg_rows(rows);
    means->templates = mem_array(means->count, sizeof *means->templates);
    for (int row = 0; row < pg_rows(rows); row++)
        means->templates[row] = (struct sums){.name = mem_strdup(pg_text(rows, row, TEMPLATE)),
                                              .runs = pg_int8(rows, row, RUNS),
                                              .cost_nusd = pg_int8(rows, row, COST),
                                              .costs = pg_int8(rows, row, COSTS),
                                              .durations = pg_int8(rows, row, DURATIONS),
                                              .duration_s = pg_double(rows, row, DURATION)};
    qsort(means->templates, means->count, sizeof *means->templates, by_name);
}

enum err template_means_ready(struct run *run, struct template_means **out, struct err_info *error)
{
    if (*run->tools == NULL)
        *run->tools = mem_zalloc(sizeof(struct template_means));
    struct template_means *means = *out = *run->tools;
    if (strcmp(means->operation_id, run->operation_id) == 0)
        return ERR_OK;
    PGresult *rows = NULL;
    forget(means);
    enum err err = pg_exec(run->pg, &sql_history_templates, NULL, &rows, error);
    if (err == ERR_OK)
        fill(means, run->operation_id, rows);
    PQclear(rows);
    return err;
}

void template_means_drop(void *means)
{
    if (means == NULL)
        return;
    forget(means);
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

struct anomalies_peers template_means_others(const struct template_means *means, const char *template_name,
                                             const struct anomalies_run *run)
{
    struct anomalies_peers peers = {.runs = 0};
    if (template_name == NULL)
        return peers;
    struct sums wanted = {.name = mem_strdup(template_name)};
    const struct sums *sums = bsearch(&wanted, means->templates, means->count, sizeof *means->templates, by_name);
    free(wanted.name);
    if (sums != NULL)
        peers = (struct anomalies_peers){
            .runs = sums->runs - 1,
            .mean_cost_nusd = mean_of_others((double)sums->cost_nusd, sums->costs, (double)run->cost_nusd),
            .mean_duration_s = mean_of_others(sums->duration_s, sums->durations, run->duration_s),
        };
    return peers;
}
