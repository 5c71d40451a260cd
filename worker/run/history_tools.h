/*
 * What an executor keeps from one chunk of history jobs to the next: the prices and the reader's buffers. The agents
 * directory is opened for each chunk: it may have been replaced.
 */
#ifndef REPRISE_WORKER_RUN_HISTORY_TOOLS_H
#define REPRISE_WORKER_RUN_HISTORY_TOOLS_H

#include "worker/run.h"
#include "worker/run/history_files.h"

struct history_tools {
    struct prices *prices;
    char *prices_path;             /* the setting that they were read by; NULL = none yet */
    struct history_reader *reader; /* stops where the run in hand must */
    struct history_dir *dir;       /* of the run in hand */
};

/* Makes them where they are not there yet, and opens the directory: history.agents_dir, and below it the argument
 * `directory`. On failure all jobs of the run have a result. */
MUST_CHECK enum err history_tools_ready(struct run *run, struct history_tools **tools);
/* Rules on a job by what reading its files said: a trouble that may pass is tried again, and one whose reading was
 * stopped stays as it is. */
void history_tools_fail(struct run *run, size_t index, const struct err_info *error);
void history_tools_drop(void *kept);

#endif
