/*
 * Which signature a request has, by tables of words that are tried in order, and how sure a pattern is. The tables are
 * data of the history: a change of one gives stored runs another signature. Pure. Called by the patterns phase of a
 * sync and for the columns of a run.
 */
#include "common/history/patterns.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/history/lower.h"

#define WORDS_MAX 10

/* The first word that the text has decides; each list ends with NULL. */
struct choice {
    const char *name;
    const char *words[WORDS_MAX];
};

struct category {
    const char *name;
    const char *needs[WORDS_MAX]; /* at least one; an empty list asks for nothing */
    struct choice subcategories[6];
    const char *otherwise; /* the subcategory where `own` stands alone; NULL: then it is not of this category */
    const char *own[WORDS_MAX];
    const char *target; /* NULL: as the text says */
};

static const struct category categories[] = {
    {.name = "test",
     .subcategories = {{"pytest", {"pytest"}}, {"vitest", {"vitest"}}, {"jest", {"jest"}}, {"mocha", {"mocha"}}},
     .otherwise = "generic",
     .own = {"test", "tests", "testing"}},
    {.name = "build",
     .subcategories = {{"typecheck", {"typecheck", "typechecks"}},
                       {"compile", {"compile", "compiles"}},
                       {"bundle", {"bundle", "bundles"}}},
     .otherwise = "build",
     .own = {"build", "builds"}},
    {.name = "format",
     .subcategories = {{"prettier", {"prettier"}}, {"black", {"black"}}, {"eslint", {"eslint"}}, {"ruff", {"ruff"}}},
     .otherwise = "generic",
     .own = {"format", "formats", "formatting"},
     .target = "all"},
    {.name = "git",
     .needs = {"git"},
     .subcategories = {{"diff", {"diff"}}, {"status", {"status"}}, {"log", {"log"}}},
     .target = "summary"},
    {.name = "deps",
     .needs = {"update", "updates", "upgrade", "install", "deps", "dependency", "dependencies", "package", "packages"},
     .subcategories = {{"npm", {"npm"}}, {"pip", {"pip"}}, {"bun", {"bun"}}, {"yarn", {"yarn"}}},
     .target = "update"},
    {.name = "docs", .otherwise = "generate", .own = {"docs", "documentation"}, .target = "all"},
};

static const struct choice targets[] = {
    {"both", {"both"}},
    {"all", {"all"}},
    {"backend", {"backend", "server", "api"}},
    {"frontend", {"frontend", "client", "ui"}},
};

struct text {
    const char *bytes;
    size_t len;
};

static bool has_one_of(const struct text *text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (words_have(text->bytes, text->len, *words))
            return true;
    return false;
}

static const char *first_choice(const struct text *text, const struct choice *choices, size_t count)
{
    for (size_t i = 0; i < count && choices[i].name != NULL; i++)
        if (has_one_of(text, choices[i].words))
            return choices[i].name;
    return NULL;
}

static const char *subcategory_of(const struct text *text, const struct category *category)
{
    if (category->needs[0] != NULL && !has_one_of(text, category->needs))
        return NULL;
    const char *named = first_choice(text, category->subcategories,
                                     sizeof(category->subcategories) / sizeof(category->subcategories[0]));
    return named == NULL && has_one_of(text, category->own) ? category->otherwise : named;
}

static const char *target_of(const struct text *text, const struct category *category)
{
    if (category->target != NULL)
        return category->target;
    const char *named = first_choice(text, targets, sizeof(targets) / sizeof(targets[0]));
    return named != NULL ? named : "all";
}

static bool sign(const struct text *text, char out[PATTERNS_SIGNATURE_MAX])
{
    for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++) {
        const char *subcategory = subcategory_of(text, &categories[i]);
        if (subcategory == NULL)
            continue;
        snprintf(out, PATTERNS_SIGNATURE_MAX, "%s:%s:%s", categories[i].name, subcategory,
                 target_of(text, &categories[i]));
        return true;
    }
    return false;
}

bool patterns_signature(const char *text, size_t len, char out[PATTERNS_SIGNATURE_MAX])
{
    if (text == NULL)
        return false;
    struct text lower;
    char *bytes = lower_utf8(text, len, &lower.len);
    lower.bytes = bytes;
    bool is_signed = sign(&lower, out);
    free(bytes);
    return is_signed;
}

/* ---- confidence -------------------------------------------------------------------------------------------------- */

static int points_of_frequency(int64_t occurrences)
{
    return occurrences >= 10 ? 40 : occurrences >= 5 ? 30 : occurrences >= 3 ? 20 : 10;
}

static int points_of_consistency(int64_t durations, double variance)
{
    if (durations < 2)
        return 15;
    return variance < 100 ? 30 : variance < 1000 ? 20 : 10;
}

static int points_of_success(double errors, double retries)
{
    if (errors < 0 || errors >= 3)
        return 5;
    if (retries < 0)
        return 10;
    if (errors <= 0 && retries <= 0)
        return 30;
    return errors < 1 && retries < 2 ? 20 : 10;
}

int patterns_confidence(const struct patterns_evidence *evidence)
{
    return points_of_frequency(evidence->occurrences) +
           points_of_consistency(evidence->durations, evidence->duration_variance) +
           points_of_success(evidence->mean_errors, evidence->mean_retries);
}
