#include "common/history/recommendations.h"

#include <stdbool.h>
#include <string.h>

#include "common/base/json.h"

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
