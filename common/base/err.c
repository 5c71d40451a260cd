#include "common/base/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/utf8.h"

static const struct {
    const char *name;
    int exit_code;
} classes[ERR_COUNT] = {
    [ERR_OK] = {"ok", 0},
    [ERR_USAGE] = {"usage", 2},
    [ERR_NOT_FOUND] = {"not_found", 3},
    [ERR_CONFLICT] = {"conflict", 4},
    [ERR_UNREACHABLE] = {"unreachable", 5},
    [ERR_RETRY] = {"retry", 1},
    [ERR_PERMANENT] = {"permanent", 1},
    [ERR_FENCED] = {"fenced", 4},
    [ERR_BUSY] = {"busy", 4},
    [ERR_INTERRUPTED] = {"interrupted", 130},
    [ERR_LOCAL] = {"local", 1},
};

/* The arguments may point into `info` itself, so the text is complete before anything there is changed. */
static size_t format_text(char out[ERR_TEXT_MAX], const char *format, va_list args) PRINTF_LIKE(2, 0);
static size_t format_text(char out[ERR_TEXT_MAX], const char *format, va_list args)
{
    char raw[ERR_TEXT_MAX];
    int len = vsnprintf(raw, sizeof raw, format, args);
    assert(len >= 0);
    size_t kept = (size_t)len < sizeof raw ? (size_t)len : sizeof raw - 1;
    return printable_copy(out, ERR_TEXT_MAX, raw, kept);
}

enum err err_set(struct err_info *info, enum err err, const char *format, ...)
{
    assert(err > ERR_OK && err < ERR_COUNT);
    char text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    size_t len = format_text(text, format, args);
    va_end(args);
    err_clear(info);
    info->code = err;
    memcpy(info->text, text, len + 1);
    return err;
}

enum err err_prefix(struct err_info *info, const char *format, ...)
{
    char text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    size_t len = format_text(text, format, args);
    va_end(args);
    char joined[2 * ERR_TEXT_MAX + 2];
    memcpy(joined, text, len);
    memcpy(joined + len, ": ", 2);
    size_t old = strlen(info->text);
    memcpy(joined + len + 2, info->text, old);
    /* Once more through the filter: it cuts a text that became too long between characters. */
    printable_copy(info->text, sizeof(info->text), joined, len + 2 + old);
    return info->code;
}

void err_clear(struct err_info *info)
{
    *info = (struct err_info){.code = ERR_OK};
}

const char *err_name(enum err err)
{
    assert(err >= ERR_OK && err < ERR_COUNT);
    return classes[err].name;
}

int err_exit_code(enum err err)
{
    assert(err >= ERR_OK && err < ERR_COUNT);
    return classes[err].exit_code;
}
