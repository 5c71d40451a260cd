/*
 * The scores of a run (scoring_version 1.0), each 0 to 100: how clear its request was, how its cost, its time and its
 * errors compare. A score whose input is unknown is itself unknown, and NULL in the table: a good mark for what was not
 * measured would be a lie. Rules: docs/domain/history.md, "Scores".
 */
#ifndef REPRISE_HISTORY_SCORES_H
#define REPRISE_HISTORY_SCORES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCORES_VERSION "1.0"

/* In every number that goes in or comes out: not known. Any negative value is read so. */
#define SCORES_UNKNOWN (-1)

/* What a run of the table's "performance" is held against in a sync. */
#define SCORES_BASELINE_S 180.0

enum scores_complexity {
    SCORES_COMPLEXITY_UNKNOWN,
    SCORES_SIMPLE,
    SCORES_MEDIUM,
    SCORES_COMPLEX,
};

enum scores_model {
    SCORES_MODEL_UNKNOWN, /* no model is named */
    SCORES_HAIKU,
    SCORES_SONNET,
    SCORES_OPUS,
    SCORES_MODEL_OTHER,
};

struct scores_cost {
    int64_t actual_nusd, estimated_nusd;     /* no estimate (0 or unknown) gives the score 0 */
    int64_t cache_read_tokens, input_tokens; /* input: all of it, cache reads included; 0 means a share of 0 */
    int64_t retries;
    enum scores_complexity complexity;
    enum scores_model model;
};

struct scores_time {
    double duration_s;
    double baseline_s;      /* SCORES_BASELINE_S, or the mean of similar runs; not above 0: SCORES_BASELINE_S */
    double longest_phase_s; /* 0: no phase took any time */
    double idle_share;      /* 1 - sum of the phases / duration; below 0 (phases overlap) is written as 0 */
};

struct scores_errors {
    int64_t errors, retries;
    const char *const *types; /* borrowed; `type_count` texts such as "syntax_error" */
    size_t type_count;
    bool pr_merged, ci_passed; /* false also where it is unknown: that only withholds a bonus */
};

/* `text` is nl_input, UTF-8, not necessarily NUL-terminated; NULL = unknown, "" scores 0. */
double scores_clarity(const char *text, size_t len);
double scores_cost_efficiency(const struct scores_cost *cost);
double scores_performance(const struct scores_time *time);
double scores_quality(const struct scores_errors *errors);

/* `words` as words_count() gives them. What is known may suffice: one large number makes a run complex. */
enum scores_complexity scores_complexity(int64_t words, double duration_s, int64_t errors);
/* "simple", "medium", "complex"; NULL if unknown, as the column wants it. */
const char *scores_complexity_name(enum scores_complexity complexity);
/* By the words haiku, sonnet, opus within the name, in any case; NULL and "" are unknown. */
enum scores_model scores_model(const char *name);

#endif
