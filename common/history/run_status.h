/* The status of a run: the words of state files, and what is inferred where they say nothing final. */
#ifndef REPRISE_HISTORY_RUN_STATUS_H
#define REPRISE_HISTORY_RUN_STATUS_H

#include <stdbool.h>
#include <stddef.h>

/* Nothing said, or a word that nobody knows, is RUN_STATUS_UNKNOWN; facts never have it. */
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

#endif
