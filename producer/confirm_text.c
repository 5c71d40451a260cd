#include "producer/confirm_text.h"

#include <string.h>

static const struct confirm_value *find(const struct confirm_value *values, const char *name, size_t len)
{
    for (; values->name != NULL; values++)
        if (strlen(values->name) == len && strncmp(values->name, name, len) == 0)
            return values;
    return NULL;
}

void confirm_fill(const char *text, const struct confirm_value *values, struct buf *out)
{
    while (*text != '\0') {
        size_t plain = strcspn(text, "{");
        buf_add(out, text, plain);
        text += plain;
        if (*text == '\0')
            break;
        size_t len = strcspn(text + 1, "{}");
        const struct confirm_value *value = text[1 + len] == '}' ? find(values, text + 1, len) : NULL;
        if (value != NULL) {
            buf_add_str(out, value->text == NULL ? "?" : value->text);
            text += len + 2;
        } else {
            buf_add_char(out, *text++);
        }
    }
}
