/*
 * Reads one mapping of a file by a table: each pair is looked up, read by its row's function into a member of the
 * target, and what is missing, unknown or given twice is refused with line and column. Called by definition_keys.c and
 * definition_schema.c, whose tables are what differs from one mapping to the other.
 */
#include "common/definitions/definition_read.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/mem.h"

static const struct definition_key *find_key(const struct definition_key *keys, const char *name)
{
    for (; keys->name; keys++) {
        if (!strcmp(keys->name, name))
            return keys;
    }
    return NULL;
}

static enum err refuse_unknown(struct definition_reader *reader, const struct definition_key *keys, const char *what,
                               const struct yaml_node *key)
{
    struct buf names = BUF_INIT;

    for (const struct definition_key *at = keys; at->name; at++)
        buf_addf(&names, "%s%s", at == keys ? "" : ", ", at->name);
    yaml_error(key, reader->error, "%s has no key \"%.100s\"; its keys are %s", what, key->scalar, names.data);
    buf_fini(&names);
    return ERR_USAGE;
}

static enum err read_pair(struct definition_reader *reader, const struct definition_key *key,
                          const struct yaml_node *value, void *target)
{
    if (yaml_is_null(value))
        return yaml_error(value, reader->error, "\"%s\" has no value: write one or remove the line", key->name);
    return key->read(reader, key, value, target);
}

enum err definition_read_mapping(struct definition_reader *reader, const struct definition_key *keys, const char *what,
                                 const struct yaml_node *mapping, void *target)
{
    if (mapping->kind != YAML_MAPPING)
        return yaml_error(mapping, reader->error, "%s must be a mapping", what);
    for (size_t i = 0; i < mapping->count; i++) {
        const struct definition_key *key = find_key(keys, mapping->keys[i]->scalar);
        if (!key)
            return refuse_unknown(reader, keys, what, mapping->keys[i]);
        if (read_pair(reader, key, mapping->items[i], target))
            return ERR_USAGE;
    }
    for (const struct definition_key *key = keys; key->name; key++) {
        if (key->need == DEFINITION_REQUIRED && !yaml_get(mapping, key->name))
            return yaml_error(mapping, reader->error, "%s lacks the key \"%s\"", what, key->name);
    }
    return ERR_OK;
}

static void *member(void *target, const struct definition_key *key)
{
    return (char *)target + key->offset;
}

/* Tab and line break are for texts of several lines; the rest could only trick a reader. */
static bool has_control_character(const char *text, const char *allowed)
{
    for (; *text; text++) {
        bool is_control = (unsigned char)*text < 0x20 || *text == 0x7F;
        if (is_control && !strchr(allowed, *text))
            return true;
    }
    return false;
}

static enum err read_string(struct definition_reader *reader, const struct definition_key *key,
                            const struct yaml_node *node, const char *allowed, char **out)
{
    struct json_object *value = yaml_to_json(node);
    bool is_text = json_object_is_type(value, json_type_string);

    json_object_put(value);
    if (node->kind != YAML_SCALAR)
        return yaml_error(node, reader->error, "\"%s\" must be text", key->name);
    if (!is_text)
        return yaml_error(node, reader->error, "\"%s\" must be text: put %s in quotes", key->name, node->scalar);
    size_t len = strlen(node->scalar);
    if (!len || len > (size_t)key->most)
        return yaml_error(node, reader->error, "\"%s\" must be 1 to %d bytes long and is %zu", key->name,
                          (int)key->most, len);
    if (has_control_character(node->scalar, allowed))
        return yaml_error(node, reader->error, "\"%s\" must not contain control characters", key->name);
    free(*out);
    *out = mem_strdup(node->scalar);
    return ERR_OK;
}

enum err definition_read_text(struct definition_reader *reader, const struct definition_key *key,
                              const struct yaml_node *node, void *target)
{
    return read_string(reader, key, node, "\t\n", member(target, key));
}

enum err definition_read_line(struct definition_reader *reader, const struct definition_key *key,
                              const struct yaml_node *node, void *target)
{
    return read_string(reader, key, node, "", member(target, key));
}

bool definition_is_id(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return len >= 1 && len <= DEFINITION_ID_MAX && !text[len] && text[0] != '-';
}

enum err definition_read_id(struct definition_reader *reader, const struct definition_key *key,
                            const struct yaml_node *node, void *target)
{
    if (definition_read_line(reader, key, node, target))
        return ERR_USAGE;
    if (!definition_is_id(node->scalar))
        return yaml_error(node, reader->error,
                          "\"%s\" must be 1 to %d lower-case letters, digits and dashes, not beginning with a dash; "
                          "\"%.100s\" is not",
                          key->name, DEFINITION_ID_MAX, node->scalar);
    return ERR_OK;
}

enum err definition_read_count(struct definition_reader *reader, const struct definition_key *key,
                               const struct yaml_node *node, void *target)
{
    struct json_object *value = yaml_to_json(node);
    bool is_int = json_object_is_type(value, json_type_int);
    int64_t number = is_int ? json_object_get_int64(value) : 0;

    json_object_put(value);
    if (!is_int || number < key->least || number > key->most)
        return yaml_error(node, reader->error, "\"%s\" must be a whole number from %lld to %lld", key->name,
                          (long long)key->least, (long long)key->most);
    *(int64_t *)member(target, key) = number;
    return ERR_OK;
}

enum err definition_read_duration(struct definition_reader *reader, const struct definition_key *key,
                                  const struct yaml_node *node, void *target)
{
    struct err_info why;
    int64_t ms;

    if (node->kind != YAML_SCALAR)
        return yaml_error(node, reader->error, "\"%s\" must be a length of time, like 15m", key->name);
    if (duration_parse(node->scalar, &ms, &why))
        return yaml_error(node, reader->error, "\"%s\": %s", key->name, why.text);
    if (ms < key->least || ms > key->most)
        return yaml_error(node, reader->error, "\"%s\" must be from %lld ms to %lld s", key->name,
                          (long long)key->least, (long long)key->most / 1000);
    *(int64_t *)member(target, key) = ms;
    return ERR_OK;
}

enum err definition_read_flag(struct definition_reader *reader, const struct definition_key *key,
                              const struct yaml_node *node, void *target)
{
    struct json_object *value = yaml_to_json(node);
    bool is_flag = json_object_is_type(value, json_type_boolean);

    if (is_flag)
        *(bool *)member(target, key) = json_object_get_boolean(value);
    json_object_put(value);
    return is_flag ? ERR_OK : yaml_error(node, reader->error, "\"%s\" must be true or false", key->name);
}
