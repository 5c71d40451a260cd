/*
 * All definitions of a directory: its files *.yaml, *.yml and *.json, in the order of their paths. One bad file stops
 * nobody: it stands among the errors, the others are there. Symbolic links are followed only within the directory.
 */
#ifndef REPRISE_QUEUE_DEFINITION_SET_H
#define REPRISE_QUEUE_DEFINITION_SET_H

#include "common/queue/definition.h"

#define DEFINITION_SET_MAX 1000 /* files of one directory */

struct definition_file {
    char *path; /* the directory as it was given, a slash, the file's name */
    struct definition *definition;
};

struct definition_failure {
    char *path;
    int line, column; /* 0 = concerns the file as a whole */
    char *text;
};

struct definition_set {
    struct definition_file *files; /* sorted by path; no id twice */
    size_t count;
    struct definition_failure *failures; /* sorted by path */
    size_t failure_count;
};

/* Loads a directory. One that does not exist has no definitions; one that cannot be read is ERR_PERMANENT. Two files
 * with one id: the later one is a failure. On success `*out` is the caller's (definition_set_drop). */
MUST_CHECK enum err definition_set_load(const char *directory, const struct definition_names *names,
                                        struct definition_set **out, struct err_info *error);
void definition_set_drop(struct definition_set *set);

/* Borrowed; NULL if no file has that id. */
const struct definition *definition_set_find(const struct definition_set *set, const char *id);

#endif
