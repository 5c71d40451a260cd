/*
 * Reading mappings of a definition by tables: a row per key, with the function that reads its value into a member.
 * Unknown and missing keys are refused for all of them in one place. For the files definition_*.c only.
 */
#ifndef REPRISE_DEFINITIONS_DEFINITION_READ_H
#define REPRISE_DEFINITIONS_DEFINITION_READ_H

#include <stdbool.h>

#include "common/base/err.h"
#include "common/base/yaml.h"
#include "common/definitions/definition.h"

struct definition_key;
struct definition_reader {
    const struct definition_names *names; /* may be NULL */
    struct err_info *error;
};

/* Reads the value of `key` into `target`, the struct that the table belongs to. */
typedef enum err definition_read_value(struct definition_reader *reader, const struct definition_key *key,
                                       const struct yaml_node *node, void *target);

enum definition_need { DEFINITION_OPTIONAL, DEFINITION_REQUIRED };

struct definition_key {
    const char *name; /* NULL ends the table */
    enum definition_need need;
    definition_read_value *read;
    size_t offset;       /* of the member in the target */
    int64_t least, most; /* of a number, of a duration in ms, of a text in bytes */
};

/* Reads all pairs of `mapping`; `what` names it in errors ("a phase"). */
MUST_CHECK enum err definition_read_mapping(struct definition_reader *reader, const struct definition_key *keys,
                                            const char *what, const struct yaml_node *mapping, void *target);

/* For tables: a text (char *), one line of it, an id (char *), a whole number (int64_t), a duration (int64_t ms), a
 * flag (bool). */
definition_read_value definition_read_text, definition_read_line, definition_read_id, definition_read_count,
    definition_read_duration, definition_read_flag;

/* The `args` of a file, into struct definition (definition_schema.c). */
definition_read_value definition_read_args;

/* `items`, `statement` and `effect` of a phase, into struct definition_phase; and, once all of its keys are read, what
 * it must have of them (definition_recipe.c). */
definition_read_value definition_read_items, definition_read_statement, definition_read_effect;
MUST_CHECK enum err definition_check_recipe(struct definition_reader *reader, const struct definition_phase *phase,
                                            const struct yaml_node *node);

/* `command`, `environment` and `process` of a phase, into struct definition_phase; and, once all of the file is read,
 * whether the arguments that they name exist (definition_command.c). */
definition_read_value definition_read_command, definition_read_environment, definition_read_process;
MUST_CHECK enum err definition_check_command(struct definition_reader *reader, const struct definition *definition,
                                             const struct yaml_node *phase);
void definition_command_fini(struct definition_command *command);

/* ERR_USAGE if the value breaks a rule of the argument; the text begins with the value and does not name the argument
 * (definition_value.c). `value` is of any JSON type, null too. */
MUST_CHECK enum err definition_check_value(const struct definition_arg *arg, struct json_object *value,
                                           struct err_info *error);
/* Appends what would do, for people: "a whole number from 1 to 9". */
void definition_add_wanted(struct buf *out, const struct definition_arg *arg);

/* Patterns of arguments are POSIX extended regular expressions, kept to what cannot cost much time or memory. ERR_USAGE
 * with the reason if this one is malformed, too long, repeats too much or has back-references. */
MUST_CHECK enum err definition_pattern_check(const char *pattern, struct err_info *error);

#endif
