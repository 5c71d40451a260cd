/*
 * What the two files say that describe a run: adw_state.json and, where there is none, workflow_summary.json. Fields
 * vary by version and fork: all are optional, unknown ones are ignored, one of an unexpected kind counts as absent and
 * is named. What Python and Windows write beyond JSON is read (json_walk_be_lenient).
 */
#ifndef REPRISE_HISTORY_STATE_FILE_H
#define REPRISE_HISTORY_STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/history/run_words.h"

#define STATE_FILE_MAX_BYTES ((size_t)8 * 1024 * 1024)
#define STATE_FILE_UNKNOWN INT64_MIN
#define STATE_ODD_BYTES 256

/* In order of preference where several stand for one column. */
enum state_text {
    STATE_ADW_ID,
    STATE_ID,
    STATE_STATUS,
    STATE_WORKFLOW_STATUS,
    STATE_ISSUE_NUMBER, /* written as text or as an integer */
    STATE_NL_INPUT,
    STATE_PROMPT,
    STATE_GITHUB_URL,
    STATE_ISSUE_STATE,
    STATE_GH_ISSUE_STATE,
    STATE_WORKFLOW_TEMPLATE,
    STATE_WORKFLOW,
    STATE_MODEL_USED,
    STATE_MODEL,
    STATE_MODEL_SET,
    STATE_START_TIME,
    STATE_CREATED_AT,
    STATE_STARTED_AT,
    STATE_END_TIME,
    STATE_CURRENT_PHASE,
    STATE_CURRENT_STAGE,
    STATE_BRANCH_NAME,
    STATE_PLAN_FILE,
    STATE_ISSUE_CLASS,
    STATE_WORKTREE_PATH,
    STATE_ERROR_MESSAGE,
    STATE_PR_STATE,
    STATE_CI_STATUS,
    STATE_TEXTS
};

enum state_flag { STATE_FLAG_UNKNOWN, STATE_FLAG_NO, STATE_FLAG_YES };

struct state_file {
    char *texts[STATE_TEXTS]; /* NULL: absent, null, empty, or no text */
    int64_t backend_port, frontend_port;
    int64_t duration_ms;         /* of duration_seconds */
    int64_t estimated_cost_nusd; /* MONEY_UNKNOWN */
    int64_t breakdown_nusd;      /* the sum of estimated_cost_breakdown; MONEY_UNKNOWN */
    int64_t breakdown_steps;     /* how many phases it has */
    int64_t phases_done;         /* completed_phases or completed_stages */
    int64_t retry_count;
    enum state_flag overall_success, pull_request_merged, ci_passed;
    bool has_error_list;
    int64_t error_count; /* entries of the lists called `errors` at the top or one level below */
    int64_t error_types[RUN_ERROR_TYPES];
    bool mended;               /* texts held bytes that are no text, which were replaced */
    char odd[STATE_ODD_BYTES]; /* names of members whose values are of no use, comma separated; "" = none */
};

void state_file_init(struct state_file *state);
void state_file_fini(struct state_file *state);
/* Reads one of the two files into an initialised `out`. ERR_USAGE with line and column where it is not JSON, not an
 * object, or says a known key twice; then `out` holds what came before and is only good for state_file_fini. */
MUST_CHECK enum err state_file_read(const char *bytes, size_t len, struct state_file *out, struct err_info *error);

#endif
