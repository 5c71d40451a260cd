/*
 * A re-sync: brings the files of the definitions and the database together, in one transaction, and tells what changed.
 * The commit is the swap, for all hosts at once. Two at the same time take turns: the second finds nothing to do. The
 * files are those of the machine that this runs on.
 */
#ifndef REPRISE_DEFINITIONS_DEFINITION_SYNC_H
#define REPRISE_DEFINITIONS_DEFINITION_SYNC_H

#include "common/definitions/definition_sync_report.h"
#include "common/queue/dispatch.h"
#include "common/store/pg.h"

/* Below a project's path. */
#define DEFINITION_SYNC_PROJECT_FOLDER ".agent/workflows/definitions"

/* What a release does that is older than the one which brought the definitions in force. */
enum definition_sync_older {
    DEFINITION_SYNC_OLDER_YIELDS, /* nothing: ERR_CONFLICT */
    DEFINITION_SYNC_OLDER_WINS,   /* its files count, and it is the release in force from then on: a person's word */
};

struct definition_sync {
    struct pg *pg;
    const struct dispatch *dispatch; /* for the event of the end; NULL, or `redis` NULL: none is sent */
    const struct definition_names *names;
    const char *directory; /* definitions.dir */
    const char *roots;     /* definitions.roots: colon separated; projects elsewhere are errors */
    const char *release;   /* of this program; NULL = as it was built */
    enum definition_sync_older older;
    int64_t turn_ms; /* how long to wait for another's to end (ERR_RETRY then); 0 = as long as the connection does */
};

/* Scans, classifies, writes, commits; then logs the counts and each error, and publishes. On success
 * definition_sync_report_fini is owed: bad files are no failure. ERR_CONFLICT: a newer release brought what is in
 * force; the text says which, from which host, and how to go back. ERR_UNREACHABLE, ERR_RETRY: nothing was written, or
 * (where the commit was cut) all of it; doing it again is harmless. */
MUST_CHECK enum err definition_sync(const struct definition_sync *sync, struct definition_sync_report *report,
                                    struct err_info *error);

/* True if no definition was ever loaded: a database that is new. */
MUST_CHECK enum err definition_sync_is_first(struct pg *pg, bool *first, struct err_info *error);

#endif
