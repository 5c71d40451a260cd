#include "common/queue/names.h"

#include <string.h>

#include "common/base/buf.h"
#include "common/base/ids.h"

const char *const queue_names[QUEUE_COUNT] = {[QUEUE_DELIVERY] = "delivery", [QUEUE_HISTORY] = "history"};

int queue_index(const char *name)
{
    for (int q = 0; q < QUEUE_COUNT; q++)
        if (strcmp(queue_names[q], name) == 0)
            return q;
    return -1;
}

void name_queue(struct redis_args *args, const char *prefix, int queue)
{
    redis_argf(args, "%s:queue:%s", prefix, queue_names[queue]);
}

void name_active(struct redis_args *args, const char *prefix, int queue, const char *worker)
{
    redis_argf(args, "%s:active:%s:%s", prefix, queue_names[queue], worker);
}

void name_delayed(struct redis_args *args, const char *prefix, int queue)
{
    redis_argf(args, "%s:delayed:%s", prefix, queue_names[queue]);
}

void name_suspects(struct redis_args *args, const char *prefix, int queue)
{
    redis_argf(args, "%s:suspects:%s", prefix, queue_names[queue]);
}

void name_operation(struct redis_args *args, const char *prefix, const char *operation_id)
{
    redis_argf(args, "%s:op:%s", prefix, operation_id);
}

void name_worker(struct redis_args *args, const char *prefix, const char *worker)
{
    redis_argf(args, "%s:worker:%s", prefix, worker);
}

void name_inbox_active(struct redis_args *args, const char *prefix, const char *worker)
{
    redis_argf(args, "%s:inbox:active:%s", prefix, worker);
}

void name_plain(struct redis_args *args, const char *prefix, const char *word)
{
    redis_argf(args, "%s:%s", prefix, word);
}

bool name_is_worker(const char *id)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t len = strlen(id);
    return len > 0 && len < ID_MAX && strspn(id, alphabet) == len;
}

const char *name_type(const char *rest)
{
    static const struct {
        const char *beginning, *type;
    } types[] = {
        {"op:", "hash"},       {"ops", "set"},          {"workers", "zset"},
        {"worker:", "string"}, {"delayed:", "zset"},    {"epoch", "string"},
        {"beats", "string"},   {"inbox:count", "hash"}, {"installation", "string"},
        {"inbox:door", NULL},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strncmp(rest, types[i].beginning, strlen(types[i].beginning)) == 0)
            return types[i].type;
    return "list"; /* queues, active lists, suspects, inboxes */
}

/* Braces are no magic in a pattern, but brackets, stars and question marks in a prefix would be. */
void name_pattern(struct redis_args *args, const char *prefix, const char *beginning)
{
    struct buf pattern = BUF_INIT;
    for (const char *c = prefix; *c != '\0'; c++) {
        if (strchr("*?[]\\^", *c) != NULL)
            buf_add_char(&pattern, '\\');
        buf_add_char(&pattern, *c);
    }
    buf_addf(&pattern, ":%s*", beginning);
    redis_arg(args, pattern.data);
    buf_fini(&pattern);
}
