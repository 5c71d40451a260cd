/* The files of the definitions' directory: what is there, and what is wrong with what cannot be used. */
#include <stdio.h>

#include "common/base/clock.h"
#include "producer/out.h"
#include "producer/session.h"
#include "producer/table.h"

static void add_args(const struct definition *definition, struct buf *out)
{
    for (size_t i = 0; i < definition->arg_count; i++) {
        const struct definition_arg *arg = &definition->args[i];
        buf_addf(out, "%s%s%s%s", i == 0 ? "" : " ", arg->required ? "" : "[", arg->name, arg->required ? "" : "]");
    }
}

static void add_schedule(const struct definition *definition, struct buf *out)
{
    char length[CLOCK_ISO_MAX];
    if (definition->every_ms > 0)
        buf_addf(out, "every %s", clock_human_ms(definition->every_ms, length));
    else if (definition->cron != NULL)
        buf_add_str(out, definition->cron);
}

static void cell_of(struct table *table, const struct definition *definition,
                    void (*add)(const struct definition *definition, struct buf *out))
{
    struct buf text = BUF_INIT;
    add(definition, &text);
    table_cell(table, text.data);
    buf_fini(&text);
}

static void print_table(const struct definition_set *set)
{
    struct table *table = table_new();
    table_column(table, "DEFINITION", TABLE_LEFT);
    table_column(table, "ARGUMENTS", TABLE_LEFT);
    table_column(table, "SCHEDULE", TABLE_LEFT);
    table_column(table, "NAME", TABLE_LEFT);
    for (size_t i = 0; i < set->count; i++) {
        const struct definition *definition = set->files[i].definition;
        table_cell(table, definition->id);
        cell_of(table, definition, add_args);
        cell_of(table, definition, add_schedule);
        table_cell(table, definition->name);
    }
    struct buf text = BUF_INIT;
    table_write(table, &text);
    fwrite(text.data, 1, text.len, stdout);
    buf_fini(&text);
    table_drop(table);
}

static void print_failures(const struct definition_set *set)
{
    for (size_t i = 0; i < set->failure_count; i++) {
        const struct definition_failure *failure = &set->failures[i];
        if (failure->line > 0)
            out_note("%s:%d:%d: %s", failure->path, failure->line, failure->column, failure->text);
        else
            out_note("%s: %s", failure->path, failure->text);
    }
}

static struct json_object *definition_json(const struct definition_file *file)
{
    char digest[SHA256_HEX + 1];
    struct json_object *object = json_object_new_object();
    definition_digest(file->definition, digest);
    json_object_object_add(object, "id", json_object_new_string(file->definition->id));
    json_object_object_add(object, "name", json_object_new_string(file->definition->name));
    json_object_object_add(object, "path", json_object_new_string(file->path));
    json_object_object_add(object, "digest", json_object_new_string(digest));
    json_object_object_add(object, "content", json_object_get(file->definition->content));
    return object;
}

static struct json_object *failure_json(const struct definition_failure *failure)
{
    struct json_object *object = json_object_new_object();
    json_object_object_add(object, "path", json_object_new_string(failure->path));
    json_object_object_add(object, "line", json_object_new_int(failure->line));
    json_object_object_add(object, "column", json_object_new_int(failure->column));
    json_object_object_add(object, "text", json_object_new_string(failure->text));
    return object;
}

static void print_json(const struct definition_set *set)
{
    struct json_object *document = json_object_new_object(), *definitions = json_object_new_array(),
                       *errors = json_object_new_array();
    for (size_t i = 0; i < set->count; i++)
        json_object_array_add(definitions, definition_json(&set->files[i]));
    for (size_t i = 0; i < set->failure_count; i++)
        json_object_array_add(errors, failure_json(&set->failures[i]));
    json_object_object_add(document, "definitions", definitions);
    json_object_object_add(document, "errors", errors);
    out_json(document);
}

enum err run_definitions(struct session *session, struct err_info *error)
{
    enum err err = session_definitions(session, error);
    if (err != ERR_OK)
        return err;
    const struct definition_set *set = session->definitions;
    if (session->json) {
        print_json(set);
    } else {
        if (set->count == 0)
            out_note("There are no definitions in %s (definitions.dir).", session->config.definitions_dir);
        else
            print_table(set);
        print_failures(set);
    }
    if (set->failure_count > 0)
        session->exit_code = err_exit_code(ERR_PERMANENT);
    return ERR_OK;
}
