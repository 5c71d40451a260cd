/*
 * Values of arguments, held against the schema. A refusal says what was given, why not, and what to give, since a
 * person reads it. Patterns are checked when the file is loaded, so that matching one costs a bounded time whatever
 * text a request brings. Called for each request (definition_args.c), and for defaults and choices when a file is
 * loaded.
 */
#include <assert.h>
#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/definitions/definition_read.h"

#define SHOWN_MAX 100 /* bytes of a value in an error's text */
#define ITEMS_MAX 100 /* of an array */

/* ---- patterns ---------------------------------------------------------------------------------------------------- */

/*
 * The C library turns `x{n}` into n copies of x, nested ones into products, and matches back-references by trying
 * everything. So a pattern may be 256 bytes long and 500 atoms when written out (the worst that was found then took a
 * third of a second for a text of 4 KiB), and back-references, which POSIX leaves out of extended expressions anyway,
 * are refused.
 */

#define PATTERN_MAX_BYTES 256
#define PATTERN_MAX_ATOMS 500

/* How much a pattern comes to when its repetitions are written out, per open group. */
struct cost {
    long total[PATTERN_MAX_BYTES + 1]; /* atoms of each open group so far */
    int depth;
    long last; /* atoms of what a repetition here would repeat */
};

/* Length of the atom at `at`: an escape, a bracket expression, or one byte. */
static size_t atom_len(const char *at)
{
    if (*at == '\\' && at[1])
        return 2;
    if (*at != '[')
        return 1;
    const char *first = at + 1 + (at[1] == '^');
    const char *end = *first ? strchr(first + 1, ']') : NULL; /* a ] that stands first is a member */
    for (const char *class = strstr(first, "[:"); end && class && class < end; class = strstr(class + 2, "[:")) {
        const char *close = strstr(class + 2, ":]");
        end = close ? strchr(close + 2, ']') : NULL;
    }
    return end ? (size_t)(end - at) + 1 : 1;
}

/* The greater number of the `{m}`, `{m,}` or `{m,n}` at `at`. */
static long repetitions(const char *at)
{
    char *end;
    long least = strtol(at + 1, &end, 10);
    long most = *end == ',' ? strtol(end + 1, NULL, 10) : least;
    long count = most > least ? most : least;

    return count > PATTERN_MAX_ATOMS ? PATTERN_MAX_ATOMS + 1 : count;
}

static void add_atoms(struct cost *cost, long atoms)
{
    cost->total[cost->depth] += atoms;
    cost->last = atoms;
}

static void close_group(struct cost *cost)
{
    cost->depth--;
    add_atoms(cost, cost->total[cost->depth + 1] + 1);
}

/* Counts what stands at `at` and returns its length. */
static size_t count_next(struct cost *cost, const char *at)
{
    if (*at == '(') {
        cost->total[++cost->depth] = 0;
        return 1;
    }
    if (*at == ')' && cost->depth) {
        close_group(cost);
        return 1;
    }
    if (*at == '{' && isdigit((unsigned char)at[1])) {
        long more = repetitions(at) > 1 ? repetitions(at) - 1 : 0;
        cost->total[cost->depth] += cost->last * more;
        cost->last += cost->last * more;
        return strcspn(at, "}") + (strchr(at, '}') ? 1 : 0);
    }
    if (!strchr("*+?", *at))
        add_atoms(cost, 1);
    return atom_len(at);
}

static enum err check_cost(const char *pattern, struct err_info *error)
{
    struct cost cost = {.depth = 0};

    for (const char *at = pattern; *at; at += count_next(&cost, at)) {
        if (*at == '\\' && at[1] >= '1' && at[1] <= '9')
            return err_set(error, ERR_USAGE, "back-references (\\%c) are not allowed", at[1]);
        if (cost.total[cost.depth] > PATTERN_MAX_ATOMS)
            break;
    }
    while (cost.depth)
        close_group(&cost);
    if (cost.total[0] > PATTERN_MAX_ATOMS)
        return err_set(error, ERR_USAGE, "its repetitions {…} come to more than %d atoms", PATTERN_MAX_ATOMS);
    return ERR_OK;
}

enum err definition_pattern_check(const char *pattern, struct err_info *error)
{
    regex_t regex;
    char why[200];

    if (strlen(pattern) > PATTERN_MAX_BYTES)
        return err_set(error, ERR_USAGE, "it is longer than %d bytes", PATTERN_MAX_BYTES);
    if (check_cost(pattern, error))
        return ERR_USAGE;
    int rc = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);
    if (rc) {
        regerror(rc, &regex, why, sizeof why);
        return err_set(error, ERR_USAGE, "%s", why);
    }
    regfree(&regex);
    return ERR_OK;
}

/* True if `text` matches anywhere; anchors are the author's. The pattern has passed definition_pattern_check. */
static bool pattern_matches(const char *pattern, const char *text)
{
    regex_t regex;

    int rc = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);
    assert(!rc);
    rc = regexec(&regex, text, 0, NULL, 0);
    regfree(&regex);
    return rc == 0;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

static enum err value_refuse(struct json_object *value, struct err_info *error, const char *rule)
{
    struct buf shown = BUF_INIT;

    json_add_canonical(&shown, value);
    bool is_long = shown.len > SHOWN_MAX;
    (void)!err_set(error, ERR_USAGE, "%.*s%s %s", SHOWN_MAX, shown.data, is_long ? "…" : "", rule);
    buf_fini(&shown);
    return ERR_USAGE;
}

static void add_choices(struct buf *out, struct json_object *choices)
{
    for (size_t i = 0; i < json_object_array_length(choices) && out->len < 400; i++) {
        buf_add_str(out, i ? ", " : "one of ");
        json_add_canonical(out, json_object_array_get_idx(choices, i));
    }
}

static void add_range(struct buf *out, const struct definition_arg *arg)
{
    if (arg->minimum) {
        buf_add_str(out, arg->maximum ? " from " : " of at least ");
        json_add_canonical(out, arg->minimum);
    }
    if (arg->maximum) {
        buf_add_str(out, arg->minimum ? " to " : " of at most ");
        json_add_canonical(out, arg->maximum);
    }
}

void definition_add_wanted(struct buf *out, const struct definition_arg *arg)
{
    static const char *const kinds[] = {
        [DEFINITION_STRING] = "text",           [DEFINITION_INTEGER] = "a whole number",
        [DEFINITION_NUMBER] = "a number",       [DEFINITION_BOOLEAN] = "true or false",
        [DEFINITION_ARRAY] = "a list of texts",
    };

    if (arg->choices && arg->type != DEFINITION_ARRAY) {
        add_choices(out, arg->choices);
        return;
    }
    buf_add_str(out, kinds[arg->type]);
    add_range(out, arg);
    if (arg->choices) {
        buf_add_str(out, ", each ");
        add_choices(out, arg->choices);
    }
    if (arg->pattern)
        buf_addf(out, " that matches %s", arg->pattern);
}

static bool is_chosen(struct json_object *choices, struct json_object *value)
{
    bool is_number = json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double);

    for (size_t i = 0; i < json_object_array_length(choices); i++) {
        struct json_object *choice = json_object_array_get_idx(choices, i);
        if (json_object_equal(choice, value))
            return true;
        if (is_number && json_object_get_double(choice) == json_object_get_double(value) &&
            json_object_get_type(choice) != json_object_get_type(value))
            return true; /* 1 and 1.0 are one number */
    }
    return false;
}

static enum err check_choice(const struct definition_arg *arg, struct json_object *value, struct err_info *error)
{
    if (arg->choices && !is_chosen(arg->choices, value))
        return value_refuse(value, error, "is not among the choices");
    return ERR_OK;
}

static enum err check_text(const struct definition_arg *arg, struct json_object *value, struct err_info *error)
{
    if (!json_object_is_type(value, json_type_string))
        return value_refuse(value, error, "is not text");
    if (json_object_get_string_len(value) > DEFINITION_VALUE_MAX)
        return value_refuse(value, error, "is too long");
    if (strlen(json_object_get_string(value)) != (size_t)json_object_get_string_len(value))
        return value_refuse(value, error, "contains NUL");
    if (arg->pattern && !pattern_matches(arg->pattern, json_object_get_string(value)))
        return value_refuse(value, error, "does not match the pattern");
    return check_choice(arg, value, error);
}

/* -1, 0, 1. Two integers are compared as such: a double has only 53 bits for them. */
static int number_compare(struct json_object *a, struct json_object *b)
{
    if (json_object_is_type(a, json_type_int) && json_object_is_type(b, json_type_int)) {
        int64_t left = json_object_get_int64(a), right = json_object_get_int64(b);
        return (left > right) - (left < right);
    }
    double left = json_object_get_double(a), right = json_object_get_double(b);
    return (left > right) - (left < right);
}

static enum err check_number(const struct definition_arg *arg, struct json_object *value, struct err_info *error)
{
    bool is_int = json_object_is_type(value, json_type_int);

    if (arg->type == DEFINITION_INTEGER && !is_int)
        return value_refuse(value, error, "is not a whole number");
    if (!is_int && !json_object_is_type(value, json_type_double))
        return value_refuse(value, error, "is not a number");
    if (arg->minimum && number_compare(value, arg->minimum) < 0)
        return value_refuse(value, error, "is below the minimum");
    if (arg->maximum && number_compare(value, arg->maximum) > 0)
        return value_refuse(value, error, "is above the maximum");
    return check_choice(arg, value, error);
}

static enum err check_flag(const struct definition_arg *arg, struct json_object *value, struct err_info *error)
{
    if (!json_object_is_type(value, json_type_boolean))
        return value_refuse(value, error, "is neither true nor false");
    return check_choice(arg, value, error);
}

static enum err check_array(const struct definition_arg *arg, struct json_object *value, struct err_info *error)
{
    if (!json_object_is_type(value, json_type_array))
        return value_refuse(value, error, "is not a list");
    if (json_object_array_length(value) > ITEMS_MAX)
        return value_refuse(value, error, "has too many items");
    for (size_t i = 0; i < json_object_array_length(value); i++) {
        enum err err = check_text(arg, json_object_array_get_idx(value, i), error);
        if (err != ERR_OK)
            return err;
    }
    return ERR_OK;
}

enum err definition_check_value(const struct definition_arg *arg, struct json_object *value, struct err_info *error)
{
    switch (arg->type) {
    case DEFINITION_STRING:
        return check_text(arg, value, error);
    case DEFINITION_INTEGER:
    case DEFINITION_NUMBER:
        return check_number(arg, value, error);
    case DEFINITION_BOOLEAN:
        return check_flag(arg, value, error);
    case DEFINITION_ARRAY:
        return check_array(arg, value, error);
    }
    return ERR_USAGE;
}
