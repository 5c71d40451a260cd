/*
 * The files on disk: DIR/<app>/<repository>/<name>, where the name is the path with '/' and whatever a file name cannot
 * hold written as %XX, so that a file and a directory of the same name (from before and after a commit) do not clash.
 * Names too long for the file system are cut and end in "%~" and the path's SHA-256. A file appears when it is
 * complete.
 */
#ifndef REPRISE_RECEIVER_KEEP_H
#define REPRISE_RECEIVER_KEEP_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/receiver/delivery.h"

#define KEEP_NAME_MAX 256

struct keep;
/* NULL and a message on stderr if the directory cannot be made. */
struct keep *keep_new(const char *dir);
void keep_drop(struct keep *keep);

/* A file that is being written. All of this is fatal trouble for the one delivery only: false, with errno. */
struct keep_file {
    int fd; /* -1 = none */
    unsigned long number;
};
#define KEEP_FILE_NONE ((struct keep_file){-1, 0})
bool keep_begin(struct keep *keep, struct keep_file *file);
bool keep_write(struct keep_file *file, const void *bytes, size_t len);
/* Moves it to its place. It is closed either way. */
bool keep_end(struct keep *keep, struct keep_file *file, const struct delivery *delivery);
/* Closes and removes what was begun, if anything was. */
void keep_abandon(struct keep *keep, struct keep_file *file);
/* Removes the file of a path; one that is not there is no trouble. */
bool keep_remove(struct keep *keep, const struct delivery *delivery);

/* The name of a path's file. */
void keep_name(const char *path, char out[KEEP_NAME_MAX]);

#endif
