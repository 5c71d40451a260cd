/*
 * Errors: a class to decide by and a text to read. A function that can fail returns `enum err` and fills the
 * `struct err_info` that the caller passes; it is logged once, where the decision is made.
 */
#ifndef REPRISE_BASE_ERR_H
#define REPRISE_BASE_ERR_H

#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_at, first_at) __attribute__((__format__(__printf__, format_at, first_at)))

/* What a caller can do about it. Keep in step with err_name() and err_exit_code(). */
enum err {
    ERR_OK = 0,
    ERR_USAGE,       /* the input is wrong; the one who gave it can mend it */
    ERR_NOT_FOUND,   /* what it names does not exist */
    ERR_CONFLICT,    /* it exists, but its state refuses this */
    ERR_UNREACHABLE, /* a store did not answer; whether the last request took effect is unknown */
    ERR_RETRY,       /* may succeed when tried again: deadlock, 503, name server */
    ERR_PERMANENT,   /* will fail in the same way again */
    ERR_FENCED,      /* not ours any more: cancelled, paused, settled or taken over by another; undone as a whole */
    ERR_BUSY,        /* held by another at the moment */
    ERR_INTERRUPTED, /* this process was asked to stop */
    ERR_LOCAL, /* this host lacks something: disk, memory, descriptors, a permission. Not the fault of what is asked for
                */
    ERR_COUNT
};

#define ERR_TEXT_MAX 1024

struct err_info {
    enum err code;
    char sqlstate[6];       /* of PostgreSQL, else "" */
    int64_t retry_after_ms; /* the other side asked for this much patience; 0 = nothing said */
    int line, column;       /* in the input, from 1; 0 = not known */
    char text[ERR_TEXT_MAX];
};

/* Fills `info` (replaces what was there) and returns `code`. The text is one line without a full stop, and says what
 * to do where that is not plain. It never holds a secret. Control characters in arguments are written as \xNN. */
enum err err_set(struct err_info *info, enum err code, const char *format, ...) PRINTF_LIKE(3, 4);
/* Puts "prefix: " before the text that is there, and returns the code that is there. */
enum err err_prefix(struct err_info *info, const char *format, ...) PRINTF_LIKE(2, 3);
void err_clear(struct err_info *info);

/* The class as a lower-case word: "not_found". */
const char *err_name(enum err code);
/* The exit code of a program that ends by it: 0 done, 1 failed, 2 usage, 3 not found, 4 conflict, 5 unreachable, 130.
 */
int err_exit_code(enum err code);

#endif
