/*
 * Memory that is there or the program is not: out of memory aborts, which the fence makes safe (what was in hand is
 * done again elsewhere). Parsers that take foreign input bound their sizes before they come here.
 */
#ifndef REPRISE_BASE_MEM_H
#define REPRISE_BASE_MEM_H

#include <stddef.h>

/* All return memory that the caller frees with free(); never NULL. */
void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);
/* An array of `count` elements, zeroed; aborts where count * size overflows. */
void *mem_array(size_t count, size_t size);
/* Like realloc for an array; the new part is not zeroed. */
void *mem_grow(void *array, size_t count, size_t size);
char *mem_strdup(const char *text);
/* The first `len` bytes, NUL-terminated. */
char *mem_strndup(const char *text, size_t len);

#endif
