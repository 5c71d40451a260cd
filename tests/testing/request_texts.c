#include "tests/testing/request_texts.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define WORDS_MIN 5
#define WORDS_MAX 200
#define VOCABULARY 4000
#define WORD_MAX 32
#define ONE_IN_CHANGED 10

/* In the order of their rank: function words, then what such requests are about. */
static const char *const common_words[] = {
    "the",       "to",         "a",         "and",       "of",         "in",         "for",        "is",
    "with",      "that",       "it",        "on",        "should",     "be",         "when",       "as",
    "from",      "add",        "this",      "not",       "are",        "by",         "if",         "we",
    "user",      "must",       "test",      "file",      "an",         "all",        "page",       "or",
    "data",      "so",         "each",      "error",     "api",        "can",        "update",     "new",
    "use",       "fix",        "make",      "tests",     "table",      "at",         "will",       "backend",
    "code",      "which",      "no",        "button",    "only",       "show",       "after",      "one",
    "have",      "component",  "query",     "frontend",  "has",        "workflow",   "value",      "then",
    "but",       "do",         "return",    "create",    "need",       "function",   "into",       "server",
    "list",      "cost",       "its",       "their",     "where",      "also",       "field",      "name",
    "database",  "more",       "like",      "request",   "history",    "current",    "change",     "type",
    "status",    "upload",     "column",    "import",    "export",     "csv",        "time",       "before",
    "run",       "ensure",     "phase",     "same",      "there",      "run",        "validate",   "handle",
    "response",  "model",      "filter",    "than",      "build",      "works",      "default",    "panel",
    "endpoint",  "existing",   "implement", "display",   "config",     "between",    "existing",   "large",
    "json",      "verify",     "without",   "single",    "sort",       "issue",      "missing",    "other",
    "template",  "loading",    "what",      "click",     "input",      "any",        "over",       "two",
    "cache",     "search",     "version",   "currently", "version",    "git",        "branch",     "path",
    "login",     "session",    "token",     "window",    "service",    "schema",     "pipeline",   "estimate",
    "generate",  "refactor",   "styles",    "dark",      "mode",       "header",     "keyboard",   "websocket",
    "duration",  "analytics",  "tooltip",   "sidebar",   "quickly",    "fuzzy",      "python",     "javascript",
    "migration", "typescript", "summary",   "expected",  "review",     "document",   "extract",    "maximum",
    "retry",     "timeout",    "queue",     "job",       "example",    "empty",      "unique",     "index",
    "key",       "zero",       "exactly",   "progress",  "accessible", "screenshot", "background", "job's",
    "pytest",    "vitest",     "eslint",    "sqlite",    "postgres",   "fetch",      "webhook",    "payload"};
#define COMMON_COUNT (sizeof(common_words) / sizeof(common_words[0]))

/* The long tail is made of these, in every combination that is asked for. */
static const char *const beginnings[] = {"work", "data", "time", "user", "file",  "key",  "pre",  "re",   "un", "over",
                                         "auto", "meta", "sub",  "type", "query", "code", "test", "back", "js", "max"};
static const char *const middles[] = {"flow",  "base",  "load", "view", "pars", "valid", "check",
                                      "sync",  "index", "map",  "form", "quer", "handl", "count",
                                      "limit", "group", "zon",  "box",  "vis",  "jobs"};
static const char *const ends[] = {"", "s", "ing", "ed", "er", "ation", "able", "_id", "-key", ".py", ".ts", "ment"};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct request_texts {
    uint64_t state;
    char words[VOCABULARY][WORD_MAX];
    double sums[VOCABULARY]; /* of 1/rank up to each word */
};

uint64_t request_texts_random(struct request_texts *texts)
{
    texts->state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = texts->state;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

size_t request_texts_pick(struct request_texts *texts, size_t limit)
{
    return (size_t)(request_texts_random(texts) % limit);
}

double request_texts_share(struct request_texts *texts)
{
    return (double)(request_texts_random(texts) >> 11) / (double)(UINT64_C(1) << 53);
}

struct request_texts *request_texts_new(uint64_t seed)
{
    struct request_texts *texts = mem_zalloc(sizeof(*texts));
    double sum = 0;
    for (size_t n = 0; n < VOCABULARY; n++) {
        size_t tail = n * 7919; /* a prime, so that neighbours in rank share no part */
        if (n < COMMON_COUNT)
            snprintf(texts->words[n], WORD_MAX, "%s", common_words[n]);
        else
            snprintf(texts->words[n], WORD_MAX, "%s%s%s", beginnings[tail % COUNT(beginnings)],
                     middles[tail / COUNT(beginnings) % COUNT(middles)],
                     ends[tail / COUNT(beginnings) / COUNT(middles) % COUNT(ends)]);
        sum += 1.0 / (double)(n + 1);
        texts->sums[n] = sum;
    }
    texts->state = seed;
    return texts;
}

void request_texts_drop(struct request_texts *texts)
{
    free(texts);
}

static const char *draw_word(struct request_texts *texts)
{
    double at = request_texts_share(texts) * texts->sums[VOCABULARY - 1];
    size_t from = 0, to = VOCABULARY - 1;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (texts->sums[middle] > at)
            to = middle;
        else
            from = middle + 1;
    }
    return texts->words[from];
}

/* One sentence in ten words or so, now and then an item of a list. */
static void add_gap(struct request_texts *texts, struct buf *out)
{
    static const char *const gaps[] = {". ", ", ", "\n- "};
    bool is_plain = request_texts_pick(texts, 8) != 0;
    buf_add_str(out, is_plain ? " " : gaps[request_texts_pick(texts, COUNT(gaps))]);
}

void request_texts_add_words(struct request_texts *texts, size_t words, struct buf *out)
{
    for (size_t n = 0; n < words; n++) {
        if (n > 0)
            add_gap(texts, out);
        if (request_texts_pick(texts, 60) == 0)
            buf_add_int(out, (int64_t)request_texts_pick(texts, 1000));
        else
            buf_add_str(out, draw_word(texts));
    }
}

void request_texts_add(struct request_texts *texts, struct buf *out)
{
    request_texts_add_words(texts, WORDS_MIN + request_texts_pick(texts, WORDS_MAX - WORDS_MIN + 1), out);
}

void request_texts_add_variant(struct request_texts *texts, const char *text, struct buf *out)
{
    while (*text != '\0') {
        size_t word = strcspn(text, " "), gap = strspn(text + word, " ");
        size_t change = request_texts_pick(texts, 3 * ONE_IN_CHANGED);
        if (change == 0)
            buf_add_str(out, draw_word(texts));
        if (change > 1)
            buf_add(out, text, word);
        if (change == 2)
            buf_addf(out, " %s", draw_word(texts));
        buf_add(out, text + word, gap);
        text += word + gap;
    }
}
