/*
 * A definition: the recipe of an operation, read from YAML (or JSON, which is YAML). The format and its limits are
 * docs/definitions.md. Jobs and selections are names, looked up by the caller's functions; SQL and programs are taken
 * by the jobs `sql` and `command` alone (docs/own-jobs.md). Its identity in time is its digest: operations are pinned
 * to it. Pure: no I/O.
 */
#ifndef REPRISE_DEFINITIONS_DEFINITION_H
#define REPRISE_DEFINITIONS_DEFINITION_H

#include <json-c/json_object.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/crypto.h"
#include "common/base/err.h"

#define DEFINITION_ID_MAX 64      /* characters of an id, of an argument's name and of a phase's id */
#define DEFINITION_VALUE_MAX 4096 /* bytes of one text argument: bounds what a pattern is matched against */
#define DEFINITION_PHASES_MAX 32
#define DEFINITION_ARGS_MAX 32

/* Which names exist: kinds live above this box. Each answers with one name after the other, by `index` from 0, then
 * with NULL; `selection` with those that the job can be planned from, none where there is no such job. */
struct definition_names {
    const char *(*job)(size_t index, void *context);
    const char *(*selection)(const char *job, size_t index, void *context);
    void *context;
};

enum definition_type {
    DEFINITION_STRING,
    DEFINITION_INTEGER,
    DEFINITION_NUMBER,
    DEFINITION_BOOLEAN,
    DEFINITION_ARRAY, /* of strings; enum and pattern then speak of each item */
};

struct definition_arg {
    char *name;
    char *description; /* NULL = none */
    enum definition_type type;
    bool required;
    struct json_object *choices;           /* `enum`: an array; NULL = any value */
    struct json_object *minimum, *maximum; /* of an integer or a number; NULL = none */
    char *pattern;                         /* POSIX extended; NULL = none */
    struct json_object *fallback;          /* `default`; NULL = none */
};

/* SQL of a definition's own, and where it stands in the file. */
struct definition_sql {
    char *text;               /* NULL = none */
    int line, column, indent; /* of its scalar: struct yaml_node; 0 = not known */
    bool plain;
};

/* A program of a definition's own, which handles the jobs of a phase. */
struct definition_command {
    char **words;       /* the program, by its name below jobs.commands, and its arguments; NULL = none */
    size_t word_count;  /* arguments may hold {args.NAME}: see definition_command_fill */
    char **environment; /* "NAME=value", likewise */
    size_t environment_count;
    int64_t ahead;                         /* how many jobs it may have in hand at a time */
    int64_t memory_mib, cpu_s, open_files; /* limits of each of its processes; 0 = as the worker's */
};

struct definition_phase {
    char *id;
    char *label; /* the id where the file gives none */
    char *job;
    char *over; /* the selection that plans it; RECIPE_SQL or RECIPE_RANGE where `items` says what the jobs are */
    struct definition_sql selection;   /* items: {sql: …} */
    int64_t from, to;                  /* items: {range: …} */
    struct definition_sql statement;   /* of the job sql: what is run for each chunk */
    struct definition_command command; /* of the job command */
    struct definition_sql effect;      /* of the job command: what is run in the settle; NULL = nothing */
};

enum definition_backoff { DEFINITION_EXPONENTIAL, DEFINITION_FIXED };

struct definition_retry {
    int64_t attempts; /* tries in all, from 1 */
    enum definition_backoff backoff;
    int64_t base_ms, max_ms;
    double jitter; /* 0 to 1, of the delay, in either direction */
};

/* Members are set by definition_parse and not changed afterwards; the struct may be shared between threads. */
struct definition {
    char *id, *name;
    char *description, *confirm; /* NULL = none */
    struct definition_arg *args; /* sorted by name */
    size_t arg_count;
    struct definition_phase *phases; /* in their order; at least one */
    size_t phase_count;
    struct definition_retry retry;
    int64_t timeout_ms;          /* per job, without progress */
    int64_t window;              /* chunks of one operation in Redis at a time */
    int64_t chunk;               /* jobs per chunk; 0 = what the kind says */
    int64_t every_ms;            /* schedule: 0 = none */
    char *cron;                  /* schedule: five fields, UTC; NULL = none */
    struct json_object *content; /* the file as JSON, as it was written: what the digest is made of */
};

/* Reads a file's bytes. `names` may be NULL: jobs and selections are then not looked up. On success `*out` is the
 * caller's (definition_drop). On failure ERR_USAGE with line and column. */
MUST_CHECK enum err definition_parse(const char *bytes, size_t len, const struct definition_names *names,
                                     struct definition **out, struct err_info *error);
void definition_drop(struct definition *definition);

/* Appends the canonical JSON of its content: what is stored. White space, comments, and the order and quoting of keys
 * in the file make no difference to it. */
void definition_canonical(const struct definition *definition, struct buf *out);
/* Reads that back; its digest is the same. Also from jsonb, which moves keys. As definition_parse, without places. */
MUST_CHECK enum err definition_from_canonical(const char *json, size_t len, const struct definition_names *names,
                                              struct definition **out, struct err_info *error);
/* Lower-case hex SHA-256 of the canonical JSON, with NUL. */
void definition_digest(const struct definition *definition, char out[SHA256_HEX + 1]);

/* True for lower-case letters, digits and dashes, not beginning with a dash, 1 to DEFINITION_ID_MAX characters. */
bool definition_is_id(const char *text);

/* ERR_USAGE with the place in the file that byte `offset` of the SQL stands at. */
enum err definition_sql_error(const struct definition_sql *sql, size_t offset, struct err_info *error,
                              const char *format, ...) PRINTF_LIKE(4, 5);

/* Whether the phase brings its own jobs (`items`). */
bool definition_is_own(const struct definition_phase *phase);
/* Appends a word of a command with the values of arguments in their places: a text as it is, anything else as JSON. */
void definition_command_fill(const char *text, struct json_object *args, struct buf *out);

/* Borrowed; NULL if there is no such argument. */
const struct definition_arg *definition_arg(const struct definition *definition, const char *name);
/* "string", "integer", …: as in the file. */
const char *definition_type_name(enum definition_type type);

/* Checks arguments against the schema and fills in defaults. `given` is borrowed, an object or NULL (none given); on
 * success `*complete` is a new object, the caller's. ERR_USAGE names the argument, the value and the rule. */
MUST_CHECK enum err definition_check_args(const struct definition *definition, struct json_object *given,
                                          struct json_object **complete, struct err_info *error);
/* From a command line: `count` words "name=value", each value typed by the schema (an array's items are separated by
 * commas). Not yet checked: that is definition_check_args. `*out` is the caller's. ERR_USAGE names the word. */
MUST_CHECK enum err definition_args_from_words(const struct definition *definition, char *const *words, size_t count,
                                               struct json_object **out, struct err_info *error);

#endif
