/* What was done in the last hours: the chart of the overview, and outcomes by kind of job. */
#ifndef REPRISE_QUERY_ACTIVITY_H
#define REPRISE_QUERY_ACTIVITY_H

#include "common/query/query_result.h"

/* {as_of, hours, step_s, steps: [{at, succeeded, failed, skipped, files}, …], kinds: [{kind, succeeded, failed,
 * skipped}, …], files}. Filter: hours, one of 1, 6, 24, 168. Steps without work are there; the last has yet to end.
 * `files` are those for which client apps answered. Exact: written by the settles themselves. */
query_fn activity_read;

/* Since the installation began: an array of {kind, succeeded, failed, skipped}; the kind "file" is no job's. The
 * caller's. */
MUST_CHECK enum err activity_ever(struct pg *pg, struct json_object **kinds, struct err_info *error);

#endif
