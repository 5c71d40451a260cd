#include "common/deliveries/compare.h"

#include <stdbool.h>
#include <string.h>

enum place { NOWHERE, ONLY_TREE, ONLY_RECORD, BOTH_EQUAL, BOTH_DIFFER, PLACES };

/* With a foreign intent every path is sent whatever its sha: the app may hold what was sent, or what was recorded, and
 * recording what it now answers is what makes record and app equal again. */
static const struct compare_decision decisions[PLACES][2] = {
    [NOWHERE] = {{VERB_NOTHING, "neither in the tree nor at the app"},
                 {VERB_DELETE, "not in the tree, but an attempt that was cut off may have sent it"}},
    [ONLY_TREE] = {{VERB_CREATE, "new in the tree"},
                   {VERB_CREATE, "in the tree, and whether the app has it is not known: an attempt was cut off"}},
    [ONLY_RECORD] = {{VERB_DELETE, "no longer in the tree"},
                     {VERB_DELETE, "no longer in the tree; whether the app was told is not known"}},
    [BOTH_EQUAL] = {{VERB_NOTHING, "unchanged"},
                    {VERB_UPDATE, "unchanged, but an attempt that was cut off may have sent something else"}},
    [BOTH_DIFFER] = {{VERB_UPDATE, "changed"},
                     {VERB_UPDATE, "changed; what the app has is not known: an attempt was cut off"}},
};

static bool equal(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static enum place place_of(const struct compare_path *path)
{
    bool in_tree = path->tree_blob != NULL, recorded = path->recorded_sha != NULL;
    if (!in_tree || !recorded)
        return in_tree ? ONLY_TREE : recorded ? ONLY_RECORD : NOWHERE;
    bool same = equal(path->tree_blob, path->recorded_blob) || equal(path->tree_sha, path->recorded_sha);
    return same ? BOTH_EQUAL : BOTH_DIFFER;
}

struct compare_decision compare_decide(const struct compare_path *path)
{
    return decisions[place_of(path)][path->intent == COMPARE_FOREIGN_INTENT];
}
