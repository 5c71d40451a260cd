/*
 * What could be done better next time: a line for each anomaly, for a request of few words, and for a complex run that
 * a small model could not handle. Rules: docs/domain/history.md.
 */
#ifndef REPRISE_HISTORY_RECOMMENDATIONS_H
#define REPRISE_HISTORY_RECOMMENDATIONS_H

#include "common/history/anomalies.h"
#include "common/history/scores.h"

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
