#include "dashboard/layout.h"

#include <string.h>

#define CRLF 2
#define BLANK 1

void layout_begin(struct layout *layout, const char *method, size_t target_len, const char *version)
{
    layout->begin = (uintptr_t)method;
    layout->broken = (uintptr_t)version != layout->begin + strlen(method) + BLANK + target_len + BLANK;
    layout->next = (uintptr_t)version + strlen(version) + CRLF;
}

void layout_header(struct layout *layout, const char *name, size_t name_len, const char *value, size_t value_len)
{
    layout->broken =
        layout->broken || (uintptr_t)name != layout->next || (uintptr_t)value <= (uintptr_t)name + name_len;
    layout->next = (uintptr_t)value + value_len + CRLF;
}

bool layout_holds(const struct layout *layout, size_t size)
{
    return !layout->broken && layout->next + CRLF == layout->begin + size;
}
