#include "common/query/cursor.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/crypto.h"
#include "common/base/json.h"
#include "common/base/mem.h"

/* In hex lies a JSON array: the list's name, then the keys. */

void cursor_fini(struct cursor *cursor)
{
    for (int i = 0; i < cursor->count; i++)
        free(cursor->keys[i]);
    *cursor = (struct cursor){0};
}

char *cursor_write(const char *list, const struct cursor *cursor)
{
    struct buf json = BUF_INIT;
    buf_add_char(&json, '[');
    json_add_string(&json, list, strlen(list));
    for (int i = 0; i < cursor->count; i++) {
        buf_add_char(&json, ',');
        if (cursor->keys[i] == NULL)
            buf_add_str(&json, "null");
        else
            json_add_string(&json, cursor->keys[i], strlen(cursor->keys[i]));
    }
    buf_add_char(&json, ']');
    char *text = mem_alloc(2 * json.len + 1);
    crypto_hex((const uint8_t *)json.data, json.len, text);
    buf_fini(&json);
    return text;
}

static bool is_key(struct json_object *value)
{
    return value == NULL || json_object_is_type(value, json_type_string);
}

static bool is_of(struct json_object *array, const char *list, int count)
{
    if (!json_object_is_type(array, json_type_array) || json_object_array_length(array) != (size_t)count + 1)
        return false;
    struct json_object *name = json_object_array_get_idx(array, 0);
    if (!json_object_is_type(name, json_type_string) || strcmp(json_object_get_string(name), list) != 0)
        return false;
    for (int i = 1; i <= count; i++)
        if (!is_key(json_object_array_get_idx(array, (size_t)i)))
            return false;
    return true;
}

static void take_keys(struct json_object *array, int count, struct cursor *cursor)
{
    cursor->count = count;
    for (int i = 0; i < count; i++) {
        struct json_object *key = json_object_array_get_idx(array, (size_t)i + 1);
        cursor->keys[i] = key == NULL ? NULL : mem_strdup(json_object_get_string(key));
    }
}

bool cursor_read(const char *text, const char *list, int count, struct cursor *cursor)
{
    *cursor = (struct cursor){0};
    uint8_t bytes[CURSOR_TEXT_MAX / 2];
    size_t len = strlen(text) / 2;
    if (strlen(text) > CURSOR_TEXT_MAX || !crypto_unhex(text, bytes, len))
        return false;
    struct err_info error;
    struct json_object *array = NULL;
    if (json_parse((const char *)bytes, len, JSON_LIMITS_REQUEST, &array, &error) != ERR_OK)
        return false;
    bool fits = is_of(array, list, count);
    if (fits)
        take_keys(array, count, cursor);
    json_object_put(array);
    return fits;
}
