/*
 * Three small tables with one purpose: what the heartbeat reports as in hand is left alone by all others, and what it
 * does not report is given back or made due again. So a chunk or load must stand here before Redis or PostgreSQL knows
 * that it is ours, and until it is not. Called by chunk_chain.c, heartbeat.c and executor.c.
 */
#include "worker/inflight.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

struct texts {
    char **items;
    size_t count;
};

static void texts_add(struct texts *texts, const char *text)
{
    texts->items = mem_grow(texts->items, texts->count + 1, sizeof *texts->items);
    texts->items[texts->count++] = mem_strdup(text);
}

static size_t texts_find(const struct texts *texts, const char *text)
{
    size_t i = 0;
    while (i < texts->count && strcmp(texts->items[i], text) != 0)
        i++;
    return i;
}

static void texts_clear(struct texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->items[i]);
    free(texts->items);
    *texts = (struct texts){0};
}

static void texts_args(const struct texts *texts, struct redis_args *args)
{
    redis_arg_int(args, (int64_t)texts->count);
    for (size_t i = 0; i < texts->count; i++)
        redis_arg(args, texts->items[i]);
}

/* ---- chunks ------------------------------------------------------------------------------------------------------ */

struct inflight {
    struct texts of[QUEUE_COUNT];
};

struct inflight *inflight_new(void)
{
    return mem_zalloc(sizeof(struct inflight));
}

void inflight_drop(struct inflight *inflight)
{
    for (int q = 0; inflight != NULL && q < QUEUE_COUNT; q++)
        texts_clear(&inflight->of[q]);
    free(inflight);
}

void inflight_add(struct inflight *inflight, int queue, const char *text)
{
    texts_add(&inflight->of[queue], text);
}

void inflight_remove(struct inflight *inflight, int queue, const char *text)
{
    struct texts *texts = &inflight->of[queue];
    size_t at = texts_find(texts, text);
    if (at == texts->count)
        return;
    free(texts->items[at]);
    texts->items[at] = texts->items[--texts->count];
}

size_t inflight_total(const struct inflight *inflight)
{
    size_t total = 0;
    for (int q = 0; q < QUEUE_COUNT; q++)
        total += inflight->of[q].count;
    return total;
}

void inflight_args(const struct inflight *inflight, int queue, struct redis_args *args)
{
    texts_args(&inflight->of[queue], args);
}

/* ---- stray entries ----------------------------------------------------------------------------------------------- */

struct strays {
    struct texts seen[QUEUE_COUNT];  /* unknown in the last beat */
    struct texts again[QUEUE_COUNT]; /* … and in the one before */
};

struct strays *strays_new(void)
{
    return mem_zalloc(sizeof(struct strays));
}

void strays_drop(struct strays *strays)
{
    for (int q = 0; strays != NULL && q < QUEUE_COUNT; q++) {
        texts_clear(&strays->seen[q]);
        texts_clear(&strays->again[q]);
    }
    free(strays);
}

void strays_note(struct strays *strays, int queue, const redisReply *unknown)
{
    struct texts *seen = &strays->seen[queue], *again = &strays->again[queue];
    struct texts now = {0};
    texts_clear(again);
    for (size_t i = 0; i < redis_count(unknown); i++) {
        const char *text = redis_text(redis_item(unknown, i));
        texts_add(texts_find(seen, text) < seen->count ? again : &now, text);
    }
    texts_clear(seen);
    *seen = now;
}

void strays_args(const struct strays *strays, int queue, struct redis_args *args)
{
    texts_args(&strays->again[queue], args);
}

/* ---- loads of due retries ---------------------------------------------------------------------------------------- */

struct due_loads {
    pthread_mutex_t lock;
    int64_t last;
    int64_t *held; /* at most one for each executor */
    size_t count;
};

struct due_loads *due_loads_new(void)
{
    struct due_loads *loads = mem_zalloc(sizeof *loads);
    pthread_mutex_init(&loads->lock, NULL);
    return loads;
}

void due_loads_drop(struct due_loads *loads)
{
    if (loads == NULL)
        return;
    pthread_mutex_destroy(&loads->lock);
    free(loads->held);
    free(loads);
}

int64_t due_loads_begin(struct due_loads *loads)
{
    pthread_mutex_lock(&loads->lock);
    int64_t number = ++loads->last;
    loads->held = mem_grow(loads->held, loads->count + 1, sizeof *loads->held);
    loads->held[loads->count++] = number;
    pthread_mutex_unlock(&loads->lock);
    return number;
}

void due_loads_end(struct due_loads *loads, int64_t number)
{
    pthread_mutex_lock(&loads->lock);
    size_t at = 0;
    while (at < loads->count && loads->held[at] != number)
        at++;
    assert(at < loads->count);
    loads->held[at] = loads->held[--loads->count];
    pthread_mutex_unlock(&loads->lock);
}

void due_loads_write(struct due_loads *loads, struct buf *out)
{
    pthread_mutex_lock(&loads->lock);
    buf_addf(out, "{\"last\":%" PRId64 ",\"held\":[", loads->last);
    for (size_t i = 0; i < loads->count; i++)
        buf_addf(out, "%s%" PRId64, i == 0 ? "" : ",", loads->held[i]);
    buf_add_str(out, "]}");
    pthread_mutex_unlock(&loads->lock);
}
