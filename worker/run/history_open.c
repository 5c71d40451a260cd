#include "worker/run/history_open.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAME_BYTES 256

/* ENOSYS: an old kernel; EPERM: a sandbox that does not know the call. Both stay so. */
static atomic_bool lacks_openat2;

/* One step per part, each without following links. */
static int open_stepwise(int dir, const char *path, int flags)
{
    int at = dir;
    for (;;) {
        char name[NAME_BYTES];
        size_t len = strcspn(path, "/");
        bool last = path[len] == '\0';
        if (len == 0 || len >= sizeof(name) || (len == 2 && memcmp(path, "..", 2) == 0)) {
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
        path += len + 1;
    }
    if (at != dir) {
        close(at);
        errno = EXDEV;
    }
    return -1;
}

int history_open_beneath(int dir, const char *path, int flags)
{
    struct open_how how = {
        .flags = (unsigned)(O_RDONLY | O_CLOEXEC | flags),
        .resolve = (unsigned)RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    if (!atomic_load_explicit(&lacks_openat2, memory_order_relaxed)) {
        long fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
        if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
            return (int)fd;
        atomic_store_explicit(&lacks_openat2, true, memory_order_relaxed);
    }
    return open_stepwise(dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | flags);
}

enum err history_open_fail(int number, const char *path, struct err_info *error)
{
    switch (number) {
    case ENOENT:
        return err_set(error, ERR_NOT_FOUND, "%s: not there", path);
    case ELOOP:
        return err_set(error, ERR_PERMANENT, "%s: a link, and links are not followed", path);
    case EXDEV:
        return err_set(error, ERR_PERMANENT, "%s: leads out of the agents directory", path);
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
    case EINTR:
        return err_set(error, ERR_RETRY, "%s: %s", path, strerror(number));
    default:
        return err_set(error, ERR_PERMANENT, "%s: %s", path, strerror(number));
    }
}

/* O_NONBLOCK: nobody waits for the writer of a pipe that somebody put there. */
enum err history_open_file(int dir, const char *path, int *fd, struct stat *info, struct err_info *error)
{
    *fd = history_open_beneath(dir, path, O_NONBLOCK | O_NOCTTY);
    if (*fd < 0)
        return history_open_fail(errno, path, error);
    if (fstat(*fd, info) != 0)
        history_open_fail(errno, path, error);
    else if (S_ISDIR(info->st_mode))
        err_set(error, ERR_PERMANENT, "%s: a directory where a file should be", path);
    else if (!S_ISREG(info->st_mode))
        err_set(error, ERR_PERMANENT, "%s: no regular file", path);
    else
        return ERR_OK;
    close(*fd);
    *fd = -1;
    return error->code;
}

enum err history_read_exactly(int fd, char *room, size_t len, int64_t offset, struct err_info *error)
{
    for (size_t done = 0; done < len;) {
        ssize_t got = pread(fd, room + done, len - done, (off_t)offset + (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set(error, ERR_PERMANENT, "%s", strerror(errno));
        if (got == 0)
            return err_set(error, ERR_RETRY, "it became shorter while it was read");
        done += (size_t)got;
    }
    return ERR_OK;
}
