#include "worker/run/history_prices.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/input_file.h"
#include "common/base/yaml.h"

enum err history_prices_load(const char *path, struct prices **out, struct err_info *error)
{
    struct buf text = BUF_INIT;
    *out = NULL;
    if (*path == '\0') {
        *out = prices_builtin();
        return ERR_OK;
    }
    int fd = open(path, INPUT_FILE_FLAGS);
    enum err err = fd < 0 ? err_set(error, ERR_USAGE, "%s", strerror(errno))
                          : input_file_read_open(fd, YAML_MAX_BYTES, &text, error);
    if (err == ERR_OK)
        err = prices_parse(text.data, text.len, out, error);
    if (fd >= 0)
        close(fd);
    buf_fini(&text);
    return err == ERR_OK ? ERR_OK : err_prefix(error, "history.prices: %s", path);
}
