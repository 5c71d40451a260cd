/*
 * System calls on the files of a run: opening without following a link (common/base/beneath.h), reading, the entries of
 * a directory, and what a failure of them means.
 */
#ifndef REPRISE_WORKER_RUN_HISTORY_IO_H
#define REPRISE_WORKER_RUN_HISTORY_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/base/buf.h"
#include "common/base/err.h"

/* A file that is to be read, `what` being how errors name it. On success `*fd` is the caller's and `*info` its state.
 * ERR_NOT_FOUND if there is none; ERR_PERMANENT for what is no regular file, a link or unreadable; ERR_RETRY where the
 * system is short of something. */
MUST_CHECK enum err history_io_open(int dir, const char *path, int *fd, struct stat *info, struct err_info *error);
/* `len` bytes at `offset`. ERR_RETRY where the file ends before: it was cut meanwhile. */
MUST_CHECK enum err history_io_read(int fd, char *room, size_t len, int64_t offset, struct err_info *error);
/* The error for `number` (errno) at `path`. */
enum err history_io_fail(int number, const char *path, struct err_info *error);

/* ---- entries of a directory -------------------------------------------------------------------------------------- */

/* By the system call itself: a buffer that is used again instead of one for each directory. */
#define HISTORY_ENTRIES_BYTES ((size_t)32 * 1024)

enum history_entry { HISTORY_ENTRY_DIRECTORY, HISTORY_ENTRY_FILE, HISTORY_ENTRY_LINK, HISTORY_ENTRY_OTHER };

struct history_entries {
    int dir;          /* open for reading, at its beginning */
    const char *path; /* how errors name it */
    struct buf *room; /* scratch memory */
    /* Called for all entries but . and .., in the directory's own order; what it returns other than ERR_OK ends it. */
    enum err (*each)(void *context, const char *name, enum history_entry kind, struct err_info *error);
    void *context;
};

MUST_CHECK enum err history_io_list(const struct history_entries *entries, struct err_info *error);

#endif
