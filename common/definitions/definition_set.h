/*
 * All definitions of a directory, in the order of their paths. One bad file does not stop the others: it is listed
 * among the failures. Everything is opened relative to a directory that is trusted, and no link leads out of it.
 */
#ifndef REPRISE_DEFINITIONS_DEFINITION_SET_H
#define REPRISE_DEFINITIONS_DEFINITION_SET_H

#include "common/definitions/definition.h"

#define DEFINITION_DIR_FILES 5000     /* of one directory with all below it */
#define DEFINITION_DIR_ENTRIES 100000 /* the same, whatever they are */
#define DEFINITION_DIR_DEPTH 16       /* directories in one another */

enum definition_dir_reach {
    DEFINITION_DIR_FLAT, /* the directory's own files */
    DEFINITION_DIR_DEEP, /* and those of all directories below it */
};

struct definition_file {
    char *path;       /* the directory as it was given, a slash, the file's name */
    const char *name; /* the part of it below the directory */
    struct definition *definition;
};

struct definition_failure {
    char *path;
    const char *name;
    char *id;         /* that the file claims to have; NULL where it cannot be told */
    int line, column; /* 0 = concerns the file as a whole */
    char *text;
};

struct definition_set {
    struct definition_file *files; /* sorted by path; no id twice */
    size_t count;
    struct definition_failure *failures; /* sorted by path */
    size_t failure_count;
};

/* Where definitions are, and how far to look. */
struct definition_place {
    const char *root;  /* trusted */
    const char *below; /* the directory's path from it; "" = the root itself */
    enum definition_dir_reach reach;
};

/* Loads a directory. One that does not exist has no definitions; one that cannot be read is ERR_PERMANENT. Two files
 * with one id: the later one is a failure. On success `*out` is the caller's (definition_set_drop). */
MUST_CHECK enum err definition_set_load(const struct definition_place *place, const struct definition_names *names,
                                        struct definition_set **out, struct err_info *error);
/* A file that was loaded cannot be used after all: it becomes a failure with that error. */
void definition_set_refuse(struct definition_set *set, size_t file, const struct err_info *why);
void definition_set_drop(struct definition_set *set);

/* Borrowed; NULL if no file has that id. */
const struct definition *definition_set_find(const struct definition_set *set, const char *id);

#endif
