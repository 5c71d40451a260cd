/* Files without a name: they are gone with the last that holds them open, however that ends. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker/run/deliver_content.h"

static enum err failed(const char *what, struct err_info *error)
{
    return err_set(error, ERR_LOCAL, "%s a spool file: %s", what, strerror(errno));
}

/* Where the file system knows no files without a name. */
static int open_and_unlink(const char *dir)
{
    struct buf path = BUF_INIT;
    buf_addf(&path, "%s/.spool-XXXXXX", dir);
    int fd = mkostemp(path.data, O_CLOEXEC);
    if (fd >= 0)
        unlink(path.data);
    buf_fini(&path);
    return fd;
}

enum err deliver_spool_open(struct deliver *deliver, int *spool, struct err_info *error)
{
    const char *dir = deliver->git.repositories_dir;
    *spool = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (*spool < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
        *spool = open_and_unlink(dir);
    return *spool >= 0 ? ERR_OK : failed("cannot make", error);
}

enum err deliver_spool_write(int spool, const void *bytes, size_t len, struct err_info *error)
{
    for (const char *at = bytes; len > 0;) {
        ssize_t part = write(spool, at, len);
        if (part < 0 && errno != EINTR)
            return failed("cannot write", error);
        if (part > 0) {
            at += part;
            len -= (size_t)part;
        }
    }
    return ERR_OK;
}

enum err deliver_spool_read(int spool, int64_t offset, size_t len, struct buf *out, struct err_info *error)
{
    char *at = buf_reserve(out, len);
    for (size_t got = 0; got < len;) {
        ssize_t part = pread(spool, at + got, len - got, offset + (int64_t)got);
        if (part == 0)
            return err_set(error, ERR_RETRY, "a spool file ended early");
        if (part < 0 && errno != EINTR)
            return failed("cannot read", error);
        if (part > 0)
            got += (size_t)part;
    }
    out->len += len;
    out->data[out->len] = '\0';
    return ERR_OK;
}
