/*
 * Tables of words, and the rules that go by them: from what a file says to a status, a type of error, a phase. Nothing
 * here fails: what is not known is RUN_STATUS_UNKNOWN, RUN_ERROR_UNKNOWN, or a phase of its own name. Called by all
 * that reads or scores runs.
 */
#include "common/history/run_words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/mem.h"

/* ---- status ------------------------------------------------------------------------------------------------------ */

#define COMPLETE_DIRECTORIES 3

static const char *const status_names[] = {
    [RUN_STATUS_UNKNOWN] = "unknown",     [RUN_STATUS_PENDING] = "pending", [RUN_STATUS_RUNNING] = "running",
    [RUN_STATUS_COMPLETED] = "completed", [RUN_STATUS_FAILED] = "failed",
};

static const struct {
    const char *word;
    enum run_status status;
} status_words[] = {
    {"pending", RUN_STATUS_PENDING},     {"initialized", RUN_STATUS_PENDING}, {"running", RUN_STATUS_RUNNING},
    {"in_progress", RUN_STATUS_RUNNING}, {"completed", RUN_STATUS_COMPLETED}, {"success", RUN_STATUS_COMPLETED},
    {"done", RUN_STATUS_COMPLETED},      {"failed", RUN_STATUS_FAILED},       {"error", RUN_STATUS_FAILED},
};

const char *run_status_name(enum run_status status)
{
    return status_names[status];
}

enum run_status run_status_of_word(const char *word)
{
    for (size_t i = 0; word != NULL && i < sizeof status_words / sizeof *status_words; i++)
        if (strcasecmp(word, status_words[i].word) == 0)
            return status_words[i].status;
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

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static const char *const error_names[] = {
    [RUN_ERROR_SYNTAX] = "syntax_error", [RUN_ERROR_TIMEOUT] = "timeout", [RUN_ERROR_RATE_LIMIT] = "rate_limit",
    [RUN_ERROR_API_QUOTA] = "api_quota", [RUN_ERROR_NETWORK] = "network", [RUN_ERROR_VALIDATION] = "validation",
    [RUN_ERROR_TYPE] = "type_error",     [RUN_ERROR_UNKNOWN] = "unknown",
};

/* An overloaded server (HTTP 529) asks for the same patience as a rate limit. */
static const char *const error_keywords[RUN_ERROR_UNKNOWN][8] = {
    [RUN_ERROR_SYNTAX] = {"syntax_error", "syntaxerror", "syntax error", "indentationerror"},
    [RUN_ERROR_TIMEOUT] = {"timeout", "timed out", "time out", "deadline exceeded", "etimedout"},
    [RUN_ERROR_RATE_LIMIT] = {"rate_limit", "rate limit", "rate-limit", "ratelimit", "too many requests", "overloaded"},
    [RUN_ERROR_API_QUOTA] = {"api_quota", "quota", "credit balance", "usage limit", "insufficient_quota"},
    [RUN_ERROR_NETWORK] = {"network", "connection", "econn", "enotfound", "eai_again", "socket", "dns"},
    [RUN_ERROR_VALIDATION] = {"validation", "invalid_request", "schema"},
    [RUN_ERROR_TYPE] = {"type_error", "typeerror", "type error"},
};

const char *run_error_name(enum run_error_type type)
{
    return error_names[type];
}

enum run_error_type run_error_of_text(const char *text)
{
    if (text == NULL)
        return RUN_ERROR_UNKNOWN;
    for (int type = 0; type < RUN_ERROR_UNKNOWN; type++)
        for (const char *const *word = error_keywords[type]; *word != NULL; word++)
            if (strcasestr(text, *word) != NULL)
                return (enum run_error_type)type;
    return RUN_ERROR_UNKNOWN;
}

/* ---- phases ------------------------------------------------------------------------------------------------------ */

static const char *const phases[] = {"plan", "build", "test", "review", "document", "ship"};
#define PHASES ((int)(sizeof(phases) / sizeof(phases[0])))

char *phase_of_agent(const char *directory)
{
    char *name = mem_strdup(directory);
    for (char *c = name; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    for (int i = 0; i < PHASES; i++) {
        if (strstr(name, phases[i]) == NULL)
            continue;
        free(name);
        return mem_strdup(phases[i]);
    }
    return name;
}

static int rank_of(const char *phase)
{
    int rank = 0;
    while (rank < PHASES && strcmp(phase, phases[rank]) != 0)
        rank++;
    return rank;
}

int phase_order(const char *a, const char *b)
{
    int left = rank_of(a), right = rank_of(b);
    return left != right ? left - right : strcmp(a, b);
}
