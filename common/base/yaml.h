/*
 * YAML (and so JSON) as a tree in which every node knows its line and column, for error texts that can be acted on.
 * Bounded: size, depth, number of nodes. Anchors and aliases are refused: nothing here needs them and bombs do.
 * Duplicate keys, keys that are not scalars, tags, several documents, NUL and what is not UTF-8 are refused.
 */
#ifndef REPRISE_BASE_YAML_H
#define REPRISE_BASE_YAML_H

#include <json-c/json_object.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
    enum yaml_kind kind;
    int line, column;         /* from 1 */
    char *scalar;             /* of a scalar */
    bool plain;               /* written without quotes: `5`, `true`, `null` then mean what they say */
    int indent;               /* of a literal block (`|`): what stands before each of its lines; else 0 */
    size_t count;             /* items of a sequence, pairs of a mapping */
    struct yaml_node **keys;  /* of a mapping: scalars */
    struct yaml_node **items; /* of a sequence, or the values of a mapping */
};

#define YAML_MAX_BYTES (1024 * 1024)
#define YAML_MAX_DEPTH 32
#define YAML_MAX_NODES 20000

/* Reads one document; an empty input is a null. On success `*out` is the caller's (yaml_drop). On failure ERR_USAGE
 * with line and column. */
MUST_CHECK enum err yaml_parse(const char *bytes, size_t len, struct yaml_node **out, struct err_info *error);
void yaml_drop(struct yaml_node *node);

/* The value of `key`, borrowed; NULL if absent or `mapping` is not a mapping. */
const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key);
/* As a JSON value, the caller's: plain scalars typed by YAML 1.2's core rules (null, true/false, integers within 64
 * bits, numbers), quoted ones are strings. NULL stands for null. */
struct json_object *yaml_to_json(const struct yaml_node *node);
/* A tree from JSON that is stored somewhere: nodes have no place (line 0), and errors about them name none. The
 * caller's. */
struct yaml_node *yaml_from_json(struct json_object *value);
/* True for a plain `null`, `~` or nothing at all, e.g. the value of `key:`. */
bool yaml_is_null(const struct yaml_node *node);
/* The line and column of byte `offset` of a scalar's text, where that can be told: in a literal block (`|`), and in
 * what is written on one line without escapes; else those of the scalar. */
void yaml_place(const struct yaml_node *scalar, size_t offset, int *line, int *column);
/* Fills `error` with the node's place before the text: "line 3, column 5: …"; returns ERR_USAGE. */
enum err yaml_error(const struct yaml_node *node, struct err_info *error, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
