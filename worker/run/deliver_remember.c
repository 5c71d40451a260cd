#include "worker/run/deliver_remember.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/json.h"

struct deliver_remember deliver_remember_read(const char *checkpoint)
{
    struct deliver_remember remember = {.cleared = false};
    struct json_object *json = NULL;
    struct err_info ignored;
    if (checkpoint == NULL ||
        json_parse(checkpoint, strlen(checkpoint), JSON_LIMITS_REQUEST, &json, &ignored) != ERR_OK)
        return remember;
    remember.cleared = json_get_bool(json, "cleared", false);
    remember.created = json_get_int(json, "created", 0);
    remember.updated = json_get_int(json, "updated", 0);
    remember.deleted = json_get_int(json, "deleted", 0);
    remember.bytes = json_get_int(json, "bytes", 0);
    remember.done = json_get_int(json, "done", 0);
    remember.total = json_get_int(json, "total", 0);
    json_object_put(json);
    return remember;
}

const char *deliver_remember_write(const struct deliver_remember *remember, char out[DELIVER_REMEMBER_MAX])
{
    char progress[80] = "";
    if (remember->total > 0)
        snprintf(progress, sizeof progress, ",\"done\":%" PRId64 ",\"total\":%" PRId64, remember->done,
                 remember->total);
    snprintf(out, DELIVER_REMEMBER_MAX,
             "{\"cleared\":%s,\"created\":%" PRId64 ",\"updated\":%" PRId64 ",\"deleted\":%" PRId64
             ",\"bytes\":%" PRId64 "%s}",
             remember->cleared ? "true" : "false", remember->created, remember->updated, remember->deleted,
             remember->bytes, progress);
    return out;
}
