/*
 * All that is known of a run from its files: what every column of workflow_history that comes from files is filled
 * with. Put together by run_assemble.h from what was read, by worker/run/history_files.h
 * from a directory. Each part has a value for "unknown", which becomes NULL: a text is NULL, a number RUN_UNKNOWN, an
 * amount MONEY_UNKNOWN (the same number), a list empty.
 */
#ifndef REPRISE_HISTORY_RUN_FACTS_H
#define REPRISE_HISTORY_RUN_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/crypto.h"
#include "common/base/money.h"
#include "common/history/prices.h"
#include "common/history/run_words.h"

#define RUN_UNKNOWN INT64_MIN
/* Further warnings are only counted. */
#define RUN_WARNINGS_MAX 16
/* Bytes that are kept of the request, and of every other text; a warning says where there were more. */
#define RUN_REQUEST_MAX ((size_t)64 * 1024)
#define RUN_TEXT_MAX ((size_t)1024)

/* One of cost_breakdown's by_model. */
struct run_model {
    char *name;
    int64_t cost_nusd; /* MONEY_UNKNOWN: the price of this model is not known */
    struct run_tokens tokens;
};

/* One phase: its agents added up. */
struct run_phase {
    char *name;
    size_t agents;       /* with an output stream */
    size_t finished;     /* of these, with a result line */
    int64_t cost_nusd;   /* MONEY_UNKNOWN: no finished agent, or one whose cost is unknown */
    int64_t duration_ms; /* RUN_UNKNOWN: no result line tells */
    struct run_tokens tokens;
};

enum run_flag { RUN_FLAG_UNKNOWN, RUN_FLAG_NO, RUN_FLAG_YES };

struct run_facts {
    char *adw_id; /* the directory's name; never NULL */
    enum run_status status;
    char *issue_number, *nl_input, *github_url, *gh_issue_state, *workflow_template, *model_used;
    char *error_message, *current_phase, *worktree_path, *branch_name, *plan_file, *issue_class;
    int64_t backend_port, frontend_port;

    int64_t start_us, end_us;         /* Unix microseconds; without a written zone UTC */
    int64_t duration_ms;              /* end − start, else what the state file says; never against the clock */
    int64_t hour_of_day, day_of_week; /* of the start as written, Monday 0; −1 unknown */

    /* Cost and tokens. Without a finished agent, or if the price of one is unknown, there is no fresh cost. */
    bool has_cost, has_tokens;
    int64_t actual_cost_nusd;
    struct run_tokens tokens;
    int64_t total_tokens;
    int64_t estimated_cost_nusd, estimated_cost_per_step_nusd, actual_cost_per_step_nusd;
    int64_t cost_per_token_nusd;     /* rounded to the nano-dollar */
    double cache_efficiency_percent; /* only if has_tokens */
    struct run_model *models;        /* by name */
    size_t model_count;

    struct run_phase *phases;     /* plan, build, test, review, document, ship, then others by name */
    size_t phase_count;           /* 0: no agent has written a stream */
    int64_t phases_done;          /* of the state file; RUN_UNKNOWN */
    const char *bottleneck_phase; /* within `phases`, or NULL */
    double idle_share;            /* 0–1; negative: unknown */

    /* What the scores and anomalies ask for. */
    int64_t retry_count;
    bool errors_known; /* some file tells whether there were errors: a state, a summary, a result line */
    int64_t error_count;
    int64_t error_types[RUN_ERROR_TYPES]; /* how many error texts of each type, error_message among them */
    const char *error_category;           /* constant; NULL: no error known */
    enum run_flag pull_request_merged, ci_passed;

    /* 64 hex digits over name, size and mtime (ns) of each file that counts. The same as history_files_signature
     * gives without opening a file. */
    char signature[SHA256_HEX + 1];
    /* 64 hex digits over that and the bytes that were read: the column source_digest. Equal for equal files. */
    char source_digest[SHA256_HEX + 1];
    /* No file was younger than two seconds when it was read. If false, a later signature that is equal proves
     * nothing (a write within the clock's grain): keep it not. */
    bool settled;

    char *warnings[RUN_WARNINGS_MAX]; /* each one line for the log */
    size_t warning_count;             /* may exceed RUN_WARNINGS_MAX */
};

/* All unknown, no strings. */
void run_facts_init(struct run_facts *facts);
void run_facts_fini(struct run_facts *facts);
/* One line; control characters are made harmless. */
void run_facts_warn(struct run_facts *facts, const char *format, ...) PRINTF_LIKE(2, 3);

/* About how many bytes its texts and lists take. */
size_t run_facts_bytes(const struct run_facts *facts);

/* How many phases the run has: those with streams, else what the state file lists as done, else RUN_UNKNOWN. */
int64_t run_facts_phase_count(const struct run_facts *facts);

#endif
