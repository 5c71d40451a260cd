/*
 * One strict reader for all JSON that comes from outside, over json-c: double quotes only, UTF-8 checked, no NUL in
 * strings, no duplicate keys, integers within 64 bits, depth and size bounded, nothing after the value. Plus the
 * writer's small parts and lookups that say what they expected.
 */
#ifndef REPRISE_BASE_JSON_H
#define REPRISE_BASE_JSON_H

#include <json-c/json_object.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"

struct json_limits {
    size_t max_bytes;
    int max_depth; /* 1 = a scalar or a flat container */
};
#define JSON_LIMITS_REQUEST ((struct json_limits){1024 * 1024, 32})

/* Reads `len` bytes as one value. On success `*out` is the caller's (json_object_put). On failure ERR_USAGE with line
 * and column where known. A JSON null is a success with `*out` NULL. */
MUST_CHECK enum err json_parse(const char *bytes, size_t len, struct json_limits limits, struct json_object **out,
                               struct err_info *error);

/* Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD. */
void json_add_string(struct buf *buf, const char *text, size_t len);
/* Appends the value with keys sorted and no white space: equal values have equal bytes. */
void json_add_canonical(struct buf *buf, struct json_object *value);

/* Borrowed members of an object; NULL or the given default if absent, null, or of another type. `object` may be NULL.
 */
const char *json_get_string(struct json_object *object, const char *key);
int64_t json_get_int(struct json_object *object, const char *key, int64_t otherwise);
double json_get_double(struct json_object *object, const char *key, double otherwise);
bool json_get_bool(struct json_object *object, const char *key, bool otherwise);
struct json_object *json_get(struct json_object *object, const char *key);

/* Refuses keys of `object` that are not in `allowed` (NULL-terminated), naming the first one found and what is allowed.
 */
MUST_CHECK enum err json_only_keys(struct json_object *object, const char *const *allowed, struct err_info *error);

/* True if `len` bytes are valid UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool json_is_utf8(const char *bytes, size_t len);

/* A part of JSON text that a walk (json_walk.h) has found and checked. */

/* Borrowed. Of a string: what stands between the quotes. */
struct json_slice {
    const char *bytes; /* NULL: there is none */
    size_t len;
    bool escaped; /* a string with backslashes in it, or with bytes that are no text */
};

/* Whether the string is `text`, its escapes understood. */
bool json_slice_is(const struct json_slice *slice, const char *text);
/* The string with its escapes resolved, the caller's to free; NUL, halves of surrogate pairs and bytes that are not
 * UTF-8 become U+FFFD. */
char *json_slice_text(const struct json_slice *slice);
/* The value of four hex digits, as they stand behind \u in a slice. */
uint32_t json_slice_hex4(const char *digits);

#endif
