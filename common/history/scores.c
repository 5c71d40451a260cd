/*
 * The formulas of the scores, each from what its struct holds alone. They must stay as they are for one
 * scoring_version: stored scores are compared with fresh ones. Pure. Called by worker/run/score.c and for the columns
 * of a run.
 */
#include "common/history/scores.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/history/lower.h"

#define CLARITY_BONUS 2.0
#define CLARITY_BONUS_MAX 10.0

static double clamp(double score)
{
    return score < 0 ? 0 : score > 100 ? 100 : score;
}

/* ---- clarity ----------------------------------------------------------------------------------------------------- */

/* What a request that was thought about tends to hold: a list, an obligation, an order, a proof. */
static const char *const marks[] = {"-",       "\u2022", "*",    "1.",    "2.",    "3.",   "must",     "should",
                                    "require", "need",   "step", "phase", "stage", "test", "validate", "verify"};

static double clarity_of_length(double words)
{
    if (words < 10)
        return 10;
    if (words < 50)
        return 20 + (words - 10) * 0.75;
    if (words < 100)
        return 50 + (words - 50) * 0.6;
    if (words <= 200)
        return 80 + (words - 100) * 0.1;
    if (words <= 500)
        return 70 - (words - 200) / 15;
    double score = 50 - (words - 500) * 0.02;
    return score > 30 ? score : 30;
}

static double clarity_bonus(const char *text, size_t len)
{
    size_t lower_len;
    char *lower = lower_utf8(text, len, &lower_len);
    double bonus = 0;
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (memmem(lower, lower_len, marks[i], strlen(marks[i])) != NULL)
            bonus += CLARITY_BONUS;
    free(lower);
    return bonus < CLARITY_BONUS_MAX ? bonus : CLARITY_BONUS_MAX;
}

double scores_clarity(const char *text, size_t len)
{
    if (text == NULL)
        return SCORES_UNKNOWN;
    size_t words = words_count(text, len);
    if (words == 0)
        return 0;
    return clamp(clarity_of_length((double)words) + clarity_bonus(text, len));
}

/* ---- cost efficiency --------------------------------------------------------------------------------------------- */

static const struct {
    enum scores_complexity complexity;
    enum scores_model model;
    double points;
} model_points[] = {
    {SCORES_SIMPLE, SCORES_HAIKU, 10},
    {SCORES_COMPLEX, SCORES_SONNET, 10},
    {SCORES_SIMPLE, SCORES_SONNET, 5},
    {SCORES_COMPLEX, SCORES_HAIKU, 3},
};
#define POINTS_MEDIUM 8.0
#define POINTS_OTHER 5.0

/* SCORES_UNKNOWN if what decides is unknown. */
static double points_of_model(enum scores_complexity complexity, enum scores_model model)
{
    if (complexity == SCORES_MEDIUM)
        return POINTS_MEDIUM;
    if (complexity == SCORES_COMPLEXITY_UNKNOWN || model == SCORES_MODEL_UNKNOWN)
        return SCORES_UNKNOWN;
    for (size_t i = 0; i < sizeof(model_points) / sizeof(model_points[0]); i++)
        if (model_points[i].complexity == complexity && model_points[i].model == model)
            return model_points[i].points;
    return POINTS_OTHER;
}

static double cost_against_estimate(double ratio)
{
    if (ratio <= 0.8)
        return 60;
    if (ratio <= 1)
        return 50 + (1 - ratio) * 50;
    if (ratio <= 1.2)
        return 40 - (ratio - 1) * 50;
    double score = 40 - (ratio - 1.2) * 30;
    return score > 10 ? score : 10;
}

static double cache_bonus(int64_t cache_read, int64_t input)
{
    double share = input > 0 ? (double)cache_read / (double)input : 0;
    return share > 0.5 ? 10 : share > 0.3 ? 6 : share > 0.1 ? 3 : 0;
}

double scores_cost_efficiency(const struct scores_cost *cost)
{
    if (cost->estimated_nusd <= 0)
        return 0;
    double points = points_of_model(cost->complexity, cost->model);
    if (cost->actual_nusd < 0 || cost->cache_read_tokens < 0 || cost->input_tokens < 0 || cost->retries < 0 ||
        points < 0)
        return SCORES_UNKNOWN;
    double score = cost_against_estimate((double)cost->actual_nusd / (double)cost->estimated_nusd);
    score += cache_bonus(cost->cache_read_tokens, cost->input_tokens);
    score -= 10 * (double)cost->retries;
    return clamp(score * 0.9 + points);
}

/* ---- performance ------------------------------------------------------------------------------------------------- */

#define PHASE_SHARE_LONG 0.3
#define PHASE_PENALTY 10.0
#define IDLE_SHARE_LONG 0.2
#define IDLE_PENALTY_MAX 15.0

static double time_against_baseline(double ratio)
{
    if (ratio <= 0.5)
        return 95;
    if (ratio <= 0.75)
        return 85 + (0.75 - ratio) * 40;
    if (ratio <= 1)
        return 70 + (1 - ratio) * 60;
    if (ratio <= 1.5)
        return 50 + (1.5 - ratio) * 40;
    if (ratio <= 2)
        return 30 + (2 - ratio) * 40;
    double score = 30 - (ratio - 2) * 10;
    return score > 10 ? score : 10;
}

double scores_performance(const struct scores_time *time)
{
    if (time->duration_s < 0)
        return SCORES_UNKNOWN;
    if (time->duration_s <= 0)
        return 0;
    if (time->longest_phase_s < 0 || time->idle_share < 0)
        return SCORES_UNKNOWN;
    double baseline_s = time->baseline_s > 0 ? time->baseline_s : SCORES_BASELINE_S;
    double score = time_against_baseline(time->duration_s / baseline_s);
    if (time->longest_phase_s > PHASE_SHARE_LONG * time->duration_s)
        score -= PHASE_PENALTY;
    double idle_penalty = 30 * time->idle_share;
    if (time->idle_share > IDLE_SHARE_LONG)
        score -= idle_penalty < IDLE_PENALTY_MAX ? idle_penalty : IDLE_PENALTY_MAX;
    return clamp(score);
}

/* ---- quality ----------------------------------------------------------------------------------------------------- */

static const struct {
    const char *key;
    double penalty;
} error_penalties[] = {
    {"syntax_error", 10}, {"type_error", 10}, {"timeout", 8},    {"rate_limit", 8},
    {"api_quota", 5},     {"network", 5},     {"validation", 7},
};

static double penalty_of(const char *type)
{
    for (size_t i = 0; i < sizeof(error_penalties) / sizeof(error_penalties[0]); i++)
        if (strcasestr(type, error_penalties[i].key) != NULL)
            return error_penalties[i].penalty;
    return 0;
}

static double quality_of_counts(double errors, double retries)
{
    if (errors > 0)
        return 80 - 10 * errors > 40 ? 80 - 10 * errors : 40;
    return retries > 0 ? 90 - 5 * retries : 95;
}

double scores_quality(const struct scores_errors *errors)
{
    if (errors->errors < 0 || errors->retries < 0)
        return SCORES_UNKNOWN;
    double score = quality_of_counts((double)errors->errors, (double)errors->retries);
    score -= 5 * (double)errors->retries;
    for (size_t i = 0; i < errors->type_count; i++)
        score -= penalty_of(errors->types[i]);
    if (errors->pr_merged)
        score += 5;
    if (errors->ci_passed)
        score += 5;
    return clamp(score);
}

/* ---- complexity and model ---------------------------------------------------------------------------------------- */

enum scores_complexity scores_complexity(int64_t words, double duration_s, int64_t errors)
{
    if (words > 200 || duration_s > 1800 || errors > 5)
        return SCORES_COMPLEX;
    if (words < 0 || duration_s < 0 || errors < 0)
        return SCORES_COMPLEXITY_UNKNOWN;
    return words < 50 && duration_s < 300 && errors < 3 ? SCORES_SIMPLE : SCORES_MEDIUM;
}

const char *scores_complexity_name(enum scores_complexity complexity)
{
    static const char *const names[] = {NULL, "simple", "medium", "complex"};
    return names[complexity];
}

enum scores_model scores_model(const char *name)
{
    static const struct {
        const char *word;
        enum scores_model model;
    } words[] = {{"haiku", SCORES_HAIKU}, {"sonnet", SCORES_SONNET}, {"opus", SCORES_OPUS}};
    if (name == NULL || name[0] == '\0')
        return SCORES_MODEL_UNKNOWN;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcasestr(name, words[i].word) != NULL)
            return words[i].model;
    return SCORES_MODEL_OTHER;
}
