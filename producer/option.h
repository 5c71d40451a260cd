/*
 * What may stand after a command's name: words, and the options that the command takes. An option means the same for
 * every command that takes it, so each is described once. Pure: nothing here touches a store.
 */
#ifndef REPRISE_PRODUCER_OPTION_H
#define REPRISE_PRODUCER_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

enum option_id {
    OPTION_JSON,
    OPTION_HELP,
    OPTION_YES,
    OPTION_DRY_RUN,
    OPTION_NO_WAIT,
    OPTION_WATCH,
    OPTION_OPERATION_ID,
    OPTION_FAILED,
    OPTION_STATE,
    OPTION_SCHEDULED,
    OPTION_LIMIT,
    OPTION_CURSOR,
    OPTION_EMAIL,
    OPTION_WEBSITE,
    OPTION_DESCRIPTION,
    OPTION_KEY_STDIN,
    OPTION_APP_ID,
    OPTION_BRANCH,
    OPTION_TOKEN_STDIN,
    OPTION_STATUS,
    OPTION_FROM,
    OPTION_TO,
    OPTION_BATCH_SIZE,
    OPTION_FORCE,
    OPTION_SILENT,
    OPTION_DIRECTORY,
    OPTION_OFFSET,
    OPTION_MODEL,
    OPTION_TEMPLATE,
    OPTION_SEARCH,
    OPTION_SORT_BY,
    OPTION_SORT_ORDER,
    OPTION_MAX_COST,
    OPTION_MIN_TOKENS,
    OPTION_DAYS,
    OPTION_GROUP_BY,
    OPTION_REPAIR,
    OPTION_DEEP,
    OPTION_COUNT
};

/* A set of options. */
#define OPTION(id) (UINT64_C(1) << (id))

struct option {
    const char *name;  /* "--limit" */
    const char *value; /* what its value is called in help: "N"; NULL = it takes none */
    const char *help;  /* one line */
};
extern const struct option options[OPTION_COUNT];

/* What was given. Texts are borrowed from argv. */
struct arguments {
    const char *values[OPTION_COUNT]; /* NULL = not given; "" of an option without a value */
    char **words;
    int word_count;
};

/* Reads `count` entries of `argv`, after the command's name; words are moved to its front. ERR_USAGE names what is
 * wrong: an option that is not in `allowed`, given twice, or lacks its value. "--" ends options. */
MUST_CHECK enum err option_parse(uint64_t allowed, int count, char **argv, struct arguments *arguments,
                                 struct err_info *error);

static inline bool option_given(const struct arguments *arguments, enum option_id id)
{
    return arguments->values[id] != NULL;
}

#endif
