/* Runs of the workflow history: the list, one of them. */
#ifndef REPRISE_QUERY_WORKFLOWS_H
#define REPRISE_QUERY_WORKFLOWS_H

#include "common/query/query_result.h"
#include "common/query/text_search.h"

/* ---- the list ---------------------------------------------------------------------------------------------------- */

/* The history of workflow runs, as a list. */

/* {workflows, next, total, total_capped, limit, offset}. Filters: status (several with commas), model, template, search
 * (at least three characters, anywhere in nl_input, case ignored), from, to (by start_time, else created_at;
 * inclusive). sort_by a key, sort_order asc or desc (the default; runs without the key come last in both). `total` is
 * exact up to WORKFLOWS_COUNTED_MAX, and there it says total_capped.
 *
 * A filter that matches at most so many runs is read as a whole and sorted by any key. Beyond that the list goes along
 * an index: created_at, start_time, actual_cost_total, duration_seconds, adw_id; another key is refused (ERR_USAGE says
 * why). */
query_fn workflows_list;
/* The same, where a text is searched in a way that is given: the pages are the same. */
MUST_CHECK enum err workflows_list_by(struct pg *pg, const struct query_params *asked, enum text_search_way way,
                                      struct query_result *answer, struct err_info *error);
#define WORKFLOWS_COUNTED_MAX 10000

/* `status` of a filter: one or several, with commas between them. ERR_USAGE. */
MUST_CHECK enum err workflows_check_statuses(const struct query_params *asked, struct err_info *error);

/* {workflows, next}: runs whose stored cost is not what its phases add up to (cost_of_phases) or its models
 * (cost_of_models), the newest first; null where a part is not known. A page looks at WORKFLOWS_EXAMINED runs at most:
 * it may have few rows, or none, and a `next`. With max_cost (dollars) or min_tokens: completed runs that cost less
 * (0.50 unless told) although they used more tokens (100 000 unless told), the cheapest first. */
query_fn workflows_stale;
#define WORKFLOWS_EXAMINED 10000

/* ---- one run ----------------------------------------------------------------------------------------------------- */

/* One run of the history, with all that is known of it. */

/* The run adw_id: every column of the table, and beside them what its parts add up to (cost_of_phases, cost_of_models;
 * null: not known), phases [{phase, cost, duration_seconds}] in their order, models [{model,
 * cost, tokens…}], similar_runs (of similar_workflows, those that are still there, the best first) and audit_trail
 * (changes of its cost, the newest first, at most 1000). Null where nothing is known. ERR_NOT_FOUND. */
query_fn workflow_one;

#endif
