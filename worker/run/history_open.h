/* Reading files of a run without following a link (common/base/beneath.h), and what a failure of it means. */
#ifndef REPRISE_WORKER_HISTORY_OPEN_H
#define REPRISE_WORKER_HISTORY_OPEN_H

#include <stddef.h>
#include <sys/stat.h>

#include "common/base/err.h"

/* A file that is to be read, `what` being how errors name it. On success `*fd` is the caller's and `*info` its state.
 * ERR_NOT_FOUND if there is none; ERR_PERMANENT for what is no regular file, a link or unreadable; ERR_RETRY where the
 * system is short of something. */
MUST_CHECK enum err history_open_file(int dir, const char *path, int *fd, struct stat *info, struct err_info *error);
/* `len` bytes at `offset`. ERR_RETRY where the file ends before: it was cut meanwhile. */
MUST_CHECK enum err history_read_exactly(int fd, char *room, size_t len, int64_t offset, struct err_info *error);
/* The error for `number` (errno) at `path`. */
enum err history_open_fail(int number, const char *path, struct err_info *error);

#endif
