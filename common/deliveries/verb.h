/*
 * What is asked of a client app, and which of it one path needs, from where the path stands: in the tree that was
 * fetched, in the record of what the app holds, and among the unconfirmed paths: another attempt announced that it
 * would send something there and never recorded an answer, so what the app holds is not known.
 *
 * The order of the values is the order of delivery within a job: deleted, created, updated.
 */
#ifndef REPRISE_DELIVERIES_VERB_H
#define REPRISE_DELIVERIES_VERB_H

#include <stdbool.h>

enum verb { VERB_NOTHING, VERB_DELETE, VERB_CREATE, VERB_UPDATE, VERB_SYNC_FAILED, VERB_COUNT };

/* The word in `POST {base_url}/<word>`, in the tables and in every message: "create". "nothing" for VERB_NOTHING. */
const char *verb_name(enum verb verb);

/* One path. All borrowed; NULL = none. */
struct verb_path {
    const char *tree_blob;
    const char *tree_sha; /* NULL also while the blob has not been read */
    const char *recorded_blob;
    const char *recorded_sha; /* never NULL if it is recorded */
    bool is_unconfirmed;
};

/* VERB_NOTHING, VERB_DELETE, VERB_CREATE or VERB_UPDATE. Equal blob ids are equal contents and need no reading. Where
 * they differ this is VERB_UPDATE until the blob has been read: verb_is_needless then. */
enum verb verb_decide(const struct verb_path *path);
/* Whether an update turns out to need nothing now that `tree_sha` is known: two blob ids may hold the same bytes (a
 * repository that changed its hash). An unconfirmed path is sent all the same. */
bool verb_is_needless(const struct verb_path *path);

#endif
