#include "common/queue/kind.h"

#include <string.h>

const struct kind *kind_find(const struct kind_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->kinds[i].name, name) == 0)
            return &table->kinds[i];
    return NULL;
}

const struct selection *selection_find(const struct kind *kind, const char *name)
{
    for (const struct selection *s = kind->selections; s->name != NULL; s++)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}
