#include "worker/run/history_io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "common/base/input_file.h"

enum err history_io_fail(int number, const char *path, struct err_info *error)
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

/* O_NONBLOCK: a pipe in the place of a file must not make the reader wait. */
enum err history_io_open(int dir, const char *path, int *fd, struct stat *info, struct err_info *error)
{
    *fd = beneath_open(dir, path, O_NONBLOCK | O_NOCTTY, BENEATH_NO_LINKS);
    if (*fd < 0)
        return history_io_fail(errno, path, error);
    if (fstat(*fd, info) != 0)
        history_io_fail(errno, path, error);
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

enum err history_io_read(int fd, char *room, size_t len, int64_t offset, struct err_info *error)
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

/* ---- entries of a directory -------------------------------------------------------------------------------------- */

static enum history_entry kind_of_mode(mode_t mode)
{
    if (S_ISDIR(mode))
        return HISTORY_ENTRY_DIRECTORY;
    if (S_ISREG(mode))
        return HISTORY_ENTRY_FILE;
    return S_ISLNK(mode) ? HISTORY_ENTRY_LINK : HISTORY_ENTRY_OTHER;
}

/* Some file systems do not say what an entry is; one that has gone meanwhile is "other". */
static enum history_entry kind_of(int dir, const struct dirent64 *entry)
{
    struct stat info;
    if (entry->d_type != DT_UNKNOWN)
        return kind_of_mode((mode_t)DTTOIF(entry->d_type));
    if (fstatat(dir, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return HISTORY_ENTRY_OTHER;
    return kind_of_mode(info.st_mode);
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

enum err history_io_list(const struct history_entries *entries, struct err_info *error)
{
    buf_reset(entries->room);
    char *room = buf_reserve(entries->room, HISTORY_ENTRIES_BYTES);
    for (;;) {
        ssize_t len = getdents64(entries->dir, room, HISTORY_ENTRIES_BYTES);
        if (len < 0)
            return history_io_fail(errno, entries->path, error);
        if (len == 0)
            return ERR_OK;
        for (ssize_t at = 0; at < len;) {
            const struct dirent64 *entry = (const void *)(room + at);
            at += entry->d_reclen;
            if (is_dots(entry->d_name))
                continue;
            enum err err = entries->each(entries->context, entry->d_name, kind_of(entries->dir, entry), error);
            if (err != ERR_OK)
                return err;
        }
    }
}
