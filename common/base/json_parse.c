/*
 * The two readers on top of a walk (json_walk.h). One builds json-c's objects and refuses what they cannot hold or
 * hide: NUL and halves of surrogate pairs in strings, duplicate keys, integers beyond 64 bits. It does not use json-c's
 * tokener: that one, even when strict, takes single quotes, clamps large integers and lets the last of two equal keys
 * win. The other fills a struct by a table, for files that are read by the hundred thousand.
 */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/json_walk.h"

static bool build_value(struct json_walk *walk, struct json_object **out);

/* Out of memory in json-c ends the program as everywhere else. */
static struct json_object *made(struct json_object *object)
{
    if (object == NULL)
        abort();
    return object;
}

/* At the hex digits of an escape that begins at `escape`; returns what follows, NULL where it is refused. */
static const char *check_unicode(struct json_walk *walk, const char *escape, const char *end)
{
    uint32_t code = json_slice_hex4(escape + 2);
    const char *next = escape + 6;
    bool is_high = code >= 0xD800 && code <= 0xDBFF, is_low = code >= 0xDC00 && code <= 0xDFFF;
    if (code == 0) {
        json_walk_refuse_at(walk, escape, "NUL is not allowed in a string");
        return NULL;
    }
    if (is_high && end - next >= 6 && next[0] == '\\' && next[1] == 'u') {
        uint32_t low = json_slice_hex4(next + 2);
        is_high = low < 0xDC00 || low > 0xDFFF;
        next += 6;
    }
    if (is_high || is_low) {
        json_walk_refuse_at(walk, escape, "half of a surrogate pair");
        return NULL;
    }
    return next;
}

static bool check_escapes(struct json_walk *walk, const struct json_slice *slice)
{
    const char *end = slice->bytes + slice->len, *at = slice->escaped ? slice->bytes : end;
    while ((at = memchr(at, '\\', (size_t)(end - at))) != NULL) {
        at = at[1] == 'u' ? check_unicode(walk, at, end) : at + 2;
        if (at == NULL)
            return false;
    }
    return true;
}

static bool build_string(struct json_walk *walk, struct json_object **out)
{
    struct json_slice slice;
    if (!json_walk_string(walk, &slice) || !check_escapes(walk, &slice))
        return false;
    if (!slice.escaped) {
        *out = made(json_object_new_string_len(slice.bytes, (int)slice.len));
        return true;
    }
    char *text = json_slice_text(&slice);
    *out = made(json_object_new_string(text));
    free(text);
    return true;
}

/* strtod reads a point because no program of ours leaves the C locale. */
static bool build_number(struct json_walk *walk, struct json_object **out)
{
    struct json_slice slice;
    if (!json_walk_number(walk, &slice))
        return false;
    char *text = json_slice_text(&slice);
    bool is_whole = strpbrk(text, ".eE") == NULL;
    errno = 0;
    long long whole = is_whole ? strtoll(text, NULL, 10) : 0;
    bool is_beyond = errno == ERANGE;
    double number = is_whole ? 0.0 : strtod(text, NULL);
    free(text);
    if (is_whole && is_beyond)
        return json_walk_refuse_at(walk, slice.bytes, "an integer beyond 64 bits");
    if (!isfinite(number))
        return json_walk_refuse_at(walk, slice.bytes, "a number that is too large");
    *out = made(is_whole ? json_object_new_int64(whole) : json_object_new_double(number));
    return true;
}

static bool build_items(struct json_walk *walk, struct json_object *array)
{
    struct json_object *item = NULL;
    while (json_walk_item(walk)) {
        if (!build_value(walk, &item))
            return false;
        if (json_object_array_add(array, item) != 0)
            abort();
    }
    return walk->problem == NULL;
}

static bool build_member(struct json_walk *walk, struct json_object *object, const struct json_slice *slice)
{
    struct json_object *value = NULL;
    if (!check_escapes(walk, slice))
        return false;
    char *key = json_slice_text(slice);
    bool fine = !json_object_object_get_ex(object, key, NULL);
    if (!fine)
        json_walk_refuse_twice(walk, slice);
    fine = fine && build_value(walk, &value);
    if (fine && json_object_object_add(object, key, value) != 0)
        abort();
    free(key);
    return fine;
}

static bool build_members(struct json_walk *walk, struct json_object *object)
{
    struct json_slice key;
    while (json_walk_key(walk, &key))
        if (!build_member(walk, object, &key))
            return false;
    return walk->problem == NULL;
}

static bool build_container(struct json_walk *walk, char open, struct json_object **out)
{
    if (!json_walk_enter(walk, open))
        return false;
    struct json_object *container = made(open == '{' ? json_object_new_object() : json_object_new_array());
    if (!(open == '{' ? build_members(walk, container) : build_items(walk, container))) {
        json_object_put(container);
        return false;
    }
    *out = container;
    return true;
}

static bool build_bool(struct json_walk *walk, struct json_object **out)
{
    bool value = false;
    if (!json_walk_bool(walk, &value))
        return false;
    *out = made(json_object_new_boolean(value));
    return true;
}

/* On failure `*out` is left alone. */
static bool build_value(struct json_walk *walk, struct json_object **out)
{
    char c = json_walk_peek(walk);
    if (c == '{' || c == '[')
        return build_container(walk, c, out);
    if (c == '"')
        return build_string(walk, out);
    if (c == 't' || c == 'f')
        return build_bool(walk, out);
    if (c != 'n')
        return build_number(walk, out);
    if (!json_walk_null(walk))
        return false;
    *out = NULL;
    return true;
}

enum err json_parse(const char *bytes, size_t len, struct json_limits limits, struct json_object **out,
                    struct err_info *error)
{
    assert(limits.max_bytes <= INT32_MAX && limits.max_depth >= 1);
    struct json_walk walk;
    struct json_object *value = NULL;
    *out = NULL;
    if (len > limits.max_bytes)
        return err_set(error, ERR_USAGE, "JSON of %zu bytes: at most %zu are allowed", len, limits.max_bytes);
    json_walk_init(&walk, len > 0 ? bytes : "", len, limits.max_depth);
    if (!build_value(&walk, &value) || !json_walk_end(&walk)) {
        json_object_put(value);
        return json_walk_fail(&walk, error);
    }
    *out = value;
    return ERR_OK;
}

/* ---- into a struct, by a table ----------------------------------------------------------------------------------- */

static void note_field(struct json_walk *walk, const char *name)
{
    if (walk->odd_count < JSON_WALK_ODD_MAX)
        walk->odd_fields[walk->odd_count] = name;
    walk->odd_count++;
    walk->odd = false;
}

bool json_walk_fields(struct json_walk *walk, const struct json_walk_field *fields, size_t count, void *base)
{
    assert(count <= JSON_WALK_FIELDS_MAX);
    if (json_walk_peek(walk) != '{')
        return json_walk_skip(walk);
    struct json_slice key;
    uint64_t seen = 0;
    if (!json_walk_enter(walk, '{'))
        return false;
    while (json_walk_key(walk, &key)) {
        size_t i = 0;
        while (i < count && !json_slice_is(&key, fields[i].name))
            i++;
        if (i < count && (seen >> i & 1) != 0)
            return json_walk_refuse_twice(walk, &key);
        if (i < count)
            seen |= UINT64_C(1) << i;
        if (!(i < count ? fields[i].read(walk, (char *)base + fields[i].offset) : json_walk_skip(walk)))
            return false;
        if (i < count && walk->odd)
            note_field(walk, fields[i].name);
    }
    return walk->problem == NULL;
}
