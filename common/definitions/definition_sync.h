/*
 * A re-sync: brings the files of the definitions and the database together, in one transaction, and tells what changed.
 * The commit is the swap, for all hosts at once. Two at the same time take turns: the second finds nothing to do. The
 * files are those of the machine that this runs on.
 */
#ifndef REPRISE_DEFINITIONS_DEFINITION_SYNC_H
#define REPRISE_DEFINITIONS_DEFINITION_SYNC_H

#include <json-c/json_object.h>

#include "common/definitions/definition_set.h"
#include "common/queue/dispatch.h"
#include "common/store/pg.h"

/*
 * What a re-sync finds: the picture of the database before it, against the files as they were loaded. Pure: it decides,
 * definition_sync.c writes. Each definition of either side gets one class, by content. docs/domain/definitions.md,
 * "Re-sync".
 */

enum definition_sync_class {
    DEFINITION_SYNC_NEW,         /* its first good version */
    DEFINITION_SYNC_UPDATED,     /* its content differs from the version in force */
    DEFINITION_SYNC_UNCHANGED,   /* it does not; the file may have moved, or have been mended */
    DEFINITION_SYNC_REACTIVATED, /* its file had vanished and is back */
    DEFINITION_SYNC_ARCHIVED,    /* its file is gone */
    DEFINITION_SYNC_ERROR,       /* its file, or its whole directory, cannot be used */
    DEFINITION_SYNC_CLASSES
};

/* A row of workflow_definitions. Texts are borrowed. */
struct definition_sync_row {
    int64_t id;
    const char *project; /* NULL = global */
    const char *identifier, *name, *path;
    const char *host;       /* on which that path is; NULL = it is not known */
    const char *digest;     /* of the version in force; NULL = it was never good */
    const char *load_error; /* NULL = its file loads */
    int line, column;
    bool file_exists;
    bool archived_by_person; /* stays so, whatever its file does */
};

/* A directory: the global one, or a project's. */
struct definition_sync_source {
    const char *project; /* NULL = the global one */
    const char *name;    /* for people */
    const char *host;    /* on which it is */
    char *path;
    struct definition_set *set; /* NULL: it cannot be read; `error` says why, and its rows stay as they are */
    struct err_info error;
    bool is_strange; /* set by definition_sync_classify: it has, and had, none of the definitions that are known;
                        `error` says so, and nothing is archived for its sake */
};

enum definition_sync_write {
    DEFINITION_SYNC_KEEP,   /* nothing */
    DEFINITION_SYNC_PUT,    /* the file's content becomes the version in force */
    DEFINITION_SYNC_FAIL,   /* the error is noted, the version in force stays */
    DEFINITION_SYNC_GONE,   /* the file's absence is noted */
    DEFINITION_SYNC_FORGET, /* it was never good and its file is gone or has a name now: nothing to keep */
};

struct definition_sync_change {
    enum definition_sync_class class;
    enum definition_sync_write write;
    const struct definition_sync_source *source;
    const struct definition_sync_row *row;    /* NULL = there is none yet */
    const struct definition_file *file;       /* of a good file, else NULL */
    const struct definition_failure *failure; /* of a bad one, else NULL */
    const char *identifier;                   /* borrowed from one of these; NULL of a directory that is not read */
    char digest[SHA256_HEX + 1];              /* of a good file, else "" */
};

struct definition_sync_changes {
    struct definition_sync_change *list; /* by source, good files first, then bad ones, then what is gone */
    size_t count;
};

/* `rows` are sorted by project (global first), then identifier, by bytes. Everything given must outlive the answer. */
void definition_sync_classify(const struct definition_sync_row *rows, size_t row_count,
                              struct definition_sync_source *sources, size_t source_count,
                              struct definition_sync_changes *changes);
void definition_sync_changes_fini(struct definition_sync_changes *changes);

/* What a re-sync of the definitions says of itself: counts, and each definition that changed or has an error. */

struct definition_sync_entry {
    enum definition_sync_class class;
    char *id, *name;  /* id: "project/id" of a project's */
    char *path;       /* of an error, else NULL */
    int line, column; /* of an error; 0 = the file as a whole */
    char *error;      /* of an error, else NULL */
};

#define DEFINITION_SYNC_RELEASE_MAX 32

struct definition_sync_report {
    size_t counts[DEFINITION_SYNC_CLASSES];
    struct definition_sync_entry *entries; /* all but those unchanged */
    size_t count;
    size_t written;                            /* rows */
    char release[DEFINITION_SYNC_RELEASE_MAX]; /* of the program that read the files */
};

/* From what was found. The report holds copies; definition_sync_report_fini is owed. */
void definition_sync_report_make(const struct definition_sync_changes *changes, struct definition_sync_report *report);
void definition_sync_report_fini(struct definition_sync_report *report);

/* {"success":true,"release":…,"summary":{…},"workflows":{…}}, docs/domain/definitions.md; the caller's. */
struct json_object *definition_sync_report_json(const struct definition_sync_report *report);
/* Its "summary" alone; the caller's. */
struct json_object *definition_sync_summary_json(const struct definition_sync_report *report);
/* Logs one line for each error, and one with the counts. */
void definition_sync_report_log(const struct definition_sync_report *report);

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
