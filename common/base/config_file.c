/* The file as a source: a tree of mappings whose joined keys are names of the table. Pure: bytes in, settings out. */
#include <stdio.h>
#include <string.h>

#include "common/base/config_set.h"
#include "common/base/yaml.h"

#define NAME_MAX_BYTES 128

struct walk {
    struct config *config;
    struct err_info *error;
};

/* True if some setting's name begins with `name` and a dot. */
static bool is_group(const char *name)
{
    size_t len = strlen(name);

    for (const struct config_entry *entry = config_entries(); entry->name; entry++) {
        if (!strncmp(entry->name, name, len) && entry->name[len] == '.')
            return true;
    }
    return false;
}

static enum err take_scalar(struct walk *walk, const char *name, const struct yaml_node *node)
{
    const struct config_entry *entry = config_find(name);
    struct err_info why;

    if (node->kind == YAML_SEQUENCE)
        return yaml_error(node, walk->error,
                          "%s is a list; a setting is one value, comma separated where it is several", name);
    if (yaml_is_null(node))
        return yaml_error(node, walk->error, "%s has no value: write one (\"\" is the empty text) or remove the line",
                          name);
    /* One setting can be written in two ways, as `a: {b: 1}` and as `a.b: 1`. */
    if (!strcmp(config_origin(walk->config, entry), "file"))
        return yaml_error(node, walk->error, "%s is given twice in this file", name);
    if (config_set(walk->config, entry, node->scalar, "file", &why))
        return yaml_error(node, walk->error, "%s", why.text);
    return ERR_OK;
}

/* `{url:redis://…}` without the space behind the colon is one key, and has the password in it. */
static enum err refuse_name(struct walk *walk, const char *name, const struct yaml_node *key)
{
    bool is_name = !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")];

    if (is_name)
        return yaml_error(key, walk->error, "there is no setting \"%s\"; --print-config lists them all", name);
    return yaml_error(
        key, walk->error,
        "this key is no name of a setting (a space must follow its colon); --print-config lists them all");
}

static enum err take_mapping(struct walk *walk, const char *prefix, const struct yaml_node *mapping);

static enum err take_pair(struct walk *walk, const char *name, const struct yaml_node *key,
                          const struct yaml_node *value)
{
    if (config_find(name))
        return value->kind == YAML_MAPPING ? yaml_error(value, walk->error, "%s is one value, not a mapping", name)
                                           : take_scalar(walk, name, value);
    if (!is_group(name))
        return refuse_name(walk, name, key);
    if (yaml_is_null(value))
        return ERR_OK; /* a group whose lines are all comments */
    if (value->kind != YAML_MAPPING)
        return yaml_error(value, walk->error, "%s must be a mapping of settings", name);
    return take_mapping(walk, name, value);
}

static enum err take_mapping(struct walk *walk, const char *prefix, const struct yaml_node *mapping)
{
    for (size_t i = 0; i < mapping->count; i++) {
        char name[NAME_MAX_BYTES];
        int len = snprintf(name, sizeof name, "%s%s%s", prefix, *prefix ? "." : "", mapping->keys[i]->scalar);
        if (len < 0 || (size_t)len >= sizeof name)
            return yaml_error(mapping->keys[i], walk->error, "there is no setting with a name that long");
        enum err rc = take_pair(walk, name, mapping->keys[i], mapping->items[i]);
        if (rc)
            return rc;
    }
    return ERR_OK;
}

enum err config_set_file(struct config *config, const char *bytes, size_t len, struct err_info *error)
{
    struct walk walk = {config, error};
    struct yaml_node *root;
    enum err rc = yaml_parse(bytes, len, &root, error);

    if (rc)
        return rc;
    if (root->kind == YAML_MAPPING)
        rc = take_mapping(&walk, "", root);
    else if (!yaml_is_null(root))
        rc = yaml_error(root, error, "a configuration file is a mapping, like `deliver: {parallel: 4}`");
    yaml_drop(root);
    return rc;
}
