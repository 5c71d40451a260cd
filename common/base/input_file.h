/*
 * Files that a person or another program left for us, read whole: settings, prices, definitions. A name may lead to
 * anything: a FIFO without a writer, a device without end, a file that grows while it is read. So only regular
 * files are read, opening never waits, and there is a bound on the bytes.
 */
#ifndef REPRISE_BASE_INPUT_FILE_H
#define REPRISE_BASE_INPUT_FILE_H

#include <fcntl.h>
#include <stddef.h>

#include "common/base/buf.h"

/* What such a file is opened with: a FIFO does not wait for its writer, a terminal does not become ours. */
#define INPUT_FILE_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

/* Appends the file's bytes. ERR_USAGE: it cannot be opened or read, is no regular file, or holds more than `most`
 * bytes. The caller puts the file's name before the text. */
MUST_CHECK enum err input_file_read(const char *path, size_t most, struct buf *out, struct err_info *error);
/* The same for a descriptor that was opened with INPUT_FILE_FLAGS, which stays the caller's. */
MUST_CHECK enum err input_file_read_open(int fd, size_t most, struct buf *out, struct err_info *error);

/* Opening what lies beneath a directory: neither a link nor ".." leads out of it. */

enum beneath_links {
    BENEATH_NO_LINKS,    /* none is followed: ELOOP */
    BENEATH_INNER_LINKS, /* those that lead to what is beneath, where the system offers that; else none */
};

/* `path` beneath `dir`, with O_RDONLY, O_CLOEXEC and `flags`. -1 and errno, EXDEV for what leads out. It is the
 * kernel's promise (openat2); without that call (an old kernel, a sandbox) each part of the path is opened for itself,
 * without following a link. */
int beneath_open(int dir, const char *path, int flags, enum beneath_links links);

#endif
