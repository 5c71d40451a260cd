#include "common/base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* malloc(0) may be NULL, which our callers could not tell from failure. */
static size_t at_least_one(size_t size)
{
    return size > 0 ? size : 1;
}

static void *or_abort(void *memory, size_t size)
{
    if (memory != NULL)
        return memory;
    fprintf(stderr, "out of memory: %zu bytes wanted\n", size);
    abort();
}

void *mem_alloc(size_t size)
{
    return or_abort(malloc(at_least_one(size)), size);
}

void *mem_zalloc(size_t size)
{
    return mem_array(1, size);
}

void *mem_array(size_t count, size_t size)
{
    return or_abort(calloc(at_least_one(count), at_least_one(size)), size);
}

void *mem_grow(void *array, size_t count, size_t size)
{
    return or_abort(reallocarray(array, at_least_one(count), at_least_one(size)), size);
}

char *mem_strdup(const char *text)
{
    return mem_strndup(text, strlen(text));
}

char *mem_strndup(const char *text, size_t len)
{
    size_t kept = strnlen(text, len);
    char *copy = mem_alloc(kept + 1);
    memcpy(copy, text, kept);
    copy[kept] = '\0';
    return copy;
}
