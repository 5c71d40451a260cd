/*
 * A walk over JSON without a tree: for the lines and files that are read by the hundred thousand, of which a few
 * members count. It copies nothing, allocates nothing, and gives numbers as the text that stands there, so that money
 * never passes through a double. The grammar is RFC 8259's, depth bounded; what json.h refuses beyond it (duplicate
 * keys, NUL, halves of surrogate pairs) passes in members that are not read, because foreign prose is not checked here.
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
#include "common/base/json.h"

#define JSON_WALK_ODD_MAX 8

struct json_walk {
    const char *begin, *at, *end;
    int depth_left;
    bool first;                                /* just entered a container: no comma is due */
    const char *problem;                       /* NULL while all is well */
    const char *problem_at;                    /* its place */
    struct json_slice twice;                   /* the key, where that is the problem */
    bool lenient;                              /* see json_walk_be_lenient */
    bool mended;                               /* a string held bytes that are not UTF-8, or raw control characters */
    bool odd;                                  /* the value in hand cannot be used */
    const char *odd_fields[JSON_WALK_ODD_MAX]; /* of json_walk_fields' tables, whose values could not be used */
    size_t odd_count;                          /* may exceed JSON_WALK_ODD_MAX */
};

/* `bytes` stays the caller's and must outlive the slices taken from it. A byte order mark, with which programs on
 * Windows begin a file, is passed over. */
void json_walk_init(struct json_walk *walk, const char *bytes, size_t len, int max_depth);

/* From now on: what Python and Windows write and RFC 8259 forbids is read as far as it can be. Strings may hold bytes
 * that are not UTF-8 and raw control characters (json_slice_text replaces what is no text); NaN, Infinity and -Infinity
 * are values that are no numbers and can only be skipped. */
void json_walk_be_lenient(struct json_walk *walk);

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
/* The same for a value of a kind that cannot be used where it stands; null is as good as absent. */
bool json_walk_skip_odd(struct json_walk *walk);
/* The value that was read cannot be used (out of its range). json_walk_fields notes the name of its field. */
void json_walk_note_odd(struct json_walk *walk);
/* The names that were noted, comma separated, into `out`. */
void json_walk_odd_names(const struct json_walk *walk, char *out, size_t size);
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
