#include "worker/run/history_open.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/beneath.h"

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
    *fd = beneath_open(dir, path, O_NONBLOCK | O_NOCTTY, BENEATH_NO_LINKS);
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
