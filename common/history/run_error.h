/*
 * The types of errors, told by keywords in their texts. Their names are those that the quality score, the anomalies
 * and the column error_category use.
 */
#ifndef REPRISE_HISTORY_RUN_ERROR_H
#define REPRISE_HISTORY_RUN_ERROR_H

#include <stddef.h>

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

#endif
