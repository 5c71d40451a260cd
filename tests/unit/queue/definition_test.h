/* What the tests of definitions share: a small one, and the names it may use. */
#ifndef REPRISE_TESTS_DEFINITION_TEST_H
#define REPRISE_TESTS_DEFINITION_TEST_H

#include "common/queue/definition.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "tests/testing/testing.h"

#define SMALL "id: a\nname: A\nphases: [{id: p, job: noop, over: numbers}]\n"

static inline bool job_exists(const char *job, void *context)
{
    (void)context;
    return !strcmp(job, "noop") || !strcmp(job, "resync");
}

static inline bool selection_exists(const char *job, const char *selection, void *context)
{
    (void)context;
    return !strcmp(job, "noop") ? !strcmp(selection, "numbers") : !strcmp(selection, "links-of-app");
}

static const struct definition_names names = {job_exists, selection_exists, NULL};

static inline struct definition *parse(const char *text)
{
    struct definition *definition;
    struct err_info error = {.code = ERR_OK};

    if (definition_parse(text, strlen(text), &names, &definition, &error))
        fail_msg("%s: %s", text, error.text);
    return definition;
}

#endif
