#include "worker/inflight.h"

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

struct held {
    struct texts of[QUEUE_COUNT];
};

struct held *held_new(void)
{
    return mem_zalloc(sizeof(struct held));
}

void held_drop(struct held *held)
{
    for (int q = 0; held != NULL && q < QUEUE_COUNT; q++)
        texts_clear(&held->of[q]);
    free(held);
}

void held_add(struct held *held, int queue, const char *text)
{
    texts_add(&held->of[queue], text);
}

void held_remove(struct held *held, int queue, const char *text)
{
    struct texts *texts = &held->of[queue];
    size_t at = texts_find(texts, text);
    if (at == texts->count)
        return;
    free(texts->items[at]);
    texts->items[at] = texts->items[--texts->count];
}

size_t held_count(const struct held *held, int queue)
{
    return held->of[queue].count;
}

void held_args(const struct held *held, int queue, struct redis_args *args)
{
    texts_args(&held->of[queue], args);
}

struct strangers {
    struct texts seen[QUEUE_COUNT];  /* unknown in the last beat */
    struct texts again[QUEUE_COUNT]; /* … and in the one before */
};

struct strangers *strangers_new(void)
{
    return mem_zalloc(sizeof(struct strangers));
}

void strangers_drop(struct strangers *strangers)
{
    for (int q = 0; strangers != NULL && q < QUEUE_COUNT; q++) {
        texts_clear(&strangers->seen[q]);
        texts_clear(&strangers->again[q]);
    }
    free(strangers);
}

void strangers_note(struct strangers *strangers, int queue, const redisReply *unknown)
{
    struct texts *seen = &strangers->seen[queue], *again = &strangers->again[queue];
    struct texts now = {0};
    texts_clear(again);
    for (size_t i = 0; i < redis_count(unknown); i++) {
        const char *text = redis_text(redis_item(unknown, i));
        texts_add(texts_find(seen, text) < seen->count ? again : &now, text);
    }
    texts_clear(seen);
    *seen = now;
}

void strangers_args(const struct strangers *strangers, int queue, struct redis_args *args)
{
    texts_args(&strangers->again[queue], args);
}
