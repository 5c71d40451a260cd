/*
 * Definitions, their schedules, and projects. What changes them stands in definition_registry.h, project.h and
 * definition_sync.h (common/definitions/).
 */
#ifndef REPRISE_QUERY_DEFINITIONS_H
#define REPRISE_QUERY_DEFINITIONS_H

#include "common/query/query_result.h"

/* {definitions, next}, by id ("project/id" of a project's): state (ready; older version: its file is broken, the last
 * good one is in force; broken: it never was good; missing; archived), load_error with line and column, version,
 * args_schema, schedule, last_tick with what came of it, next_tick. */
query_fn definitions_list;

/* One of them, by definition_id, with the versions that were in force (the newest 50). ERR_NOT_FOUND. */
query_fn definitions_one;

/* {schedule, next}: those that have one, as definitions_list. */
query_fn definitions_scheduled;

/* {ticks, next} of definition_id, the newest first: the operation that each started, or why it was skipped.
 * ERR_NOT_FOUND. */
query_fn definitions_ticks;

/* {projects, next}, by id. */
query_fn definitions_projects;

#endif
