#include "common/history/run_status.h"

#include <strings.h>

#define COMPLETE_DIRECTORIES 3

static const char *const names[] = {
    [RUN_STATUS_UNKNOWN] = "unknown",     [RUN_STATUS_PENDING] = "pending", [RUN_STATUS_RUNNING] = "running",
    [RUN_STATUS_COMPLETED] = "completed", [RUN_STATUS_FAILED] = "failed",
};

static const struct {
    const char *word;
    enum run_status status;
} words[] = {
    {"pending", RUN_STATUS_PENDING},     {"initialized", RUN_STATUS_PENDING}, {"running", RUN_STATUS_RUNNING},
    {"in_progress", RUN_STATUS_RUNNING}, {"completed", RUN_STATUS_COMPLETED}, {"success", RUN_STATUS_COMPLETED},
    {"done", RUN_STATUS_COMPLETED},      {"failed", RUN_STATUS_FAILED},       {"error", RUN_STATUS_FAILED},
};

const char *run_status_name(enum run_status status)
{
    return names[status];
}

enum run_status run_status_of_word(const char *word)
{
    for (size_t i = 0; word != NULL && i < sizeof(words) / sizeof(words[0]); i++)
        if (strcasecmp(word, words[i].word) == 0)
            return words[i].status;
    return RUN_STATUS_UNKNOWN;
}

bool run_status_is_final(enum run_status status)
{
    return status == RUN_STATUS_COMPLETED || status == RUN_STATUS_FAILED;
}

enum run_status run_status_infer(const struct run_status_signs *signs)
{
    if (run_status_is_final(signs->written))
        return signs->written;
    if (signs->has_error_log)
        return RUN_STATUS_FAILED;
    if (signs->has_plan_file && signs->has_branch_name && signs->adw_directories >= COMPLETE_DIRECTORIES)
        return RUN_STATUS_COMPLETED;
    if (signs->adw_directories == 1 && !signs->has_plan_file)
        return RUN_STATUS_FAILED;
    return signs->written != RUN_STATUS_UNKNOWN ? signs->written : RUN_STATUS_RUNNING;
}
