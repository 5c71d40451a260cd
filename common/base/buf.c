#include "common/base/buf.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define CAP_MIN 64

void buf_fini(struct buf *buf)
{
    free(buf->data);
    *buf = BUF_INIT;
}

void buf_reset(struct buf *buf)
{
    buf->len = 0;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

/* Doubling keeps the cost of many small additions linear. */
char *buf_reserve(struct buf *buf, size_t more)
{
    assert(more < SIZE_MAX / 2 - buf->len);
    size_t need = buf->len + more + 1;
    if (need > buf->cap) {
        size_t cap = buf->cap < CAP_MIN ? CAP_MIN : buf->cap;
        while (cap < need)
            cap *= 2;
        buf->data = mem_grow(buf->data, cap, 1);
        buf->cap = cap;
    }
    return buf->data + buf->len;
}

void buf_add(struct buf *buf, const void *bytes, size_t len)
{
    char *end = buf_reserve(buf, len);
    if (len > 0)
        memcpy(end, bytes, len);
    end[len] = '\0';
    buf->len += len;
}

void buf_add_str(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char c)
{
    buf_add(buf, &c, 1);
}

void buf_add_int(struct buf *buf, int64_t number)
{
    buf_addf(buf, "%" PRId64, number);
}

void buf_addf(struct buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    char *end = buf_reserve(buf, CAP_MIN);
    int len = vsnprintf(end, CAP_MIN + 1, format, args);
    assert(len >= 0);
    if (len > CAP_MIN) {
        end = buf_reserve(buf, (size_t)len);
        vsnprintf(end, (size_t)len + 1, format, again);
    }
    buf->len += (size_t)len;
    va_end(again);
    va_end(args);
}

char *buf_take(struct buf *buf)
{
    char *data = buf->data != NULL ? buf->data : mem_strdup("");
    *buf = BUF_INIT;
    return data;
}
