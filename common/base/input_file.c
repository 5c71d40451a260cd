#include "common/base/input_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
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
