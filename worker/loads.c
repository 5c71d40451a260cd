#include "worker/loads.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "common/base/mem.h"

struct loads {
    pthread_mutex_t lock;
    int64_t last;
    int64_t *held; /* at most one for each executor */
    size_t count;
};

struct loads *loads_new(void)
{
    struct loads *loads = mem_zalloc(sizeof *loads);
    pthread_mutex_init(&loads->lock, NULL);
    return loads;
}

void loads_drop(struct loads *loads)
{
    if (loads == NULL)
        return;
    pthread_mutex_destroy(&loads->lock);
    free(loads->held);
    free(loads);
}

int64_t loads_begin(struct loads *loads)
{
    pthread_mutex_lock(&loads->lock);
    int64_t number = ++loads->last;
    loads->held = mem_grow(loads->held, loads->count + 1, sizeof *loads->held);
    loads->held[loads->count++] = number;
    pthread_mutex_unlock(&loads->lock);
    return number;
}

void loads_end(struct loads *loads, int64_t number)
{
    pthread_mutex_lock(&loads->lock);
    size_t at = 0;
    while (at < loads->count && loads->held[at] != number)
        at++;
    assert(at < loads->count);
    loads->held[at] = loads->held[--loads->count];
    pthread_mutex_unlock(&loads->lock);
}

void loads_write(struct loads *loads, struct buf *out)
{
    pthread_mutex_lock(&loads->lock);
    buf_addf(out, "{\"last\":%" PRId64 ",\"held\":[", loads->last);
    for (size_t i = 0; i < loads->count; i++)
        buf_addf(out, "%s%" PRId64, i == 0 ? "" : ",", loads->held[i]);
    buf_add_str(out, "]}");
    pthread_mutex_unlock(&loads->lock);
}
