/*
 * What is odd about a run, beside the other runs of its template: a cost or a duration far above their mean, many
 * retries, a cache that hardly served, an error of a grave kind. Rules: docs/domain/history.md.
 */
#ifndef REPRISE_HISTORY_ANOMALIES_H
#define REPRISE_HISTORY_ANOMALIES_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/history/scores.h"

/* So many other runs of the template are needed to call a cost or a duration odd. */
#define ANOMALIES_PEERS_MIN 3
#define ANOMALIES_MESSAGE_MAX 160

enum anomalies_type {
    ANOMALIES_COST,
    ANOMALIES_DURATION,
    ANOMALIES_RETRIES,
    ANOMALIES_CACHE,
    ANOMALIES_ERROR,
    ANOMALIES_TYPE_COUNT
};

enum anomalies_severity { ANOMALIES_LOW, ANOMALIES_MEDIUM, ANOMALIES_HIGH };

/* Any negative number: not known; then nothing is odd about it. */
struct anomalies_run {
    int64_t cost_nusd;
    double duration_s;
    int64_t retries;
    int64_t cache_read_tokens, input_tokens; /* input: all of it, cache reads included */
    const char *error_category;              /* borrowed; NULL if none */
};

/* The other runs of the same template. */
struct anomalies_peers {
    int64_t runs;
    double mean_cost_nusd;  /* of those whose cost is above 0; not above 0: none */
    double mean_duration_s; /* likewise */
};

struct anomaly {
    enum anomalies_type type;
    enum anomalies_severity severity;
    double actual, expected, threshold; /* USD, seconds, a number of retries, a share; an error: 1, 0, 0 */
    char message[ANOMALIES_MESSAGE_MAX];
};

/* At most one of each type, in the order of the types. */
struct anomalies {
    size_t count;
    struct anomaly list[ANOMALIES_TYPE_COUNT];
};

void anomalies_find(const struct anomalies_run *run, const struct anomalies_peers *peers, struct anomalies *found);
/* Appends the array for the column anomaly_flags: [{type, severity, message, actual, expected, threshold}]. */
void anomalies_add_json(const struct anomalies *found, struct buf *out);

/* ---- recommendations --------------------------------------------------------------------------------------------- */

/*
 * What could be done better next time: a line for each anomaly, for a request of few words, and for a complex run that
 * a small model could not handle. Rules: docs/domain/history.md.
 */

#define RECOMMENDATIONS_MAX 5

struct recommendations_run {
    const struct anomalies *anomalies; /* borrowed */
    int64_t words, errors;             /* below 0: not known */
    enum scores_complexity complexity;
    enum scores_model model;
};

/* Static texts, one line each, the most useful first: model, cost, errors, cache, input, time, performance. */
struct recommendations {
    size_t count; /* at least 1: all is well is a line too */
    const char *lines[RECOMMENDATIONS_MAX];
};

void recommendations_find(const struct recommendations_run *run, struct recommendations *found);
/* Appends the array of strings for the column optimization_recommendations. */
void recommendations_add_json(const struct recommendations *found, struct buf *out);

#endif
