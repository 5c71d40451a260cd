#include "common/queue/worker_list.h"

#include "common/queue/names.h"
#include "embedded/lua.h"

/* The reply of workers.lua: the time, then pairs. */
#define FIRST 1
#define ENDED_MS (WORKER_LIST_FORGET_MS - 10000)

static enum err read_said(const struct dispatch *dispatch, struct worker_list *list, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    for (size_t i = 0; i < list->count; i++)
        name_worker(args, dispatch->prefix, worker_list_id(list, i));
    enum err err = redis_run_script(dispatch->redis, &lua_heartbeats, redis_args_count(args), args, &list->said, error);
    redis_args_drop(args);
    return err;
}

enum err worker_list_read(const struct dispatch *dispatch, struct worker_list *list, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    *list = (struct worker_list){0, NULL, NULL};
    name_plain(args, dispatch->prefix, "workers");
    redis_arg_int(args, WORKER_LIST_MAX);
    enum err err = redis_run_script(dispatch->redis, &lua_workers, 1, args, &list->beats, error);
    redis_args_drop(args);
    if (err == ERR_OK && redis_count(list->beats) > FIRST)
        list->count = (redis_count(list->beats) - FIRST) / 2;
    return err == ERR_OK && list->count > 0 ? read_said(dispatch, list, error) : err;
}

void worker_list_fini(struct worker_list *list)
{
    if (list->beats != NULL)
        freeReplyObject(list->beats);
    if (list->said != NULL)
        freeReplyObject(list->said);
    *list = (struct worker_list){0, NULL, NULL};
}

const char *worker_list_id(const struct worker_list *list, size_t i)
{
    return redis_text(redis_item(list->beats, FIRST + 2 * i));
}

int64_t worker_list_silent_ms(const struct worker_list *list, size_t i)
{
    int64_t now_ms = redis_int(redis_item(list->beats, 0)),
            beat_ms = redis_int(redis_item(list->beats, FIRST + 2 * i + 1));
    return beat_ms < 0 || beat_ms > now_ms ? 0 : now_ms - beat_ms;
}

const char *worker_list_said(const struct worker_list *list, size_t i)
{
    return redis_text(redis_item(list->said, i));
}

bool worker_list_has_ended(const struct worker_list *list, size_t i)
{
    return worker_list_silent_ms(list, i) >= ENDED_MS;
}
