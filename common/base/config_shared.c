#include "common/base/config_shared.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/base/yaml.h"

struct config_shared {
    pthread_mutex_t lock; /* between processes; whoever holds it may be killed */
    bool is_there;
    size_t len;
    char bytes[YAML_MAX_BYTES + 1]; /* pages of it that are never written cost nothing */
};

struct config_shared *config_shared_new(void)
{
    struct config_shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t between_processes;

    if (shared == MAP_FAILED)
        abort(); /* out of memory */
    pthread_mutexattr_init(&between_processes);
    pthread_mutexattr_setpshared(&between_processes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&between_processes, PTHREAD_MUTEX_ROBUST);
    int failed = pthread_mutex_init(&shared->lock, &between_processes);
    assert(!failed);
    pthread_mutexattr_destroy(&between_processes);
    return shared;
}

void config_shared_drop(struct config_shared *shared)
{
    if (!shared)
        return;
    explicit_bzero(shared->bytes, shared->len); /* it may hold secrets */
    munmap(shared, sizeof *shared);
}

/* The writer is the parent, and nobody writes after its death: what a dead reader left is whole. */
static void lock(struct config_shared *shared)
{
    if (pthread_mutex_lock(&shared->lock) == EOWNERDEAD)
        pthread_mutex_consistent(&shared->lock);
}

void config_shared_put(struct config_shared *shared, const struct buf *text)
{
    lock(shared);
    shared->is_there = text;
    shared->len = text ? text->len : 0;
    assert(shared->len < sizeof shared->bytes);
    if (shared->len)
        memcpy(shared->bytes, text->data, shared->len);
    pthread_mutex_unlock(&shared->lock);
}

bool config_shared_get(struct config_shared *shared, struct buf *text)
{
    lock(shared);
    bool is_there = shared->is_there;
    buf_add(text, shared->bytes, shared->len);
    pthread_mutex_unlock(&shared->lock);
    return is_there;
}
