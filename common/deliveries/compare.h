/*
 * What one path needs, from where it stands: in the tree that was fetched, in the record of what the app holds, and
 * whether another attempt announced to send it and never recorded an answer, so that nobody knows what the app holds.
 */
#ifndef REPRISE_DELIVERIES_COMPARE_H
#define REPRISE_DELIVERIES_COMPARE_H

#include "common/deliveries/verb.h"

enum compare_intent { COMPARE_NO_INTENT, COMPARE_FOREIGN_INTENT };

/* All borrowed; NULL = none. */
struct compare_path {
    const char *tree_blob;
    const char *tree_sha; /* NULL also while the blob has not been read */
    const char *recorded_blob;
    const char *recorded_sha; /* never NULL if it is recorded */
    enum compare_intent intent;
};

struct compare_decision {
    enum verb verb;     /* VERB_NOTHING, VERB_DELETE, VERB_CREATE or VERB_UPDATE */
    const char *reason; /* static, for people: dry runs and logs */
};

/* Equal blob ids are equal contents and need no reading. Where they differ, this says VERB_UPDATE; ask again with
 * tree_sha once the blob is read: two blob ids may hold the same bytes (another hash in the repository). */
struct compare_decision compare_decide(const struct compare_path *path);

#endif
