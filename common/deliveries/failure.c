#include "common/deliveries/failure.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/utf8.h"

#define PATH_SHOWN 200

/* At most `max` bytes, control characters escaped. */
static void line_add_shown(struct buf *line, const char *text, size_t len, size_t max)
{
    char *at = buf_reserve(line, max);
    line->len += printable_copy(at, max + 1, text, len);
}

void failure_text(const struct failure *failure, char out[ERR_TEXT_MAX])
{
    struct buf line = BUF_INIT;
    buf_add_str(&line, verb_name(failure->verb));
    if (failure->path[0] != '\0') {
        buf_add_char(&line, ' ');
        line_add_shown(&line, failure->path, strlen(failure->path), PATH_SHOWN);
    }
    if (failure->pieces > 1)
        buf_addf(&line, " (piece %" PRId64 " of %" PRId64 ")", failure->piece + 1, failure->pieces);
    buf_add_str(&line, ": ");
    line_add_shown(&line, failure->error, strlen(failure->error), FAILURE_ERROR_MAX);
    assert(line.len < ERR_TEXT_MAX);
    memcpy(out, line.data, line.len + 1);
    buf_fini(&line);
}
