#include "common/deliveries/verb.h"

#include <assert.h>
#include <string.h>

static const char *const names[VERB_COUNT] = {"nothing", "delete", "create", "update", "sync_failed"};

const char *verb_name(enum verb verb)
{
    assert(verb >= 0 && verb < VERB_COUNT);
    return names[verb];
}

enum verb verb_read(const char *name)
{
    for (int i = VERB_NOTHING + 1; i < VERB_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return (enum verb)i;
    return VERB_NOTHING;
}
