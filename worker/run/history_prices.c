#include "worker/run/history_prices.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/yaml.h"

/* One byte more than is allowed: the parser then says what is. */
static enum err read_table(int fd, struct buf *out, struct err_info *error)
{
    while (out->len <= YAML_MAX_BYTES) {
        size_t want = YAML_MAX_BYTES + 1 - out->len;
        ssize_t got = read(fd, buf_reserve(out, want), want);
        if (got < 0 && errno != EINTR)
            return err_set(error, ERR_USAGE, "%s", strerror(errno));
        if (got == 0)
            break;
        out->len += got > 0 ? (size_t)got : 0;
    }
    return ERR_OK;
}

enum err history_prices_load(const char *path, struct prices **out, struct err_info *error)
{
    struct buf text = BUF_INIT;
    *out = NULL;
    if (*path == '\0') {
        *out = prices_builtin();
        return ERR_OK;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum err err = fd < 0 ? err_set(error, ERR_USAGE, "%s", strerror(errno)) : read_table(fd, &text, error);
    if (err == ERR_OK)
        err = prices_parse(text.data, text.len, out, error);
    if (fd >= 0)
        close(fd);
    buf_fini(&text);
    return err == ERR_OK ? ERR_OK : err_prefix(error, "history.prices: %s", path);
}
