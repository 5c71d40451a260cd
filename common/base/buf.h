/*
 * A byte buffer that grows. `data` is NUL-terminated whenever something was added, so text in it can be read as is.
 */
#ifndef REPRISE_BASE_BUF_H
#define REPRISE_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct buf {
    char *data; /* NULL while nothing was ever added */
    size_t len; /* without the NUL */
    size_t cap;
};

#define BUF_INIT ((struct buf){NULL, 0, 0})

void buf_fini(struct buf *buf);
/* Empties it and keeps the memory. */
void buf_reset(struct buf *buf);
/* Room for `more` further bytes; returns where to write them (then raise `len` and write the NUL yourself). */
char *buf_reserve(struct buf *buf, size_t more);
void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_add_str(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char c);
void buf_add_int(struct buf *buf, int64_t number);
void buf_addf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
/* Gives up the memory to the caller, who frees it; "" and not NULL when empty. The buffer is empty afterwards. */
char *buf_take(struct buf *buf);

#endif
