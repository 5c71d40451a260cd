#include "tests/receiver/delivery.h"

#include <string.h>

enum verb delivery_verb(const char *word)
{
    for (int verb = VERB_DELETE; verb < VERB_COUNT; verb++)
        if (strcmp(verb_name((enum verb)verb), word) == 0)
            return (enum verb)verb;
    return VERB_NOTHING;
}
