/*
 * What libgit2 may take of this process's memory. It inflates whole objects, and of a difference also what that is the
 * difference to, whose size no header tells: so it is the allocation that is refused. libgit2 then returns an error
 * (GIT_ERROR_NOMEMORY), as git does with GIT_ALLOC_LIMIT.
 */
#include <assert.h>
#include <git2/sys/alloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/store/git_private.h"

/* With 1.7 the library came to derive the others from the three that are left. */
#define IS_OLD_ALLOCATOR (LIBGIT2_VER_MAJOR == 1 && LIBGIT2_VER_MINOR < 7)

#define LEAST_BYTES ((size_t)64 * 1024 * 1024)

static atomic_size_t limit = LEAST_BYTES;

static bool is_allowed(size_t size)
{
    if (size <= atomic_load_explicit(&limit, memory_order_relaxed))
        return true;
    git_error_set_oom();
    return false;
}

static void *note_oom(void *memory)
{
    if (memory == NULL)
        git_error_set_oom();
    return memory;
}

static void *limited_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return is_allowed(size) ? note_oom(malloc(size > 0 ? size : 1)) : NULL;
}

static void *limited_realloc(void *memory, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return is_allowed(size) ? note_oom(realloc(memory, size > 0 ? size : 1)) : NULL;
}

#if IS_OLD_ALLOCATOR
static bool is_array_allowed(size_t count, size_t size)
{
    size_t bytes;
    return !__builtin_mul_overflow(count, size, &bytes) ? is_allowed(bytes) : is_allowed(SIZE_MAX);
}

static void *limited_calloc(size_t count, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return is_array_allowed(count, size) ? note_oom(calloc(count > 0 ? count : 1, size > 0 ? size : 1)) : NULL;
}

static void *limited_mallocarray(size_t count, size_t size, const char *file, int line)
{
    return is_array_allowed(count, size) ? limited_malloc(count * size, file, line) : NULL;
}

static void *limited_reallocarray(void *memory, size_t count, size_t size, const char *file, int line)
{
    return is_array_allowed(count, size) ? limited_realloc(memory, count * size, file, line) : NULL;
}
static char *text_copy(const char *text, size_t len)
{
    char *made = len < SIZE_MAX && is_allowed(len + 1) ? note_oom(malloc(len + 1)) : NULL;
    if (made == NULL)
        return NULL;
    memcpy(made, text, len);
    made[len] = '\0';
    return made;
}

static char *limited_strdup(const char *text, const char *file, int line)
{
    (void)file;
    (void)line;
    return text_copy(text, strlen(text));
}

static char *limited_strndup(const char *text, size_t most, const char *file, int line)
{
    (void)file;
    (void)line;
    return text_copy(text, strnlen(text, most));
}

static char *limited_substrdup(const char *text, size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    return text_copy(text, len);
}
#endif

void git_memory_start(void)
{
    static git_allocator allocator = {
        .gmalloc = limited_malloc,
        .grealloc = limited_realloc,
        .gfree = free,
#if IS_OLD_ALLOCATOR
        .gcalloc = limited_calloc,
        .gmallocarray = limited_mallocarray,
        .greallocarray = limited_reallocarray,
        .gstrdup = limited_strdup,
        .gstrndup = limited_strndup,
        .gsubstrdup = limited_substrdup,
#endif
    };
    int failure = git_libgit2_opts(GIT_OPT_SET_ALLOCATOR, &allocator);
    assert(failure == 0);
}

/* A tree is held as it stands in the object and as the list of its entries, which grows by half. */
void git_limit_memory(const struct git_rules *rules)
{
    size_t wanted = (size_t)rules->max_tree_bytes * 2;
    atomic_store_explicit(&limit, wanted > LEAST_BYTES ? wanted : LEAST_BYTES, memory_order_relaxed);
}
