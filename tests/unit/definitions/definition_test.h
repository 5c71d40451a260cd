/* What the tests of definitions share: a small one, and the names it may use. */
#ifndef REPRISE_TESTS_DEFINITIONS_DEFINITION_TEST_H
#define REPRISE_TESTS_DEFINITIONS_DEFINITION_TEST_H

#include "common/definitions/definition.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "tests/testing/testing.h"

#define SMALL "id: a\nname: A\nphases: [{id: p, job: noop, over: numbers}]\n"

static inline const char *job_name(size_t index, void *context)
{
    static const char *const jobs[] = {"noop", "resync", NULL};
    (void)context;
    return jobs[index];
}

static inline const char *selection_name(const char *job, size_t index, void *context)
{
    static const char *const of_noop[] = {"numbers", NULL}, *const of_resync[] = {"link", "links-of-app", NULL};
    (void)context;
    return strcmp(job, "noop") == 0 ? of_noop[index] : of_resync[index];
}

static const struct definition_names names = {job_name, selection_name, NULL};

static inline struct definition *parse(const char *text)
{
    struct definition *definition;
    struct err_info error = {.code = ERR_OK};

    if (definition_parse(text, strlen(text), &names, &definition, &error))
        fail_msg("%s: %s", text, error.text);
    return definition;
}

#endif
