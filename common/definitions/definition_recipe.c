/*
 * The keys `items` and `statement` of a phase: SQL of a definition's own, read and judged by its text alone. What only
 * PostgreSQL can tell (names of tables and columns, types, rights) is asked when the definition is re-synced
 * (definition_statements.c). Every mistake is given its line and column in the file, also inside of a block of SQL.
 * Called by definition_keys.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/definitions/definition_read.h"
#include "common/queue/recipe.h"

#define SQL_MAX_BYTES 65536

enum err definition_sql_error(const struct definition_sql *sql, size_t offset, struct err_info *error,
                              const char *format, ...)
{
    char text[ERR_TEXT_MAX];
    struct yaml_node scalar = {.kind = YAML_SCALAR,
                               .line = sql->line,
                               .column = sql->column,
                               .scalar = sql->text,
                               .plain = sql->plain,
                               .indent = sql->indent};
    struct yaml_node place = {.kind = YAML_SCALAR};
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    yaml_place(&scalar, offset, &place.line, &place.column);
    return yaml_error(&place, error, "%s", text);
}

/* ---- one statement ----------------------------------------------------------------------------------------------- */

static enum err sql_read(struct definition_reader *reader, const struct definition_key *key,
                         const struct yaml_node *node, struct definition_sql *sql)
{
    if (definition_read_text(reader, key, node, &sql->text) != ERR_OK)
        return ERR_USAGE;
    sql->line = node->line;
    sql->column = node->column;
    sql->indent = node->indent;
    sql->plain = node->plain;
    return ERR_OK;
}

/* Why the text alone cannot be used; NULL if it can. */
static const char *selection_fault(const struct named_sql *sql)
{
    if (!sql->selects)
        return "a selection begins with SELECT, WITH or VALUES: it reads, and \"statement\" changes";
    if (!named_sql_uses(sql, recipe_selection_params, "after") ||
        !named_sql_uses(sql, recipe_selection_params, "limit"))
        return "a selection is read in steps: it needs a condition with :after, the key of the last row of the step "
               "before (null at first), and LIMIT :limit";
    if (!sql->has_order)
        return "a selection needs ORDER BY, by the key that :after is compared with";
    return sql->has_limit ? NULL : "a selection needs LIMIT :limit at its end";
}

static const char *statement_fault(const struct named_sql *sql)
{
    return named_sql_uses(sql, recipe_statement_params, "keys")
               ? NULL
               : "the statement does not name :keys, so it would do the same for each chunk: join "
                 "unnest(:keys, :items) AS job (key, item)";
}

static enum err sql_check(struct definition_reader *reader, const struct definition_sql *sql,
                          const struct named_sql_param *params, const char *(*fault)(const struct named_sql *))
{
    struct named_sql named;
    struct err_info why = {0};
    size_t at = 0;
    enum err err = named_sql_parse(sql->text, params, &named, &at, &why);
    const char *wrong = err == ERR_OK ? fault(&named) : why.text;
    if (wrong != NULL)
        err = definition_sql_error(sql, err == ERR_OK ? 0 : at, reader->error, "%s", wrong);
    named_sql_fini(&named);
    return err;
}

/* ---- items ------------------------------------------------------------------------------------------------------- */

static enum err read_selection(struct definition_reader *reader, const struct definition_key *key,
                               const struct yaml_node *node, void *target)
{
    struct definition_phase *phase = target;
    enum err err = sql_read(reader, key, node, &phase->selection);
    return err == ERR_OK ? sql_check(reader, &phase->selection, recipe_selection_params, selection_fault) : err;
}

#define NUMBER_MAX INT64_C(1000000000000000)

static const struct definition_key range_keys[] = {
#define AT(field) offsetof(struct definition_phase, field)
    {"from", DEFINITION_REQUIRED, definition_read_count, AT(from), -NUMBER_MAX, NUMBER_MAX},
    {"to", DEFINITION_REQUIRED, definition_read_count, AT(to), -NUMBER_MAX, NUMBER_MAX},
    {.name = NULL},
#undef AT
};

static enum err read_range(struct definition_reader *reader, const struct definition_key *key,
                           const struct yaml_node *node, void *target)
{
    struct definition_phase *phase = target;
    (void)key;
    if (definition_read_mapping(reader, range_keys, "range", node, phase) != ERR_OK)
        return ERR_USAGE;
    if (phase->from > phase->to)
        return yaml_error(node, reader->error, "range: from (%lld) is above to (%lld)", (long long)phase->from,
                          (long long)phase->to);
    return ERR_OK;
}

static const struct definition_key items_keys[] = {
    {"sql", DEFINITION_OPTIONAL, read_selection, 0, 1, SQL_MAX_BYTES},
    {"range", DEFINITION_OPTIONAL, read_range, 0, 0, 0},
    {.name = NULL},
};

enum err definition_read_items(struct definition_reader *reader, const struct definition_key *key,
                               const struct yaml_node *node, void *target)
{
    struct definition_phase *phase = target;
    (void)key;
    if (definition_read_mapping(reader, items_keys, "items", node, phase) != ERR_OK)
        return ERR_USAGE;
    if (node->count != 1)
        return yaml_error(node, reader->error, "\"items\" must have one of the keys sql and range");
    free(phase->over);
    phase->over = mem_strdup(phase->selection.text != NULL ? RECIPE_SQL : RECIPE_RANGE);
    return ERR_OK;
}

enum err definition_read_statement(struct definition_reader *reader, const struct definition_key *key,
                                   const struct yaml_node *node, void *target)
{
    struct definition_phase *phase = target;
    enum err err = sql_read(reader, key, node, &phase->statement);
    return err == ERR_OK ? sql_check(reader, &phase->statement, recipe_statement_params, statement_fault) : err;
}

static const char *effect_fault(const struct named_sql *sql)
{
    return named_sql_uses(sql, recipe_effect_params, "keys")
               ? NULL
               : "the effect does not name :keys, so it would do the same for each chunk: join "
                 "unnest(:keys, :results) AS job (key, result)";
}

enum err definition_read_effect(struct definition_reader *reader, const struct definition_key *key,
                                const struct yaml_node *node, void *target)
{
    struct definition_phase *phase = target;
    enum err err = sql_read(reader, key, node, &phase->effect);
    return err == ERR_OK ? sql_check(reader, &phase->effect, recipe_effect_params, effect_fault) : err;
}

/* ---- the phase --------------------------------------------------------------------------------------------------- */

bool definition_is_own(const struct definition_phase *phase)
{
    return phase->selection.text != NULL || strcmp(phase->over, RECIPE_RANGE) == 0;
}

/* Which job takes which key, and which of them it needs. */
static const struct {
    const char *key, *job;
    bool needed;
} own_keys[] = {
    {"statement", "sql", true},        {"command", "command", true},  {"effect", "command", false},
    {"environment", "command", false}, {"process", "command", false}, {"ahead", "command", false},
};

static enum err check_own_keys(struct definition_reader *reader, const struct definition_phase *phase,
                               const struct yaml_node *node)
{
    for (size_t i = 0; i < sizeof own_keys / sizeof *own_keys; i++) {
        const struct yaml_node *value = yaml_get(node, own_keys[i].key);
        bool takes = strcmp(phase->job, own_keys[i].job) == 0;
        if (value != NULL && !takes)
            return yaml_error(value, reader->error, "the job \"%s\" takes no \"%s\": only the job \"%s\" does",
                              phase->job, own_keys[i].key, own_keys[i].job);
        if (value == NULL && takes && own_keys[i].needed)
            return yaml_error(node, reader->error, "a phase of the job \"%s\" lacks the key \"%s\"", phase->job,
                              own_keys[i].key);
    }
    return ERR_OK;
}

enum err definition_check_recipe(struct definition_reader *reader, const struct definition_phase *phase,
                                 const struct yaml_node *node)
{
    const struct yaml_node *items = yaml_get(node, "items"), *over = yaml_get(node, "over");
    bool own = strcmp(phase->job, "sql") == 0 || strcmp(phase->job, "command") == 0;
    if (!own && items != NULL)
        return yaml_error(items, reader->error,
                          "the job \"%s\" takes no \"items\": only the jobs \"sql\" and \"command\" do", phase->job);
    if (own && over != NULL)
        return yaml_error(over, reader->error,
                          "the job \"%s\" has \"items\" instead of \"over\": items: {sql: …} or items: {range: …}",
                          phase->job);
    if (own && items == NULL)
        return yaml_error(node, reader->error, "a phase of the job \"%s\" lacks the key \"items\"", phase->job);
    if (check_own_keys(reader, phase, node) != ERR_OK)
        return ERR_USAGE;
    if (phase->over == NULL)
        return yaml_error(node, reader->error, "a phase lacks the key \"over\"");
    return ERR_OK;
}
