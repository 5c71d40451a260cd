#include "dashboard/percent.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"

static int digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The byte that begins at `at`, and how many characters it takes; 0 for half an escape. */
static size_t take(const char *bytes, size_t at, size_t len, char *out)
{
    if (bytes[at] != '%') {
        *out = bytes[at];
        return 1;
    }
    int high = at + 2 < len ? digit(bytes[at + 1]) : -1, low = at + 2 < len ? digit(bytes[at + 2]) : -1;
    if (high < 0 || low < 0)
        return 0;
    *out = (char)(high * 16 + low);
    return 3;
}

static enum err refuse(char *text, struct err_info *error, const char *why)
{
    free(text);
    return err_set(error, ERR_USAGE, "the address of the request %s", why);
}

enum err percent_decode(const char *bytes, size_t len, enum percent_plus plus, char **out, struct err_info *error)
{
    char *text = mem_alloc(len + 1);
    size_t used = 0, step = 0;
    *out = NULL;
    for (size_t at = 0; at < len; at += step, used++) {
        step = take(bytes, at, len, &text[used]);
        if (step == 0)
            return refuse(text, error, "holds a %% that two hex digits do not follow");
        if (step == 1 && text[used] == '+' && plus == PERCENT_PLUS_IS_SPACE)
            text[used] = ' ';
        if ((unsigned char)text[used] < 0x20 || text[used] == 0x7F)
            return refuse(text, error, "holds a control character");
    }
    text[used] = '\0';
    if (!json_is_utf8(text, used))
        return refuse(text, error, "is not UTF-8");
    *out = text;
    return ERR_OK;
}
