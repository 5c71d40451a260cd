#include <string.h>

#include "worker/run.h"
#include "worker/run/command_tools.h"
#include "worker/run/deliver_attempt.h"
#include "worker/run/history_tools.h"

const struct runner runners[] = {
    {"noop", noop_run, NULL, NULL, true},
    {"resync-definitions", resync_definitions_run, NULL, NULL, false},
    {"resync", resync_run, deliver_tools_drop, NULL, false},
    {"snapshot", snapshot_run, deliver_tools_drop, NULL, false},
    {"scan", scan_run, history_tools_drop, NULL, false},
    {"enrich", enrich_run, history_tools_drop, NULL, false},
    {"score", score_run, score_means_drop, NULL, false},
    {"similarity", similarity_run, similar_index_drop, NULL, false},
    {"patterns", patterns_run, NULL, NULL, false},
    {"cost-webhook", cost_webhook_run, deliver_tools_drop, NULL, false},
    {"sql", sql_run, NULL, NULL, false},
    {"command", command_run, command_tools_drop, NULL, false},
    {"recost", recost_run, history_tools_drop, recost_settled, true},
    {NULL, NULL, NULL, NULL, false},
};

const struct runner *runner_find(const char *kind)
{
    for (const struct runner *runner = runners; runner->kind != NULL; runner++)
        if (strcmp(runner->kind, kind) == 0)
            return runner;
    return NULL;
}
