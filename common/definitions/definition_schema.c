/*
 * The `args` of a file: the subset of JSON Schema that an argument may have, and what its parts must be to each other
 * (a default within the choices, a minimum below the maximum). Every mistake is found here, when the file is loaded,
 * with line and column: a request must never meet one. Called by the tables of definition_keys.c.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/definitions/definition_read.h"

static const char *const type_names[] = {
    [DEFINITION_STRING] = "string",   [DEFINITION_INTEGER] = "integer", [DEFINITION_NUMBER] = "number",
    [DEFINITION_BOOLEAN] = "boolean", [DEFINITION_ARRAY] = "array",
};
#define TYPE_COUNT (sizeof type_names / sizeof type_names[0])

const char *definition_type_name(enum definition_type type)
{
    return type_names[type];
}

static enum err read_type(struct definition_reader *reader, const struct definition_key *key,
                          const struct yaml_node *node, void *target)
{
    struct definition_arg *arg = target;

    for (size_t i = 0; i < TYPE_COUNT && node->kind == YAML_SCALAR; i++) {
        if (!strcmp(node->scalar, type_names[i])) {
            arg->type = (enum definition_type)i;
            return ERR_OK;
        }
    }
    return yaml_error(node, reader->error, "\"%s\" must be string, integer, number, boolean or array (of strings)",
                      key->name);
}

static enum err read_json(struct definition_reader *reader, const struct definition_key *key,
                          const struct yaml_node *node, void *target)
{
    (void)reader;
    *(struct json_object **)(void *)((char *)target + key->offset) = yaml_to_json(node);
    return ERR_OK;
}

static const struct definition_key arg_keys[] = {
#define AT(field) offsetof(struct definition_arg, field)
    {"type", DEFINITION_REQUIRED, read_type, 0, 0, 0},
    {"required", DEFINITION_OPTIONAL, definition_read_flag, AT(required), 0, 0},
    {"enum", DEFINITION_OPTIONAL, read_json, AT(choices), 0, 0},
    {"minimum", DEFINITION_OPTIONAL, read_json, AT(minimum), 0, 0},
    {"maximum", DEFINITION_OPTIONAL, read_json, AT(maximum), 0, 0},
    {"pattern", DEFINITION_OPTIONAL, definition_read_line, AT(pattern), 1, 256},
    {"default", DEFINITION_OPTIONAL, read_json, AT(fallback), 0, 0},
    {"description", DEFINITION_OPTIONAL, definition_read_text, AT(description), 1, 1000},
    {.name = NULL},
#undef AT
};

static bool is_numeric(const struct definition_arg *arg)
{
    return arg->type == DEFINITION_INTEGER || arg->type == DEFINITION_NUMBER;
}

static bool is_textual(const struct definition_arg *arg)
{
    return arg->type == DEFINITION_STRING || arg->type == DEFINITION_ARRAY;
}

/* A bound must be of the argument's own type: nothing is compared across types later. */
static enum err check_bound(struct definition_reader *reader, const struct definition_arg *arg,
                            const struct yaml_node *node, struct json_object *bound)
{
    enum json_type type = json_object_get_type(bound);

    if (!bound)
        return ERR_OK;
    if (!is_numeric(arg))
        return yaml_error(node, reader->error, "only an integer or a number has a minimum and a maximum");
    if (type != json_type_int && (type != json_type_double || arg->type == DEFINITION_INTEGER))
        return yaml_error(node, reader->error, "the bound of this argument must be of type %s",
                          definition_type_name(arg->type));
    return ERR_OK;
}

static enum err check_bounds(struct definition_reader *reader, const struct definition_arg *arg,
                             const struct yaml_node *node)
{
    if (check_bound(reader, arg, yaml_get(node, "minimum"), arg->minimum) ||
        check_bound(reader, arg, yaml_get(node, "maximum"), arg->maximum))
        return ERR_USAGE;
    if (arg->minimum && arg->maximum && json_object_get_double(arg->minimum) > json_object_get_double(arg->maximum))
        return yaml_error(yaml_get(node, "maximum"), reader->error, "the maximum is below the minimum");
    return ERR_OK;
}

static enum err check_pattern(struct definition_reader *reader, const struct definition_arg *arg,
                              const struct yaml_node *node)
{
    struct err_info why;

    if (!arg->pattern)
        return ERR_OK;
    if (!is_textual(arg))
        return yaml_error(yaml_get(node, "pattern"), reader->error, "only a string or an array has a pattern");
    if (definition_pattern_check(arg->pattern, &why))
        return yaml_error(yaml_get(node, "pattern"), reader->error, "\"pattern\" cannot be used: %s", why.text);
    return ERR_OK;
}

/* Each choice must itself obey the other rules, or it could never be chosen. */
static enum err check_choices(struct definition_reader *reader, const struct definition_arg *arg,
                              const struct yaml_node *list)
{
    struct definition_arg rules = *arg;
    struct err_info why;

    if (!list)
        return ERR_OK;
    if (list->kind != YAML_SEQUENCE || !list->count || list->count > 100)
        return yaml_error(list, reader->error, "\"enum\" must be a list of 1 to 100 values");
    rules.choices = NULL;
    if (arg->type == DEFINITION_ARRAY)
        rules.type = DEFINITION_STRING;
    for (size_t i = 0; i < list->count; i++) {
        if (definition_check_value(&rules, json_object_array_get_idx(arg->choices, i), &why))
            return yaml_error(list->items[i], reader->error, "\"enum\": %s", why.text);
    }
    return ERR_OK;
}

static enum err check_arg(struct definition_reader *reader, const struct definition_arg *arg,
                          const struct yaml_node *node)
{
    const struct yaml_node *fallback = yaml_get(node, "default");
    struct err_info why;

    if (check_bounds(reader, arg, node) || check_pattern(reader, arg, node) ||
        check_choices(reader, arg, yaml_get(node, "enum")))
        return ERR_USAGE;
    if (fallback && definition_check_value(arg, arg->fallback, &why))
        return yaml_error(fallback, reader->error, "\"default\": %s", why.text);
    return ERR_OK;
}

static bool is_arg_name(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return len && len <= DEFINITION_ID_MAX && !text[len] && text[0] >= 'a';
}

static enum err read_arg(struct definition_reader *reader, const struct yaml_node *name, const struct yaml_node *node,
                         struct definition *definition)
{
    if (!is_arg_name(name->scalar))
        return yaml_error(name, reader->error,
                          "an argument's name is 1 to %d lower-case letters, digits and _, beginning with a letter; "
                          "\"%.100s\" is not",
                          DEFINITION_ID_MAX, name->scalar);
    struct definition_arg *arg = &definition->args[definition->arg_count++];
    arg->name = mem_strdup(name->scalar);
    if (definition_read_mapping(reader, arg_keys, "an argument", node, arg))
        return ERR_USAGE;
    return check_arg(reader, arg, node);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct definition_arg *)a)->name, ((const struct definition_arg *)b)->name);
}

enum err definition_read_args(struct definition_reader *reader, const struct definition_key *key,
                              const struct yaml_node *node, void *target)
{
    struct definition *definition = target;

    if (node->kind != YAML_MAPPING || node->count > DEFINITION_ARGS_MAX)
        return yaml_error(node, reader->error, "\"%s\" must be a mapping of at most %d arguments", key->name,
                          DEFINITION_ARGS_MAX);
    definition->args = mem_array(node->count, sizeof *definition->args);
    for (size_t i = 0; i < node->count; i++) {
        if (read_arg(reader, node->keys[i], node->items[i], definition))
            return ERR_USAGE;
    }
    qsort(definition->args, definition->arg_count, sizeof *definition->args, by_name);
    return ERR_OK;
}
