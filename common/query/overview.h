/* The first page: how much there is, how it is, what needs attention. */
#ifndef REPRISE_QUERY_OVERVIEW_H
#define REPRISE_QUERY_OVERVIEW_H

#include "common/query/query_result.h"

/* {as_of, apps, repositories, failed, links {synced, failed, never_sent, scanning, pending_snapshot},
 * running_operations, open_jobs, last_hour {operations, succeeded, failed, skipped}}: what PostgreSQL knows; queues and
 * workers are Redis'. `synced` and `failed` are as stored; `last_hour` counts the operations that began or ended within
 * it, and the jobs that were settled in its minutes. */
query_fn overview_read;

#endif
