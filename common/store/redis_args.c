/*
 * An argument vector for hiredis: all bytes in one buffer, pointers into it made when they are asked for; and the
 * readers of replies. Arguments are bytes with a length, so no text of a request can end or add one. A reply of another
 * type than expected reads as empty or 0: the caller decides what that means.
 */
#include <assert.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/store/redis.h"

struct redis_args {
    struct buf data;
    size_t *lengths;
    const char **values;
    size_t count, room;
};

struct redis_args *redis_args_new(void)
{
    return mem_zalloc(sizeof(struct redis_args));
}

void redis_args_drop(struct redis_args *args)
{
    if (!args)
        return;
    buf_fini(&args->data);
    free(args->lengths);
    free(args->values);
    free(args);
}

void redis_args_reset(struct redis_args *args)
{
    buf_reset(&args->data);
    args->count = 0;
}

void redis_arg_len(struct redis_args *args, const char *bytes, size_t len)
{
    if (args->count == args->room) {
        args->room = args->room ? args->room * 2 : 16;
        args->lengths = mem_grow(args->lengths, args->room, sizeof *args->lengths);
        args->values = mem_grow(args->values, args->room, sizeof *args->values);
    }
    args->lengths[args->count++] = len;
    if (len > 0)
        buf_add(&args->data, bytes, len);
}

void redis_arg(struct redis_args *args, const char *text)
{
    redis_arg_len(args, text, strlen(text));
}

void redis_arg_int(struct redis_args *args, int64_t number)
{
    size_t before = args->data.len;
    redis_arg_len(args, NULL, 0);
    buf_add_int(&args->data, number);
    args->lengths[args->count - 1] = args->data.len - before;
}

void redis_argf(struct redis_args *args, const char *format, ...)
{
    char *text;
    va_list list;
    va_start(list, format);
    int len = vasprintf(&text, format, list);
    va_end(list);
    assert(len >= 0);
    redis_arg_len(args, text, (size_t)len);
    free(text);
}

int redis_args_count(const struct redis_args *args)
{
    assert(args->count <= INT_MAX);
    return (int)args->count;
}

const char **redis_args_values(struct redis_args *args)
{
    const char *at = args->data.data ? args->data.data : "";
    for (size_t i = 0; i < args->count; i++) {
        args->values[i] = at;
        at += args->lengths[i];
    }
    return args->values;
}

const size_t *redis_args_lengths(const struct redis_args *args)
{
    return args->lengths;
}

/* ---- replies ----------------------------------------------------------------------------------------------------- */

/* Readers of replies that tolerate any shape. */

const char *redis_text(const redisReply *reply)
{
    if (!reply || !reply->str)
        return "";
    bool is_text =
        reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS || reply->type == REDIS_REPLY_ERROR;
    return is_text && strlen(reply->str) == (size_t)reply->len ? reply->str : "";
}

int64_t redis_int(const redisReply *reply)
{
    if (reply && reply->type == REDIS_REPLY_INTEGER)
        return reply->integer;
    const char *text = redis_text(reply);
    char *end;
    long long number = strtoll(text, &end, 10);
    return *end == '\0' ? number : 0;
}

size_t redis_count(const redisReply *reply)
{
    return reply && reply->type == REDIS_REPLY_ARRAY ? (size_t)reply->elements : 0;
}

const redisReply *redis_item(const redisReply *reply, size_t index)
{
    return index < redis_count(reply) ? reply->element[index] : NULL;
}
