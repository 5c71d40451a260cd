#include "common/queue/key_types.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/queue/names.h"

#define KEYS_AT_ONCE "1000"

bool key_types_blamed(const char *error_text)
{
    return strstr(error_text, "WRONGTYPE") != NULL;
}

static enum err delete_key(const struct dispatch *d, const redisReply *key, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redis_arg(args, "DEL");
    redis_arg_len(args, key->str, key->len);
    enum err err = redis_run(d->redis, args, NULL, error);
    redis_args_drop(args);
    return err;
}

static enum err mend_key(const struct dispatch *d, const redisReply *key, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redisReply *type = NULL;
    redis_arg(args, "TYPE");
    redis_arg_len(args, key->str, key->len);
    enum err err = redis_run(d->redis, args, &type, error);
    const char *is = type != NULL && type->type == REDIS_REPLY_STATUS ? type->str : "none";
    bool wrong = strcmp(is, "none") != 0 && strcmp(is, name_type(key->str + strlen(d->prefix) + 1)) != 0;
    if (err == ERR_OK && wrong) {
        log_error("somebody made a %s of %s in Redis; it is deleted, and built again", is, key->str);
        err = delete_key(d, key, error);
    }
    if (type != NULL)
        freeReplyObject(type);
    redis_args_drop(args);
    return err;
}

/* One step of the walk. */
static enum err mend_some(const struct dispatch *d, uint64_t *cursor, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redisReply *reply = NULL;
    redis_arg(args, "SCAN");
    redis_argf(args, "%" PRIu64, *cursor);
    redis_arg(args, "MATCH");
    name_pattern(args, d->prefix, "");
    redis_arg(args, "COUNT");
    redis_arg(args, KEYS_AT_ONCE);
    enum err err = redis_run(d->redis, args, &reply, error);
    if (err == ERR_OK)
        *cursor = strtoull(redis_text(redis_item(reply, 0)), NULL, 10);
    const redisReply *keys = redis_item(reply, 1);
    for (size_t i = 0; i < redis_count(keys) && err == ERR_OK; i++)
        err = mend_key(d, redis_item(keys, i), error);
    if (reply != NULL)
        freeReplyObject(reply);
    redis_args_drop(args);
    return err;
}

enum err key_types_mend(const struct dispatch *dispatch, struct err_info *error)
{
    uint64_t cursor = 0;
    enum err err = ERR_OK;
    do
        err = mend_some(dispatch, &cursor, error);
    while (err == ERR_OK && cursor != 0);
    return err;
}
