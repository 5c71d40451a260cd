/*
 * A table of checks, each of which finds one kind of anomaly or nothing, and a table of advice by what was found. An
 * unknown number is never odd. Pure. Called by worker/run/score.c.
 */
#include "common/history/anomalies.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/json.h"

#define NUSD_PER_USD 1e9
#define TIMES_ODD 2.0
#define TIMES_GRAVE 3.0
#define RETRIES_ODD 3
#define RETRIES_GRAVE 5
#define CACHE_SHARE_LOW 0.2
#define CATEGORY_SHOWN 40

static void add(struct anomalies *found, struct anomaly anomaly, const char *format, ...) PRINTF_LIKE(3, 4);

static void add(struct anomalies *found, struct anomaly anomaly, const char *format, ...)
{
    assert(found->count < ANOMALIES_TYPE_COUNT);
    struct anomaly *added = &found->list[found->count++];
    va_list arguments;
    *added = anomaly;
    va_start(arguments, format);
    vsnprintf(added->message, sizeof(added->message), format, arguments);
    va_end(arguments);
}

/* An anomaly of `actual` against a mean, or false. */
static bool is_far_above(double actual, double mean, struct anomaly *anomaly)
{
    if (mean <= 0 || actual <= TIMES_ODD * mean)
        return false;
    anomaly->severity = actual > TIMES_GRAVE * mean ? ANOMALIES_HIGH : ANOMALIES_MEDIUM;
    anomaly->actual = actual;
    anomaly->expected = mean;
    anomaly->threshold = TIMES_ODD * mean;
    return true;
}

static void look_at_cost(const struct anomalies_run *run, const struct anomalies_peers *peers, struct anomalies *found)
{
    struct anomaly anomaly = {.type = ANOMALIES_COST};
    double actual = (double)run->cost_nusd / NUSD_PER_USD, mean = peers->mean_cost_nusd / NUSD_PER_USD;
    if (peers->runs >= ANOMALIES_PEERS_MIN && is_far_above(actual, mean, &anomaly))
        add(found, anomaly, "Cost of $%.4f is %.1f times the mean of its template ($%.4f)", actual, actual / mean,
            mean);
}

static void look_at_duration(const struct anomalies_run *run, const struct anomalies_peers *peers,
                             struct anomalies *found)
{
    struct anomaly anomaly = {.type = ANOMALIES_DURATION};
    double actual = run->duration_s, mean = peers->mean_duration_s;
    if (peers->runs >= ANOMALIES_PEERS_MIN && is_far_above(actual, mean, &anomaly))
        add(found, anomaly, "Duration of %.0f s is %.1f times the mean of its template (%.0f s)", actual, actual / mean,
            mean);
}

static void look_at_retries(const struct anomalies_run *run, struct anomalies *found)
{
    if (run->retries < RETRIES_ODD)
        return;
    add(found,
        (struct anomaly){.type = ANOMALIES_RETRIES,
                         .severity = run->retries >= RETRIES_GRAVE ? ANOMALIES_HIGH : ANOMALIES_MEDIUM,
                         .actual = (double)run->retries,
                         .threshold = RETRIES_ODD},
        "%" PRId64 " retries", run->retries);
}

static void look_at_cache(const struct anomalies_run *run, struct anomalies *found)
{
    if (run->cache_read_tokens < 0 || run->input_tokens <= 0)
        return;
    double share = (double)run->cache_read_tokens / (double)run->input_tokens;
    if (share < CACHE_SHARE_LOW)
        add(found,
            (struct anomaly){.type = ANOMALIES_CACHE,
                             .severity = ANOMALIES_LOW,
                             .actual = share,
                             .expected = CACHE_SHARE_LOW,
                             .threshold = CACHE_SHARE_LOW},
            "Only %.0f %% of the input came from the cache", 100 * share);
}

static void look_at_error(const struct anomalies_run *run, struct anomalies *found)
{
    static const char *const grave[] = {"syntax", "runtime", "system", "fatal"};
    for (size_t i = 0; run->error_category != NULL && i < sizeof(grave) / sizeof(grave[0]); i++) {
        if (strcasestr(run->error_category, grave[i]) == NULL)
            continue;
        add(found, (struct anomaly){.type = ANOMALIES_ERROR, .severity = ANOMALIES_HIGH, .actual = 1},
            "Error of the category %.*s", CATEGORY_SHOWN, run->error_category);
        return;
    }
}

void anomalies_find(const struct anomalies_run *run, const struct anomalies_peers *peers, struct anomalies *found)
{
    found->count = 0;
    look_at_cost(run, peers, found);
    look_at_duration(run, peers, found);
    look_at_retries(run, found);
    look_at_cache(run, found);
    look_at_error(run, found);
}

static const char *type_name(enum anomalies_type type)
{
    static const char *const names[] = {"cost", "duration", "retries", "cache", "error"};
    return names[type];
}

static const char *severity_name(enum anomalies_severity severity)
{
    static const char *const names[] = {"low", "medium", "high"};
    return names[severity];
}

void anomalies_add_json(const struct anomalies *found, struct buf *out)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < found->count; i++) {
        const struct anomaly *anomaly = &found->list[i];
        buf_addf(out, "%s{\"type\":\"%s\",\"severity\":\"%s\",\"message\":", i > 0 ? "," : "", type_name(anomaly->type),
                 severity_name(anomaly->severity));
        json_add_string(out, anomaly->message, strlen(anomaly->message));
        buf_addf(out, ",\"actual\":%.9g,\"expected\":%.9g,\"threshold\":%.9g}", anomaly->actual, anomaly->expected,
                 anomaly->threshold);
    }
    buf_add_char(out, ']');
}

/* ---- recommendations --------------------------------------------------------------------------------------------- */

#define WORDS_BRIEF 20
#define ERRORS_MANY 2

static bool wants_larger_model(const struct recommendations_run *run)
{
    return run->complexity == SCORES_COMPLEX && run->model == SCORES_HAIKU && run->errors > ERRORS_MANY;
}

static bool has_brief_input(const struct recommendations_run *run)
{
    return run->words >= 0 && run->words < WORDS_BRIEF;
}

static bool has_anomaly(const struct anomalies *anomalies, enum anomalies_type type)
{
    for (size_t i = 0; i < anomalies->count; i++)
        if (anomalies->list[i].type == type)
            return true;
    return false;
}

/* In the order of their kinds. A row asks for an anomaly, or has a condition of its own. */
static const struct {
    bool (*applies)(const struct recommendations_run *run);
    enum anomalies_type anomaly;
    const char *line;
} advice[] = {
    {wants_larger_model, 0, "Model: use a larger model; this run was complex and the small one made several errors"},
    {NULL, ANOMALIES_COST, "Cost: far above that of similar runs; see which phase it went to, and narrow the task"},
    {NULL, ANOMALIES_ERROR, "Errors: it ended in an error of a grave kind; mend its cause before running it again"},
    {NULL, ANOMALIES_CACHE, "Cache: little of the input was cached; keep prompts and file order the same between runs"},
    {has_brief_input, 0, "Input: describe the task in more words; goals, files and how to check the result help"},
    {NULL, ANOMALIES_DURATION, "Time: far longer than similar runs; split the task, or look for a phase that waits"},
    {NULL, ANOMALIES_RETRIES, "Performance: several retries; find out why the first tries failed"},
};

void recommendations_find(const struct recommendations_run *run, struct recommendations *found)
{
    found->count = 0;
    for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]) && found->count < RECOMMENDATIONS_MAX; i++) {
        bool applies =
            advice[i].applies != NULL ? advice[i].applies(run) : has_anomaly(run->anomalies, advice[i].anomaly);
        if (applies)
            found->lines[found->count++] = advice[i].line;
    }
    if (found->count == 0)
        found->lines[found->count++] = "All is well: nothing about this run calls for a change";
}

void recommendations_add_json(const struct recommendations *found, struct buf *out)
{
    for (size_t i = 0; i < found->count; i++) {
        buf_add_char(out, i > 0 ? ',' : '[');
        json_add_string(out, found->lines[i], strlen(found->lines[i]));
    }
    buf_add_char(out, ']');
}
