#include "common/deliveries/failure.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/utf8.h"

#define PATH_SHOWN 200

/* At most `max` bytes, control characters escaped. */
static void add_shown(struct buf *line, const char *text, size_t len, size_t max)
{
    char *at = buf_reserve(line, max);
    line->len += printable_copy(at, max + 1, text, len);
}

static bool refused(int status)
{
    return status >= 400 && status < 500 && status != 408 && status != 425 && status != 429;
}

static void add_what_happened(struct buf *line, const struct failure *failure)
{
    if (failure->status == 0) {
        add_shown(line, failure->trouble, strlen(failure->trouble), FAILURE_ANSWER_MAX);
        return;
    }
    buf_addf(line, "HTTP %d%s", failure->status, refused(failure->status) ? ", the app refuses it" : "");
    if (failure->answer_len > 0) {
        buf_add_str(line, ": ");
        add_shown(line, failure->answer, failure->answer_len, FAILURE_ANSWER_MAX);
    }
}

void failure_text(const struct failure *failure, char out[ERR_TEXT_MAX])
{
    struct buf line = BUF_INIT;
    buf_add_str(&line, verb_name(failure->verb));
    if (failure->path[0]) {
        buf_add_char(&line, ' ');
        add_shown(&line, failure->path, strlen(failure->path), PATH_SHOWN);
    }
    if (failure->pieces > 1)
        buf_addf(&line, " (piece %" PRId64 " of %" PRId64 ")", failure->piece + 1, failure->pieces);
    buf_add_str(&line, ": ");
    add_what_happened(&line, failure);
    assert(line.len < ERR_TEXT_MAX);
    memcpy(out, line.data, line.len + 1);
    buf_fini(&line);
}
