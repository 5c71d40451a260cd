/*
 * From YAML to JSON and back. Plain scalars are typed by the core schema of YAML 1.2 (section 10.3.2): what looks like
 * a number but does not fit stays text, so that no digit is lost in silence and the check of types says so.
 */
#include <errno.h>
#include <json-c/json_object_iterator.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/yaml.h"

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (!strcmp(text, *words))
            return true;
    }
    return false;
}

static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
static const char *const trues[] = {"true", "True", "TRUE", NULL};
static const char *const falses[] = {"false", "False", "FALSE", NULL};

bool yaml_is_null(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && node->plain && is_one_of(node->scalar, nulls);
}

static size_t digits(const char *text, const char *allowed)
{
    return strspn(text, allowed);
}

/* [-+]?[0-9]+ | 0o[0-7]+ | 0x[0-9a-fA-F]+ */
static bool read_int(const char *text, int64_t *number)
{
    static const char decimal[] = "0123456789", octal[] = "01234567", hex[] = "0123456789abcdefABCDEF";
    const char *first = text + (text[0] == '-' || text[0] == '+');
    const char *allowed = decimal;
    int base = 10;

    if (!strncmp(text, "0o", 2) || !strncmp(text, "0x", 2)) {
        base = text[1] == 'o' ? 8 : 16;
        allowed = base == 8 ? octal : hex;
        text = first = text + 2;
    }
    if (!*first || first[digits(first, allowed)])
        return false;
    errno = 0;
    *number = strtoll(text, NULL, base);
    return errno == 0;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? and not an integer; .inf and .nan have no JSON. */
static bool read_number(const char *text, double *number)
{
    static const char decimal[] = "0123456789";
    const char *at = text + (text[0] == '-' || text[0] == '+');
    size_t whole = digits(at, decimal), fraction = 0;
    bool is_int = true;

    at += whole;
    if (*at == '.') {
        is_int = false;
        fraction = digits(at + 1, decimal);
        at += 1 + fraction;
    }
    if (!whole && !fraction)
        return false;
    if (*at == 'e' || *at == 'E') {
        is_int = false;
        at += 1 + (at[1] == '-' || at[1] == '+');
        if (!digits(at, decimal))
            return false;
        at += digits(at, decimal);
    }
    if (*at || is_int)
        return false;
    *number = strtod(text, NULL);
    return isfinite(*number);
}

static struct json_object *scalar_to_json(const struct yaml_node *node)
{
    int64_t whole;
    double number;

    if (yaml_is_null(node))
        return NULL;
    if (node->plain && is_one_of(node->scalar, trues))
        return json_object_new_boolean(1);
    if (node->plain && is_one_of(node->scalar, falses))
        return json_object_new_boolean(0);
    if (node->plain && read_int(node->scalar, &whole))
        return json_object_new_int64(whole);
    if (node->plain && read_number(node->scalar, &number))
        return json_object_new_double(number);
    return json_object_new_string(node->scalar);
}

struct json_object *yaml_to_json(const struct yaml_node *node)
{
    struct json_object *value;

    switch (node->kind) {
    case YAML_SEQUENCE:
        value = json_object_new_array();
        for (size_t i = 0; i < node->count; i++)
            json_object_array_add(value, yaml_to_json(node->items[i]));
        return value;
    case YAML_MAPPING:
        value = json_object_new_object();
        for (size_t i = 0; i < node->count; i++)
            json_object_object_add(value, node->keys[i]->scalar, yaml_to_json(node->items[i]));
        return value;
    case YAML_SCALAR:
        break;
    }
    return scalar_to_json(node);
}

static struct yaml_node *scalar_new(const char *text, enum json_type type)
{
    struct yaml_node *node = mem_zalloc(sizeof *node);

    node->kind = YAML_SCALAR;
    node->plain = type != json_type_string;
    node->scalar = mem_strdup(text);
    return node;
}

static struct yaml_node *container_new(enum yaml_kind kind, size_t count)
{
    struct yaml_node *node = mem_zalloc(sizeof *node);

    node->kind = kind;
    node->items = mem_array(count ? count : 1, sizeof(struct yaml_node *));
    if (kind == YAML_MAPPING)
        node->keys = mem_array(count ? count : 1, sizeof(struct yaml_node *));
    return node;
}

static struct yaml_node *mapping_from_json(struct json_object *object)
{
    struct yaml_node *node = container_new(YAML_MAPPING, (size_t)json_object_object_length(object));
    struct json_object_iterator at = json_object_iter_begin(object), end = json_object_iter_end(object);

    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        node->keys[node->count] = scalar_new(json_object_iter_peek_name(&at), json_type_string);
        node->items[node->count++] = yaml_from_json(json_object_iter_peek_value(&at));
    }
    return node;
}

static struct yaml_node *sequence_from_json(struct json_object *array)
{
    struct yaml_node *node = container_new(YAML_SEQUENCE, json_object_array_length(array));

    while (node->count < json_object_array_length(array)) {
        node->items[node->count] = yaml_from_json(json_object_array_get_idx(array, node->count));
        node->count++;
    }
    return node;
}

struct yaml_node *yaml_from_json(struct json_object *value)
{
    enum json_type type = json_object_get_type(value);

    if (type == json_type_object)
        return mapping_from_json(value);
    if (type == json_type_array)
        return sequence_from_json(value);
    return scalar_new(type == json_type_null ? "null" : json_object_get_string(value), type);
}
