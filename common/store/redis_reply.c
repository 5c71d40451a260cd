/* Readers of replies that tolerate any shape. */
#include "common/store/redis.h"

#include <stdlib.h>
#include <string.h>

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
