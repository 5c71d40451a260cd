/*
 * A walk over JSON without a tree: for the lines and files that are read by the hundred thousand, of which a few
 * members count. It copies nothing, allocates nothing, and gives numbers as the text that stands there, so that money
 * never passes through a double. The grammar is RFC 8259's, depth bounded; what json.h refuses beyond it (duplicate
 * keys, NUL, halves of surrogate pairs) passes where nobody looks, because foreign prose is none of our business.
 *
 * The first error sticks: from then on every call gives false, and json_walk_fail tells it. A walk is used like this:
 *     struct json_slice key;
 *     for (bool more = json_walk_enter(&walk, '{'); more && json_walk_key(&walk, &key);)
 *         more = … || json_walk_skip(&walk);
 */
#ifndef REPRISE_BASE_JSON_WALK_H
#define REPRISE_BASE_JSON_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/json_slice.h"

struct json_walk {
    const char *begin, *at, *end;
    int depth_left;
    bool first;              /* just entered a container: no comma is due */
    const char *problem;     /* NULL while all is well */
    const char *problem_at;  /* its place */
    struct json_slice twice; /* the key, where that is the problem */
};

/* `bytes` stays the caller's and must outlive the slices taken from it. */
void json_walk_init(struct json_walk *walk, const char *bytes, size_t len, int max_depth);

/* The character that begins the next value ('{', '[', '"', '-' or a digit, 't', 'f', 'n'), or 0 at the end. */
char json_walk_peek(struct json_walk *walk);
bool json_walk_next_is_number(struct json_walk *walk);
/* Into an object ('{') or an array ('['). */
bool json_walk_enter(struct json_walk *walk, char open);
/* To the next member's value, or false (no error) behind the object's end. */
bool json_walk_key(struct json_walk *walk, struct json_slice *key);
/* To the next item, or false (no error) behind the array's end. */
bool json_walk_item(struct json_walk *walk);
bool json_walk_string(struct json_walk *walk, struct json_slice *out);
bool json_walk_number(struct json_walk *walk, struct json_slice *out);
bool json_walk_bool(struct json_walk *walk, bool *out);
bool json_walk_null(struct json_walk *walk);
/* Past a value of any kind. */
bool json_walk_skip(struct json_walk *walk);
/* True if nothing follows and nothing was wrong. */
bool json_walk_end(struct json_walk *walk);

/* Sets the error, at the place reached, unless there is one. `problem` is a constant. Returns false. */
bool json_walk_refuse(struct json_walk *walk, const char *problem);
/* The same at another place of the input. */
bool json_walk_refuse_at(struct json_walk *walk, const char *place, const char *problem);
/* The same for a key that stands there a second time; the error names it. */
bool json_walk_refuse_twice(struct json_walk *walk, const struct json_slice *key);
/* ERR_USAGE with line and column of the error that stopped the walk. */
enum err json_walk_fail(const struct json_walk *walk, struct err_info *error);

/* What is read of an object: each member named in the table goes to its reader, all others are passed over. */
struct json_walk_field {
    const char *name;
    /* Takes the value, also one of an unexpected kind (json_walk_skip). `into` is json_walk_fields' `base` + offset. */
    bool (*read)(struct json_walk *walk, void *into);
    size_t offset;
};
#define JSON_WALK_FIELDS_MAX 64
/* Reads an object by a table of at most JSON_WALK_FIELDS_MAX rows; a named key that stands twice is an error. A value
 * that is no object is passed over. */
bool json_walk_fields(struct json_walk *walk, const struct json_walk_field *fields, size_t count, void *base);

#endif
