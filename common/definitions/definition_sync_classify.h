/*
 * What a re-sync finds: the picture of the database before it, against the files as they were loaded. Pure: it decides,
 * resync.c writes. Each definition of either side gets one class, by content. docs/domain/definitions.md, "Re-sync".
 */
#ifndef REPRISE_DEFINITIONS_DEFINITION_SYNC_CLASSIFY_H
#define REPRISE_DEFINITIONS_DEFINITION_SYNC_CLASSIFY_H

#include "common/definitions/definition_set.h"

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

#endif
