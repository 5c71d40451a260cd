/*
 * The writer's parts, the lookups, and slices of JSON text that a walk has checked; the reader is json_parse.c. Lookups
 * never fail: a member that is absent or of another type is its default, so each caller checks what it needs. Strings
 * are always written as valid JSON: bytes that are not UTF-8 become U+FFFD.
 */
#include "common/base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <json-c/json_object_iterator.h>
#include <json-c/json_util.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/crypto.h"
#include "common/base/mem.h"
#include "common/base/utf8.h"

bool json_is_utf8(const char *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        uint32_t code = 0;
        size_t take = utf8_decode(bytes + at, len - at, &code);
        if (take == 0)
            return false;
        at += take;
    }
    return true;
}

/* The letter of a two-character escape, or 0. */
static char short_escape(uint32_t code)
{
    switch (code) {
    case '"':
    case '\\':
        return (char)code;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

/* DEL and C1 need no escape in JSON; they get one because log lines may be read on a terminal. */
static bool needs_escape(uint32_t code)
{
    return code < 0x20 || code == '"' || code == '\\' || (code >= 0x7F && code <= 0x9F);
}

static void add_escape(struct buf *buf, uint32_t code)
{
    char letter = short_escape(code);
    if (letter != 0)
        buf_addf(buf, "\\%c", letter);
    else
        buf_addf(buf, "\\u%04" PRIx32, code);
}

void json_add_string(struct buf *buf, const char *text, size_t len)
{
    buf_add_char(buf, '"');
    size_t done = 0;
    for (size_t at = 0; at < len;) {
        uint32_t code = 0;
        size_t take = utf8_decode(text + at, len - at, &code);
        if (take > 0 && !needs_escape(code)) {
            at += take;
            continue;
        }
        buf_add(buf, text + done, at - done);
        if (take == 0)
            buf_add_str(buf, "\xEF\xBF\xBD");
        else
            add_escape(buf, code);
        at += take > 0 ? take : 1;
        done = at;
    }
    buf_add(buf, text + done, len - done);
    buf_add_char(buf, '"');
}

/* json-c holds integers above INT64_MAX apart, and clamps them when asked for a signed one. */
static void add_integer(struct buf *buf, struct json_object *value)
{
    int64_t number = json_object_get_int64(value);
    if (number == INT64_MAX)
        buf_addf(buf, "%" PRIu64, json_object_get_uint64(value));
    else
        buf_add_int(buf, number);
}

/* The fewest digits that read back as the same number. A point or an exponent stays, so that it reads back as one. */
static void add_double(struct buf *buf, double number)
{
    if (!isfinite(number)) {
        buf_add_str(buf, "null");
        return;
    }
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number == 0 ? 0.0 : number);
        if (strtod(text, NULL) == number)
            break;
    }
    buf_add_str(buf, text);
    if (strpbrk(text, ".e") == NULL)
        buf_add_str(buf, ".0");
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_object(struct buf *buf, struct json_object *object)
{
    size_t count = (size_t)json_object_object_length(object), filled = 0;
    const char **keys = mem_array(count, sizeof(*keys));
    struct json_object_iterator at = json_object_iter_begin(object), end = json_object_iter_end(object);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
        keys[filled++] = json_object_iter_peek_name(&at);
    qsort(keys, count, sizeof(*keys), compare_keys);
    buf_add_char(buf, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_char(buf, ',');
        json_add_string(buf, keys[i], strlen(keys[i]));
        buf_add_char(buf, ':');
        json_add_canonical(buf, json_object_object_get(object, keys[i]));
    }
    buf_add_char(buf, '}');
    free(keys);
}

static void add_array(struct buf *buf, struct json_object *array)
{
    buf_add_char(buf, '[');
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        if (i > 0)
            buf_add_char(buf, ',');
        json_add_canonical(buf, json_object_array_get_idx(array, i));
    }
    buf_add_char(buf, ']');
}

void json_add_canonical(struct buf *buf, struct json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_null:
        buf_add_str(buf, "null");
        break;
    case json_type_boolean:
        buf_add_str(buf, json_object_get_boolean(value) ? "true" : "false");
        break;
    case json_type_int:
        add_integer(buf, value);
        break;
    case json_type_double:
        add_double(buf, json_object_get_double(value));
        break;
    case json_type_string:
        json_add_string(buf, json_object_get_string(value), (size_t)json_object_get_string_len(value));
        break;
    case json_type_object:
        add_object(buf, value);
        break;
    case json_type_array:
        add_array(buf, value);
        break;
    }
}

struct json_object *json_get(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;
    if (!json_object_is_type(object, json_type_object))
        return NULL;
    json_object_object_get_ex(object, key, &value);
    return value;
}

const char *json_get_string(struct json_object *object, const char *key)
{
    struct json_object *value = json_get(object, key);
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

int64_t json_get_int(struct json_object *object, const char *key, int64_t otherwise)
{
    struct json_object *value = json_get(object, key);
    return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : otherwise;
}

/* An integer is a number too: who asks for a double takes 3 for 3.0. */
double json_get_double(struct json_object *object, const char *key, double otherwise)
{
    struct json_object *value = json_get(object, key);
    bool is_number = json_object_is_type(value, json_type_double) || json_object_is_type(value, json_type_int);
    return is_number ? json_object_get_double(value) : otherwise;
}

bool json_get_bool(struct json_object *object, const char *key, bool otherwise)
{
    struct json_object *value = json_get(object, key);
    return json_object_is_type(value, json_type_boolean) ? json_object_get_boolean(value) : otherwise;
}

static bool is_allowed(const char *key, const char *const *allowed)
{
    for (; *allowed != NULL; allowed++)
        if (strcmp(key, *allowed) == 0)
            return true;
    return false;
}

enum err json_only_keys(struct json_object *object, const char *const *allowed, struct err_info *error)
{
    if (!json_object_is_type(object, json_type_object))
        return err_set(error, ERR_USAGE, "expected an object, found %s",
                       json_type_to_name(json_object_get_type(object)));
    struct json_object_iterator at = json_object_iter_begin(object), end = json_object_iter_end(object);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        const char *key = json_object_iter_peek_name(&at);
        if (is_allowed(key, allowed))
            continue;
        struct buf names = BUF_INIT;
        for (size_t i = 0; allowed[i] != NULL; i++)
            buf_addf(&names, "%s%s", i > 0 ? ", " : "", allowed[i]);
        err_set(error, ERR_USAGE, "unknown key \"%.200s\"; allowed: %s", key, names.len > 0 ? names.data : "none");
        buf_fini(&names);
        return ERR_USAGE;
    }
    return ERR_OK;
}

/* ---- a part of JSON text ----------------------------------------------------------------------------------------- */

#define REPLACEMENT UINT32_C(0xFFFD)

uint32_t json_slice_hex4(const char *digits)
{
    return (uint32_t)(crypto_unhex_byte(digits) << 8 | crypto_unhex_byte(digits + 2));
}

/* From the "u" of an escape that the walk has checked; returns what follows. */
static const char *add_unicode(struct buf *buf, const char *at, const char *end)
{
    uint32_t code = json_slice_hex4(at + 1);
    at += 5;
    bool has_next = end - at >= 6 && at[0] == '\\' && at[1] == 'u';
    if (code >= 0xD800 && code <= 0xDBFF && has_next && json_slice_hex4(at + 2) >= 0xDC00 &&
        json_slice_hex4(at + 2) <= 0xDFFF) {
        code = 0x10000 + ((code - 0xD800) << 10) + (json_slice_hex4(at + 2) - 0xDC00);
        at += 6;
    } else if (code == 0 || (code >= 0xD800 && code <= 0xDFFF)) {
        code = REPLACEMENT;
    }
    char text[4];
    buf_add(buf, text, utf8_encode(code, text));
    return at;
}

static void add_plain(struct buf *buf, const char *bytes, size_t len)
{
    for (size_t at = 0, start = 0; at <= len;) {
        uint32_t code = 0;
        size_t step = at < len ? utf8_decode(bytes + at, len - at, &code) : 0;
        if (step > 0 && code != 0) {
            at += step;
            continue;
        }
        buf_add(buf, bytes + start, at - start);
        if (at < len)
            buf_add(buf, "\xef\xbf\xbd", 3);
        start = ++at;
    }
}

char *json_slice_text(const struct json_slice *slice)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (!slice->escaped)
        return mem_strndup(slice->bytes, slice->len);
    struct buf buf = BUF_INIT;
    const char *at = slice->bytes, *end = slice->bytes + slice->len;
    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((escape != NULL ? escape : end) - at);
        add_plain(&buf, at, plain);
        at += plain;
        if (at == end)
            break;
        if (*++at == 'u') {
            at = add_unicode(&buf, at, end);
            continue;
        }
        buf_add_char(&buf, meanings[strchr(letters, *at) - letters]);
        at++;
    }
    return buf_take(&buf);
}

bool json_slice_is(const struct json_slice *slice, const char *text)
{
    if (!slice->escaped) {
        size_t len = strlen(text);
        return slice->len == len && memcmp(slice->bytes, text, len) == 0;
    }
    char *plain = json_slice_text(slice);
    bool same = strcmp(plain, text) == 0;
    free(plain);
    return same;
}
