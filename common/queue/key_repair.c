#include "common/queue/key_repair.h"

#include <string.h>

#include "common/base/log.h"
#include "common/queue/names.h"

#define KEYS_AT_ONCE 1000

bool key_repair_is_blamed(const char *error_text)
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

enum err key_repair_run(const struct dispatch *dispatch, struct err_info *error)
{
    struct key_walk walk = {"", KEYS_AT_ONCE, 0};
    enum err err = ERR_OK;
    do {
        redisReply *keys = NULL;
        err = dispatch_walk(dispatch, &walk, &keys, error);
        for (size_t i = 0; err == ERR_OK && i < redis_count(redis_item(keys, 1)); i++)
            err = mend_key(dispatch, redis_item(redis_item(keys, 1), i), error);
        if (keys != NULL)
            freeReplyObject(keys);
    } while (err == ERR_OK && walk.cursor != 0);
    return err;
}
