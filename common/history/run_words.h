/*
 * The words that tell of a run: its status, the types of its errors and the phases of its agents, as files write them
 * and as the history names them.
 */
#ifndef REPRISE_HISTORY_RUN_WORDS_H
#define REPRISE_HISTORY_RUN_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* ---- status ------------------------------------------------------------------------------------------------------ */

/* What state files write, and what is inferred where they say nothing final. */
/* Nothing said, or an unknown word, is RUN_STATUS_UNKNOWN; facts never have it. */
enum run_status {
    RUN_STATUS_UNKNOWN,
    RUN_STATUS_PENDING,
    RUN_STATUS_RUNNING,
    RUN_STATUS_COMPLETED,
    RUN_STATUS_FAILED,
};

/* The word in workflow_history.status; "unknown" for RUN_STATUS_UNKNOWN. */
const char *run_status_name(enum run_status status);
/* initialized → pending, in_progress → running, success, done → completed, error → failed, and the four themselves;
 * upper and lower case alike. NULL is allowed. */
enum run_status run_status_of_word(const char *word);
/* Completed or failed. */
bool run_status_is_final(enum run_status status);

/* What the rule of inference looks at. */
struct run_status_signs {
    enum run_status written; /* of the state file or the summary */
    bool has_error_log, has_plan_file, has_branch_name;
    size_t adw_directories; /* directories adw_* in the run's directory */
};

/* The written status if it is final. Else: error.log → failed; plan file, branch name and three or more directories
 * adw_* → completed; exactly one and no plan file → failed; else what is written, or running. */
enum run_status run_status_infer(const struct run_status_signs *signs);

/* ---- errors ------------------------------------------------------------------------------------------------------ */

/* Told by keywords in their texts. Their names are those that the quality score, the anomalies and the column
 * error_category use. */
/* In the order in which they are tried. */
enum run_error_type {
    RUN_ERROR_SYNTAX,
    RUN_ERROR_TIMEOUT,
    RUN_ERROR_RATE_LIMIT,
    RUN_ERROR_API_QUOTA,
    RUN_ERROR_NETWORK,
    RUN_ERROR_VALIDATION,
    RUN_ERROR_TYPE,
    RUN_ERROR_UNKNOWN,
    RUN_ERROR_TYPES
};

/* "syntax_error", "timeout", …, "unknown". */
const char *run_error_name(enum run_error_type type);
/* The first type of which a keyword stands in the text, upper and lower case alike. NULL is RUN_ERROR_UNKNOWN. */
enum run_error_type run_error_of_text(const char *text);

/* ---- phases ------------------------------------------------------------------------------------------------------ */

/* The phase that an agent worked on, told by the name of its directory: */
/* plan, build, test, review, document or ship: the first that the lower-cased name contains; else the lower-cased name
 * itself. The caller's to free. */
char *phase_of_agent(const char *directory);
/* Negative, 0 or positive, as phases come in a run: the six in the order above, then others by name. */
int phase_order(const char *a, const char *b);

#endif
