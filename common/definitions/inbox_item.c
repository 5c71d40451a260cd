/*
 * Reading an inbox item: bytes in, struct out, no I/O. Any client of Redis may have written it, so sizes and depth are
 * bounded, unknown members are refused, and the reason is written for the client. Called by inbox.c; fuzzed.
 */
#include <json-c/linkhash.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/definitions/inbox.h"

/* A stamped item is {"stamped":"op_…","request":{…}}: the client's own text stays as it was. */
#define STAMPED_BEGINS "{\"stamped\":"
#define STAMP_ROOM 100 /* bytes that a stamp adds, with room to spare */
static const char *const stamped_keys[] = {"stamped", "request", NULL};
static const char *const run_keys[] = {"definition", "args", "operation_id", "request_id", "requested_by", NULL};

static const struct {
    const char *key;
    enum inbox_verb verb;
} verbs[] = {{"cancel", INBOX_CANCEL}, {"pause", INBOX_PAUSE}, {"resume", INBOX_RESUME}};

static char *copy_text(struct json_object *object, const char *key)
{
    const char *text = json_get_string(object, key);
    return text == NULL ? NULL : mem_strdup(text);
}

/* A member that is there must be a string of a bounded length: a number would be silently lost. */
static enum err check_texts(struct json_object *object, struct err_info *error)
{
    json_object_object_foreach(object, key, value)
    {
        if (strcmp(key, "args") == 0)
            continue;
        if (!json_object_is_type(value, json_type_string) || json_object_get_string_len(value) > 200)
            return err_set(error, ERR_USAGE, "\"%s\" must be a string of at most 200 bytes", key);
    }
    struct json_object *args = json_get(object, "args");
    if (args != NULL && !json_object_is_type(args, json_type_object))
        return err_set(error, ERR_USAGE, "\"args\" must be an object");
    return ERR_OK;
}

static enum err read_run(struct json_object *object, struct inbox_item *item, struct err_info *error)
{
    enum err err = json_only_keys(object, run_keys, error);
    if (err == ERR_OK)
        err = check_texts(object, error);
    if (err != ERR_OK)
        return err;
    item->verb = INBOX_RUN;
    item->definition = copy_text(object, "definition");
    item->operation_id = copy_text(object, "operation_id");
    item->request_id = copy_text(object, "request_id");
    item->requested_by = copy_text(object, "requested_by");
    item->args = json_object_get(json_get(object, "args"));
    return ERR_OK;
}

static enum err read_request(struct json_object *object, struct inbox_item *item, struct err_info *error)
{
    if (!json_object_is_type(object, json_type_object))
        return err_set(
            error, ERR_USAGE,
            "a request is a JSON object, e.g. {\"definition\":\"resync-app\",\"args\":{\"app_id\":\"app_…\"}}");
    if (json_get(object, "definition") != NULL)
        return read_run(object, item, error);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        const char *keys[] = {verbs[i].key, NULL};
        if (json_get(object, verbs[i].key) == NULL)
            continue;
        enum err err = json_only_keys(object, keys, error);
        if (err == ERR_OK)
            err = check_texts(object, error);
        item->verb = verbs[i].verb;
        item->operation_id = err == ERR_OK ? copy_text(object, verbs[i].key) : NULL;
        return err;
    }
    return err_set(
        error, ERR_USAGE,
        "a request needs \"definition\" (with \"args\"), or \"cancel\", \"pause\" or \"resume\" with an operation id");
}

static enum err read_item(struct json_object *object, struct inbox_item *item, struct err_info *error)
{
    const char *stamp = json_get_string(object, "stamped");
    if (stamp == NULL)
        return read_request(object, item, error);
    enum err err = json_only_keys(object, stamped_keys, error);
    if (err == ERR_OK && !id_is_operation(stamp))
        err = err_set(error, ERR_USAGE, "\"stamped\" is no operation id");
    if (err == ERR_OK)
        err = read_request(json_get(object, "request"), item, error);
    if (err == ERR_OK)
        snprintf(item->stamp, sizeof item->stamp, "%s", stamp);
    return err;
}

/* What is within the limits without its stamp must be so with it: it is read again after a death. */
static struct json_limits limits_of(const char *bytes, size_t len)
{
    struct json_limits limits = {INBOX_ITEM_MAX, INBOX_ITEM_DEPTH};
    if (len >= strlen(STAMPED_BEGINS) && memcmp(bytes, STAMPED_BEGINS, strlen(STAMPED_BEGINS)) == 0) {
        limits.max_bytes += STAMP_ROOM;
        limits.max_depth++;
    }
    return limits;
}

enum err inbox_item_parse(const char *bytes, size_t len, struct inbox_item *item, struct err_info *error)
{
    *item = (struct inbox_item){0};
    struct json_object *object = NULL;
    enum err err = json_parse(bytes, len, limits_of(bytes, len), &object, error);
    err = err == ERR_OK ? read_item(object, item, error) : err_prefix(error, "the request cannot be read as JSON");
    json_object_put(object);
    if (err != ERR_OK)
        inbox_item_fini(item);
    return err;
}

size_t inbox_item_stamp_bytes(const char *bytes, size_t len)
{
    static const char form[] = STAMPED_BEGINS "\"op_??????????????????????????\",\"request\":";
    size_t before = sizeof form - 1, i = 0;
    while (i < before && i < len && (form[i] == '?' || form[i] == bytes[i]))
        i++;
    return i == before && len > before && bytes[len - 1] == '}' ? before : 0;
}

void inbox_item_fini(struct inbox_item *item)
{
    free(item->definition);
    free(item->operation_id);
    free(item->request_id);
    free(item->requested_by);
    json_object_put(item->args);
    *item = (struct inbox_item){0};
}
