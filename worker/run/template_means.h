/*
 * What the runs of each template cost and take: what anomalies hold a run against. Read once for each operation and
 * executor; what changes meanwhile is the next sync's.
 */
#ifndef REPRISE_WORKER_RUN_TEMPLATE_MEANS_H
#define REPRISE_WORKER_RUN_TEMPLATE_MEANS_H

#include "common/history/anomalies.h"
#include "worker/run.h"

struct template_means;
/* Made and filled where `*kept` (the run's tools) is not of this operation yet. */
MUST_CHECK enum err template_means_ready(struct run *run, struct template_means **means, struct err_info *error);
void template_means_drop(void *means);

/* The others of a run's template: `run`'s own part is taken out. Means have nine digits: sql/kinds/runs_to_score.sql
 * holds them against what anomalies say. A NULL template has no others. */
struct anomalies_peers template_means_others(const struct template_means *means, const char *template_name,
                                             const struct anomalies_run *run);

#endif
