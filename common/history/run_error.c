#include "common/history/run_error.h"

#include <string.h>

static const char *const names[] = {
    [RUN_ERROR_SYNTAX] = "syntax_error", [RUN_ERROR_TIMEOUT] = "timeout", [RUN_ERROR_RATE_LIMIT] = "rate_limit",
    [RUN_ERROR_API_QUOTA] = "api_quota", [RUN_ERROR_NETWORK] = "network", [RUN_ERROR_VALIDATION] = "validation",
    [RUN_ERROR_TYPE] = "type_error",     [RUN_ERROR_UNKNOWN] = "unknown",
};

/* An overloaded server (HTTP 529) asks for the same patience as a rate limit. */
static const char *const keywords[RUN_ERROR_UNKNOWN][8] = {
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
    return names[type];
}

enum run_error_type run_error_of_text(const char *text)
{
    if (text == NULL)
        return RUN_ERROR_UNKNOWN;
    for (int type = 0; type < RUN_ERROR_UNKNOWN; type++)
        for (const char *const *word = keywords[type]; *word != NULL; word++)
            if (strcasestr(text, *word) != NULL)
                return (enum run_error_type)type;
    return RUN_ERROR_UNKNOWN;
}
