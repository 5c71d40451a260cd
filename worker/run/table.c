#include <string.h>

#include "worker/run/deliver_tools.h"
#include "worker/run/handlers.h"

const struct runner runners[] = {
    {"noop", noop_run, NULL},
    {"resync-definitions", resync_definitions_run, NULL},
    {"resync", resync_run, deliver_tools_drop},
    {"snapshot", snapshot_run, deliver_tools_drop},
    {NULL, NULL, NULL},
};

const struct runner *runner_find(const char *kind)
{
    for (const struct runner *runner = runners; runner->kind != NULL; runner++)
        if (strcmp(runner->kind, kind) == 0)
            return runner;
    return NULL;
}
