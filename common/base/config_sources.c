/*
 * The sources of settings in their order: defaults, file, environment, flags; the last one wins. A secret as a flag is
 * refused, as other users can see the arguments of a process, and the current directory is never searched for a file.
 * Called at the start of each program, and again by config_live.c at SIGHUP.
 */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/config.h"
#include "common/base/input_file.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/yaml.h"

#define FILE_HERE "reprise.yaml"

static enum err config_set_environment(struct config *config, struct err_info *error)
{
    for (const struct config_entry *entry = config_entries(); entry->name; entry++) {
        char variable[128];
        snprintf(variable, sizeof variable, "REPRISE_%s", entry->name);
        for (char *at = variable; *at; at++)
            *at = (*at == '.' || *at == '-') ? '_' : (char)toupper((unsigned char)*at);
        const char *value = getenv(variable);
        if (!value || !*value)
            continue;
        if (config_set(config, entry, value, "environment", error))
            return err_prefix(error, "%s", variable);
    }
    return ERR_OK;
}

/* True if the flag `text` of `len` bytes (without its dashes) is the entry's name; . - and _ are one. */
static bool is_flag_of(const struct config_entry *entry, const char *text, size_t len)
{
    if (strlen(entry->name) != len)
        return false;
    for (size_t i = 0; i < len; i++) {
        bool separator = strchr(".-_", entry->name[i]) && strchr("-_", text[i]);
        if (!separator && entry->name[i] != text[i])
            return false;
    }
    return true;
}

static const struct config_entry *entry_of_flag(const char *argument, size_t *flag_len)
{
    if (strncmp(argument, "--", 2))
        return NULL;
    *flag_len = strcspn(argument, "=");
    for (const struct config_entry *entry = config_entries(); entry->name; entry++) {
        if (is_flag_of(entry, argument + 2, *flag_len - 2))
            return entry;
    }
    return NULL;
}

static enum err set_flag(struct config *config, const struct config_entry *entry, const char *value,
                         struct err_info *error)
{
    if (config_hides(entry, value))
        return err_set(error, ERR_USAGE,
                       "%s: this value is secret, and other users can see the arguments of a process: set it by the "
                       "environment or the file",
                       entry->name);
    return config_set(config, entry, value, "flag", error);
}

static enum err config_set_flags(struct config *config, int *argc, char **argv, struct err_info *error)
{
    int kept = *argc > 0 ? 1 : 0, at = kept;

    while (at < *argc && strcmp(argv[at], "--")) {
        size_t len = 0;
        const struct config_entry *entry = entry_of_flag(argv[at], &len);
        if (!entry) {
            argv[kept++] = argv[at++];
            continue;
        }
        bool is_joined = argv[at][len] == '=';
        if (!is_joined && at + 1 == *argc)
            return err_set(error, ERR_USAGE, "%s needs a value: %s", argv[at], entry->help);
        enum err err = set_flag(config, entry, is_joined ? argv[at] + len + 1 : argv[at + 1], error);
        if (err != ERR_OK)
            return err;
        at += is_joined ? 1 : 2;
    }
    while (at < *argc)
        argv[kept++] = argv[at++];
    argv[kept] = NULL;
    *argc = kept;
    return ERR_OK;
}

static bool path_exists(const char *path)
{
    return !access(path, F_OK) || errno != ENOENT;
}

/* A file that was named must be there; the usual one need not be, where it was not read before. The current directory
 * names none: it may belong to another user, and a setting says whom the programs trust and where secrets go. */
static const char *file_to_read(const char *file)
{
    if (file)
        return file;
    const char *named = getenv("REPRISE_CONFIG");
    if (named && *named)
        return named;
    return path_exists(CONFIG_DEFAULT_FILE) ? CONFIG_DEFAULT_FILE : NULL;
}

/* Earlier versions read it. */
static void warn_of_file_here(const char *path)
{
    if (!path && path_exists(FILE_HERE))
        log_warn("./" FILE_HERE " is not read, for the current directory is not trusted: name it by --config or "
                 "REPRISE_CONFIG, or put it at " CONFIG_DEFAULT_FILE);
}

void config_sources_init(struct config_sources *sources, const char *file, int argc, char **argv)
{
    const char *path = file_to_read(file);

    warn_of_file_here(path);
    *sources = (struct config_sources){.path = path ? mem_strdup(path) : NULL, .argc = argc};
    sources->argv = mem_array((size_t)argc + 1, sizeof *sources->argv);
    for (int i = 0; i < argc; i++)
        sources->argv[i] = argv[i];
}

void config_sources_fini(struct config_sources *sources)
{
    free(sources->path);
    free(sources->argv);
    *sources = (struct config_sources){.path = NULL};
}

enum err config_read_file(const struct config_sources *sources, struct buf *text, bool *has_file,
                          struct err_info *error)
{
    const char *path = sources->path ? sources->path : file_to_read(NULL);

    *has_file = path;
    if (!path || !input_file_read(path, YAML_MAX_BYTES, text, error))
        return ERR_OK;
    return err_prefix(error, "%s", path);
}

enum err config_read_sources(struct config *config, const struct config_sources *sources, const struct buf *file,
                             struct err_info *error)
{
    char **argv = mem_array((size_t)sources->argc + 1, sizeof *argv);
    int argc = sources->argc;
    enum err err = ERR_OK;

    memcpy(argv, sources->argv, (size_t)sources->argc * sizeof *argv);
    config_init(config);
    if (file && config_set_file(config, file->data ? file->data : "", file->len, error))
        err = err_prefix(error, "%s", sources->path ? sources->path : CONFIG_DEFAULT_FILE);
    if (err == ERR_OK)
        err = config_set_environment(config, error);
    if (err == ERR_OK)
        err = config_set_flags(config, &argc, argv, error);
    if (err != ERR_OK)
        config_fini(config);
    free(argv);
    return err;
}

void config_take_flags(int *argc, char **argv)
{
    struct config scratch;
    struct err_info ignored;

    config_init(&scratch);
    enum err err = config_set_flags(&scratch, argc, argv, &ignored);
    assert(!err); /* they were read before */
    config_fini(&scratch);
}

enum err config_read(struct config *config, const char *file, int *argc, char **argv, struct err_info *error)
{
    struct config_sources sources;
    struct buf text = BUF_INIT;
    bool has_file = false;

    config_sources_init(&sources, file, *argc, argv);
    enum err err = config_read_file(&sources, &text, &has_file, error);
    if (err == ERR_OK)
        err = config_read_sources(config, &sources, has_file ? &text : NULL, error);
    if (err == ERR_OK)
        config_take_flags(argc, argv);
    buf_fini(&text);
    config_sources_fini(&sources);
    return err;
}

enum err config_take_file(int *argc, char **argv, const char **file, struct err_info *error)
{
    *file = NULL;
    for (int i = 1; i < *argc && strcmp(argv[i], "--") != 0; i++) {
        int used = strcmp(argv[i], "--config") == 0 ? 2 : strncmp(argv[i], "--config=", 9) == 0 ? 1 : 0;
        if (used == 0)
            continue;
        if (i + used > *argc)
            return err_set(error, ERR_USAGE, "--config needs a file");
        *file = used == 2 ? argv[i + 1] : argv[i] + 9;
        memmove(&argv[i], &argv[i + used], (size_t)(*argc - i - used + 1) * sizeof *argv);
        *argc -= used;
        return ERR_OK;
    }
    return ERR_OK;
}

bool config_wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return argc > 1 && strcmp(argv[1], "help") == 0;
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

/* The file as a source: a tree of mappings whose joined keys are names of the table. Pure: bytes in, settings out. */

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
        enum err err = take_pair(walk, name, mapping->keys[i], mapping->items[i]);
        if (err != ERR_OK)
            return err;
    }
    return ERR_OK;
}

enum err config_set_file(struct config *config, const char *bytes, size_t len, struct err_info *error)
{
    struct walk walk = {config, error};
    struct yaml_node *root;
    enum err err = yaml_parse(bytes, len, &root, error);

    if (err != ERR_OK)
        return err;
    if (root->kind == YAML_MAPPING)
        err = take_mapping(&walk, "", root);
    else if (!yaml_is_null(root))
        err = yaml_error(root, error, "a configuration file is a mapping, like `deliver: {parallel: 4}`");
    yaml_drop(root);
    return err;
}
