/*
 * The files of a directory of definitions: their names, and their bytes. Everything is opened relative to a directory
 * that is trusted, and no link leads out of it.
 */
#ifndef REPRISE_DEFINITIONS_DEFINITION_DIR_H
#define REPRISE_DEFINITIONS_DEFINITION_DIR_H

#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/err.h"

#define DEFINITION_DIR_FILES 5000     /* of one directory with all below it */
#define DEFINITION_DIR_ENTRIES 100000 /* the same, whatever they are */
#define DEFINITION_DIR_DEPTH 16       /* directories in one another */

enum definition_dir_reach {
    DEFINITION_DIR_FLAT, /* the directory's own files */
    DEFINITION_DIR_DEEP, /* and those of all directories below it */
};

struct definition_dir {
    int fd;
    char *path; /* as it is shown */
};

/* `below` is the directory's path from `root`, which is trusted; "" = the root itself. ERR_NOT_FOUND: there is none;
 * ERR_PERMANENT: it cannot be read, or a link leads out of the root. On success definition_dir_fini is owed. */
MUST_CHECK enum err definition_dir_open(const char *root, const char *below, struct definition_dir *dir,
                                        struct err_info *error);
void definition_dir_fini(struct definition_dir *dir);

/* The names of *.yaml, *.yml and *.json, relative to the directory, sorted by bytes, so that the same directory gives
 * the same order on every host. Hidden files and directories are passed over; links to directories are not followed.
 * ERR_PERMANENT where some part cannot be read or there are too many. The caller frees each and the array. */
MUST_CHECK enum err definition_dir_names(const struct definition_dir *dir, enum definition_dir_reach reach,
                                         char ***names, size_t *count, struct err_info *error);

/* Appends a file's bytes. ERR_USAGE: not a regular file, a link that leads out, too large; ERR_PERMANENT: cannot be
 * read. The text does not name the file. */
MUST_CHECK enum err definition_dir_read(const struct definition_dir *dir, const char *name, struct buf *bytes,
                                        struct err_info *error);

#endif
