/*
 * The program of a phase of the job `command`: its words, its environment, and what it may use. Every mistake that the
 * file alone can tell is found here, with line and column: a word that leaves the directory of programs, an argument
 * that no request brings. Called by the tables of definition_keys.c; what is run is worker/run/command.c's affair.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/definitions/definition_read.h"

#define WORDS_MAX 64
#define WORD_MAX 4096
#define ENVIRONMENT_MAX 64
#define PLACEHOLDER "{args."

/* ---- placeholders ------------------------------------------------------------------------------------------------ */

/* The next "{args.NAME}" of a word; NULL = none. */
static const char *placeholder_find(const char *text, const char **name, size_t *name_len)
{
    const char *at = strstr(text, PLACEHOLDER);
    if (at == NULL)
        return NULL;
    *name = at + strlen(PLACEHOLDER);
    *name_len = strcspn(*name, "}");
    return at;
}

static const struct definition_arg *arg_find(const struct definition *definition, const char *name, size_t len)
{
    for (size_t i = 0; i < definition->arg_count; i++)
        if (strlen(definition->args[i].name) == len && strncmp(definition->args[i].name, name, len) == 0)
            return &definition->args[i];
    return NULL;
}

static enum err check_placeholders(struct definition_reader *reader, const struct definition *definition,
                                   const struct yaml_node *node)
{
    const char *name, *text = node->scalar;
    size_t len;
    while ((text = placeholder_find(text, &name, &len)) != NULL) {
        if (name[len] != '}')
            return yaml_error(node, reader->error,
                              "\"%.100s\" begins a place for an argument that does not end: "
                              "write {args.NAME}",
                              node->scalar);
        if (arg_find(definition, name, len) == NULL)
            return yaml_error(node, reader->error, "there is no argument \"%.*s\" in \"args\"", (int)len, name);
        text = name + len;
    }
    return ERR_OK;
}

void definition_command_fill(const char *text, struct json_object *args, struct buf *out)
{
    const char *name, *at;
    size_t len;
    while ((at = placeholder_find(text, &name, &len)) != NULL) {
        char key[DEFINITION_ID_MAX + 1];
        struct json_object *value = NULL;
        buf_add(out, text, (size_t)(at - text));
        snprintf(key, sizeof key, "%.*s", (int)len, name);
        if (json_object_object_get_ex(args, key, &value) && value != NULL)
            buf_add_str(out, json_object_get_string(value));
        text = name + len + (name[len] == '}');
    }
    buf_add_str(out, text);
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

#define QUOTE_IT "\"%.100s\" would be read as a number or another value, and written otherwise: put it in quotes"

/* A definition is stored as JSON: what stands without quotes may be a number there, and 0644 another one. */
static bool keeps_its_text(const struct yaml_node *node)
{
    struct json_object *value = yaml_to_json(node);
    bool keeps = value != NULL && strcmp(json_object_get_string(value), node->scalar) == 0;
    json_object_put(value);
    return keeps;
}

static enum err read_word(struct definition_reader *reader, const struct yaml_node *node, const char *key, char **word)
{
    if (node->kind != YAML_SCALAR || strlen(node->scalar) > WORD_MAX)
        return yaml_error(node, reader->error, "\"%s\" must hold texts of at most %d bytes", key, WORD_MAX);
    if (!keeps_its_text(node))
        return yaml_error(node, reader->error, QUOTE_IT, node->scalar);
    *word = mem_strdup(node->scalar);
    return ERR_OK;
}

/* A name below the directory of programs, as it would be written there: no way out of it. */
static bool is_program(const char *name)
{
    if (name[0] == '\0' || name[0] == '/')
        return false;
    for (const char *part = name; *part != '\0'; part += strcspn(part, "/"), part += *part == '/')
        if (part[0] == '.' || part[0] == '/')
            return false;
    return name[strlen(name) - 1] != '/' && strchr(name, '{') == NULL;
}

enum err definition_read_command(struct definition_reader *reader, const struct definition_key *key,
                                 const struct yaml_node *node, void *target)
{
    struct definition_command *command = &((struct definition_phase *)target)->command;
    if (node->kind != YAML_SEQUENCE || node->count == 0 || node->count > WORDS_MAX)
        return yaml_error(node, reader->error, "\"%s\" must be a list of 1 to %d words: the program, and its arguments",
                          key->name, WORDS_MAX);
    command->words = mem_array(node->count, sizeof *command->words);
    for (size_t i = 0; i < node->count; i++) {
        if (read_word(reader, node->items[i], key->name, &command->words[i]) != ERR_OK)
            return ERR_USAGE;
        command->word_count++;
    }
    if (!is_program(command->words[0]))
        return yaml_error(node->items[0], reader->error,
                          "\"%.100s\" is no program below jobs.commands: write its name there, without a leading \"/\" "
                          "and without parts that begin with a dot",
                          command->words[0]);
    return ERR_OK;
}

/* ---- environment ------------------------------------------------------------------------------------------------- */

static bool is_variable(const char *name)
{
    size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    return len > 0 && len <= DEFINITION_ID_MAX && name[len] == '\0' && (name[0] < '0' || name[0] > '9');
}

/* What changes how programs are loaded, or is ours to give. */
static bool is_reserved(const char *name)
{
    return strncmp(name, "LD_", 3) == 0 || strncmp(name, "REPRISE_", 8) == 0 || strcmp(name, "PATH") == 0 ||
           strcmp(name, "LANG") == 0;
}

static enum err read_variable(struct definition_reader *reader, const struct yaml_node *name,
                              const struct yaml_node *value, char **out)
{
    struct buf text = BUF_INIT;
    if (!is_variable(name->scalar) || is_reserved(name->scalar))
        return yaml_error(name, reader->error,
                          "\"%.100s\" is no name that a definition may set in the environment: letters, digits and _, "
                          "and none of PATH, LANG, LD_… and REPRISE_…",
                          name->scalar);
    if (value->kind != YAML_SCALAR || strlen(value->scalar) > WORD_MAX)
        return yaml_error(value, reader->error, "the value of \"%s\" must be a text of at most %d bytes", name->scalar,
                          WORD_MAX);
    if (!keeps_its_text(value))
        return yaml_error(value, reader->error, QUOTE_IT, value->scalar);
    buf_addf(&text, "%s=%s", name->scalar, value->scalar);
    *out = buf_take(&text);
    return ERR_OK;
}

enum err definition_read_environment(struct definition_reader *reader, const struct definition_key *key,
                                     const struct yaml_node *node, void *target)
{
    struct definition_command *command = &((struct definition_phase *)target)->command;
    if (node->kind != YAML_MAPPING || node->count > ENVIRONMENT_MAX)
        return yaml_error(node, reader->error, "\"%s\" must be a mapping of at most %d names to texts", key->name,
                          ENVIRONMENT_MAX);
    command->environment = mem_array(node->count + 1, sizeof *command->environment);
    for (size_t i = 0; i < node->count; i++) {
        if (read_variable(reader, node->keys[i], node->items[i], &command->environment[i]) != ERR_OK)
            return ERR_USAGE;
        command->environment_count++;
    }
    return ERR_OK;
}

/* ---- what it may use --------------------------------------------------------------------------------------------- */

static const struct definition_key process_keys[] = {
#define AT(field) offsetof(struct definition_command, field)
    {"memory_mib", DEFINITION_OPTIONAL, definition_read_count, AT(memory_mib), 1, 1024 * 1024},
    {"cpu_seconds", DEFINITION_OPTIONAL, definition_read_count, AT(cpu_s), 1, 24 * 3600},
    {"open_files", DEFINITION_OPTIONAL, definition_read_count, AT(open_files), 8, 65536},
    {.name = NULL},
#undef AT
};

enum err definition_read_process(struct definition_reader *reader, const struct definition_key *key,
                                 const struct yaml_node *node, void *target)
{
    return definition_read_mapping(reader, process_keys, key->name, node,
                                   &((struct definition_phase *)target)->command);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

enum err definition_check_command(struct definition_reader *reader, const struct definition *definition,
                                  const struct yaml_node *phase)
{
    const struct yaml_node *command = yaml_get(phase, "command"), *environment = yaml_get(phase, "environment");
    enum err err = ERR_OK;
    for (size_t i = 0; command != NULL && i < command->count && err == ERR_OK; i++)
        err = check_placeholders(reader, definition, command->items[i]);
    for (size_t i = 0; environment != NULL && i < environment->count && err == ERR_OK; i++)
        err = check_placeholders(reader, definition, environment->items[i]);
    return err;
}

void definition_command_fini(struct definition_command *command)
{
    for (size_t i = 0; i < command->word_count; i++)
        free(command->words[i]);
    for (size_t i = 0; i < command->environment_count; i++)
        free(command->environment[i]);
    free(command->words);
    free(command->environment);
}
