/*
 * One line of an agent's stream: whether it is the result line, and what that tells about cost, tokens and errors.
 * Nothing is copied: slices point into the line. Numbers are read from their decimal text.
 */
#ifndef REPRISE_HISTORY_RESULT_LINE_H
#define REPRISE_HISTORY_RESULT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/json.h"
#include "common/base/money.h"
#include "common/history/prices.h"

/* A line with more models than this is refused as broken. */
#define RESULT_LINE_MODELS_MAX 32
#define RESULT_LINE_DEPTH_MAX 64
#define RESULT_LINE_ODD_BYTES 256

enum result_line_kind {
    RESULT_LINE_RESULT,
    RESULT_LINE_INIT,   /* with which each process begins what it appends to the stream */
    RESULT_LINE_OTHER,  /* of another type, known or not: the rest is not read */
    RESULT_LINE_BROKEN, /* no JSON, or cut off */
};

/* One entry of modelUsage. */
struct result_line_model {
    struct json_slice name;
    struct run_tokens tokens; /* see run_tokens_are_counts */
    int64_t cost_nusd;        /* costUSD; MONEY_UNKNOWN: absent or no amount */
};

struct result_line {
    int64_t total_cost_nusd; /* total_cost_usd; MONEY_UNKNOWN: absent or no amount */
    struct result_line_model models[RESULT_LINE_MODELS_MAX];
    size_t model_count;
    bool has_usage; /* `usage` is an object */
    struct run_tokens usage;
    int64_t duration_ms;               /* negative: unknown */
    int64_t hour_writes, short_writes; /* cache writes that are kept for an hour, and for five minutes, of `usage` */
    bool is_error;                     /* as written */
    struct json_slice subtype, text, errors; /* the members subtype and result; the first string in errors */
    struct json_slice session_id, uuid;      /* .bytes NULL: not told */
    bool is_result, is_system;               /* the type is "result", "system"; set of a broken line, too */
    bool mended;                             /* bytes that are no text stand in its strings */
    char odd[RESULT_LINE_ODD_BYTES];         /* names of members whose values are of no use, comma separated */
};

/* Reads one line (no newline at its end). `*out` is filled for a result line only, of an init
 * line the session. What Python writes beyond JSON is read (json_walk_be_lenient). For a broken one `error` says why,
 * with the column; `error` may be NULL. */
enum result_line_kind result_line_read(const char *bytes, size_t len, struct result_line *out, struct err_info *error);
/* The model that an init or an assistant line of a stream names, a slice of the line; false for any other line. The
 * CLI's own messages, model "<synthetic>", name none. */
bool result_line_model(const char *bytes, size_t len, struct json_slice *model);

/* is_error, or a subtype that begins with "error". */
bool result_line_has_error(const struct result_line *line);
/* What the keyword rules look at: the text and the subtype, the caller's to free. */
char *result_line_error_text(const struct result_line *line);
/* Sums over modelUsage if it is there, else `usage`; false if neither is, or one of them is no count. */
bool result_line_tokens(const struct result_line *line, struct run_tokens *out);

#endif
