#include <string.h>

#include "worker/run/deliver_tools.h"
#include "worker/run/handlers.h"
#include "worker/run/history_tools.h"

const struct runner runners[] = {
    {"noop", noop_run, NULL, NULL},
    {"resync-definitions", resync_definitions_run, NULL, NULL},
    {"resync", resync_run, deliver_tools_drop, NULL},
    {"snapshot", snapshot_run, deliver_tools_drop, NULL},
    {"scan", scan_run, history_tools_drop, NULL},
    {"enrich", enrich_run, history_tools_drop, NULL},
    {"recost", recost_run, history_tools_drop, recost_settled},
    {NULL, NULL, NULL, NULL},
};

const struct runner *runner_find(const char *kind)
{
    for (const struct runner *runner = runners; runner->kind != NULL; runner++)
        if (strcmp(runner->kind, kind) == 0)
            return runner;
    return NULL;
}
