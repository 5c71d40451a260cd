/*
 * Opening and reading what a person or another program left. Both halves guard against the same thing: a name is not
 * what it seems. A regular file is the only kind that is read, opening never waits, and where a directory is trusted no
 * link and no ".." leads out of it (openat2, or each part of the path by itself). Called for settings, prices and
 * definitions.
 */
#include "common/base/input_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STEP_BYTES ((size_t)16 * 1024)

static enum err read_to_end(int fd, size_t most, struct buf *out, struct err_info *error)
{
    size_t before = out->len;
    while (out->len - before <= most) {
        ssize_t got = read(fd, buf_reserve(out, STEP_BYTES), STEP_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set(error, ERR_USAGE, "cannot be read: %s", strerror(errno));
        if (got == 0)
            return ERR_OK;
        out->len += (size_t)got;
        out->data[out->len] = '\0';
    }
    return err_set(error, ERR_USAGE, "is larger than %zu bytes", most);
}

enum err input_file_read_open(int fd, size_t most, struct buf *out, struct err_info *error)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return err_set(error, ERR_USAGE, "cannot be read: %s", strerror(errno));
    if (!S_ISREG(info.st_mode))
        return err_set(error, ERR_USAGE, "is not a regular file");
    /* The size alone does not decide: the file may grow, and some file systems call every file empty. */
    if (info.st_size > 0 && (size_t)info.st_size > most)
        return err_set(error, ERR_USAGE, "is larger than %zu bytes", most);
    return read_to_end(fd, most, out, error);
}

enum err input_file_read(const char *path, size_t most, struct buf *out, struct err_info *error)
{
    int fd = open(path, INPUT_FILE_FLAGS);
    if (fd < 0)
        return err_set(error, ERR_USAGE, "cannot be opened: %s", strerror(errno));
    enum err err = input_file_read_open(fd, most, out, error);
    close(fd);
    return err;
}

/* ---- beneath a directory ----------------------------------------------------------------------------------------- */

#define NAME_BYTES 256

/* ENOSYS: an old kernel; EPERM: a sandbox that does not know the call. Both stay so. */
static atomic_bool lacks_openat2;

/* One step per part, each without following links. */
static int open_stepwise(int dir, const char *path, int flags)
{
    int at = dir;
    for (;;) {
        char name[NAME_BYTES];
        size_t len = strcspn(path, "/"), skip = len + strspn(path + len, "/");
        bool last = path[skip] == '\0';
        if (len == 0 || len >= sizeof name || (len == 2 && memcmp(path, "..", 2) == 0)) {
            errno = EXDEV;
            break;
        }
        memcpy(name, path, len);
        name[len] = '\0';
        int next = openat(at, name, last ? flags : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0 && errno == ENOTDIR && !last)
            errno = ELOOP;
        if (at != dir) {
            int kept = errno;
            close(at);
            errno = kept;
        }
        if (next < 0 || last)
            return next;
        at = next;
        path += skip;
    }
    if (at != dir) {
        close(at);
        errno = EXDEV;
    }
    return -1;
}

int beneath_open(int dir, const char *path, int flags, enum beneath_links links)
{
    unsigned no_links = links == BENEATH_NO_LINKS ? RESOLVE_NO_SYMLINKS : 0;
    struct open_how how = {
        .flags = (unsigned)(O_RDONLY | O_CLOEXEC | flags),
        .resolve = (unsigned)RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | no_links,
    };
    if (!atomic_load_explicit(&lacks_openat2, memory_order_relaxed)) {
        long fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
        if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
            return (int)fd;
        atomic_store_explicit(&lacks_openat2, true, memory_order_relaxed);
    }
    return open_stepwise(dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | flags);
}
