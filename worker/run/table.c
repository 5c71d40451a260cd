#include <string.h>

#include "worker/run/deliver_tools.h"
#include "worker/run/handlers.h"
#include "worker/run/history_tools.h"
#include "worker/run/similar_index.h"

const struct runner runners[] = {
    {"noop", noop_run, NULL, NULL},
    {"resync-definitions", resync_definitions_run, NULL, NULL},
    {"resync", resync_run, deliver_tools_drop, NULL},
    {"snapshot", snapshot_run, deliver_tools_drop, NULL},
    {"scan", scan_run, history_tools_drop, NULL},
    {"enrich", sync_run_run, history_tools_drop, NULL},
    {"score", score_run, score_means_drop, NULL},
    {"similarity", similar_run, similar_index_drop, NULL},
    {"patterns", patterns_run, NULL, NULL},
    {"cost-webhook", webhook_run, deliver_tools_drop, NULL},
    {"recost", recompute_cost_run, history_tools_drop, recompute_cost_settled},
    {NULL, NULL, NULL, NULL},
};

const struct runner *runner_find(const char *kind)
{
    for (const struct runner *runner = runners; runner->kind != NULL; runner++)
        if (strcmp(runner->kind, kind) == 0)
            return runner;
    return NULL;
}
