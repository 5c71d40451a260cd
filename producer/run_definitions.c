/*
 * Definitions: what can be run and what is wrong with it, re-syncs, archiving, schedules with their ticks, and
 * projects, which are places beside definitions.dir that have definitions of their own. The rules are in
 * common/definitions; these functions ask, print, and set the exit code. Called by the table of commands (commands.c).
 */
#include <json-c/linkhash.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/definitions/project.h"
#include "common/query/definitions.h"
#include "producer/out.h"
#include "producer/table.h"

/* ---- definitions ----------------------------------------------------------------------------------------------- */

static const char *text_of(const struct query_result *answer, int row, const char *column)
{
    return pg_text(answer->result, row, PQfnumber(answer->result, column));
}

/* What is wrong is said below the table, and by the exit code. */
static void report_errors(struct session *session, const struct query_result *answer)
{
    for (int row = 0; row < answer->rows; row++) {
        const char *why = text_of(answer, row, "load_error");
        if (why == NULL)
            continue;
        session->exit_code = err_exit_code(ERR_PERMANENT);
        if (!session->json)
            out_note("%s:%s:%s: %s%s", text_of(answer, row, "path"), text_of(answer, row, "load_error_line"),
                     text_of(answer, row, "load_error_column"), why,
                     text_of(answer, row, "version") == NULL ? "" : " (the last good version stays in force)");
    }
}

enum err run_definitions(struct session *session, struct err_info *error)
{
    static const struct list_column columns[] = {
        {"DEFINITION", "id", FORMAT_TEXT},
        {"STATE", "state", FORMAT_TEXT},
        {"ARGUMENTS", "arguments", FORMAT_TEXT},
        {"SCHEDULE", "schedule", FORMAT_TEXT},
        {"LAST TICK", "last_tick_ago_ms", FORMAT_AGO},
        {"NAME", "name", FORMAT_TEXT},
        {NULL, NULL, FORMAT_TEXT},
    };
    static const struct list list = {columns, "There are no definitions; to load them: producer resync-definitions"};
    struct list_source source = {.session = session};
    struct query_params params = list_params(&source);
    struct query_result answer;
    enum err err = session_first_definitions(session, error);
    if (err == ERR_OK)
        err = definitions_list(session->pg, &params, &answer, error);
    if (err != ERR_OK)
        return err;
    list_print(session, &answer, &list);
    report_errors(session, &answer);
    query_result_fini(&answer);
    return ERR_OK;
}

/* ---- definition <id> ------------------------------------------------------------------------------------------- */

static void print_member(struct json_object *document, const char *key, const char *title)
{
    struct json_object *value = json_get(document, key);
    if (value != NULL)
        out_line("%-14s %s", title, json_object_get_string(value));
}

static void print_list(struct json_object *document, const char *key, const char *title)
{
    struct json_object *list = json_get(document, key);
    for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
        out_line("%-14s %s", i == 0 ? title : "",
                 json_object_to_json_string_ext(json_object_array_get_idx(list, i), JSON_C_TO_STRING_SPACED));
}

static void print_args(struct json_object *schema)
{
    const char *title = "Arguments";
    if (schema == NULL)
        return;
    json_object_object_foreach(schema, name, rules)
    {
        out_line("%-14s %s %s", title, name, json_object_to_json_string_ext(rules, JSON_C_TO_STRING_SPACED));
        title = "";
    }
}

static void print_definition(struct json_object *document)
{
    static const struct {
        const char *key, *title;
    } members[] = {
        {"id", "Definition"},
        {"name", "Name"},
        {"description", "Description"},
        {"state", "State"},
        {"load_error", "Error"},
        {"load_error_line", "  line"},
        {"load_error_column", "  column"},
        {"path", "File"},
        {"schedule", "Schedule"},
        {"last_tick", "Last tick"},
        {"last_tick_operation_id", "  started"},
        {"last_tick_skipped", "  skipped"},
        {"next_tick", "Next tick"},
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        print_member(document, members[i].key, members[i].title);
    print_args(json_get(document, "args_schema"));
    print_list(document, "phases", "Phases");
    print_list(document, "versions", "Versions");
}

enum err run_one_definition(struct session *session, struct err_info *error)
{
    struct list_source source = {session, {{"definition_id", session_word(session, 0)}}};
    struct query_params params = list_params(&source);
    struct query_result answer;
    enum err err = session_first_definitions(session, error);
    if (err == ERR_OK)
        err = definitions_one(session->pg, &params, &answer, error);
    if (err != ERR_OK)
        return err;
    if (session->json)
        out_json(json_object_get(answer.json));
    else
        print_definition(answer.json);
    query_result_fini(&answer);
    return ERR_OK;
}

/* ---- resync-definitions ---------------------------------------------------------------------------------------- */

static void print_report(const struct definition_sync_report *report)
{
    static const char *const words[DEFINITION_SYNC_CLASSES] = {"new",         "updated",  "unchanged",
                                                               "reactivated", "archived", "error"};
    for (size_t i = 0; i < report->count; i++) {
        const struct definition_sync_entry *entry = &report->entries[i];
        if (entry->class != DEFINITION_SYNC_ERROR)
            out_line("%-12s %s  %s", words[entry->class], entry->id, entry->name);
        else
            out_line("%-12s %s  %s:%d:%d: %s", words[entry->class], entry->id, entry->path, entry->line, entry->column,
                     entry->error);
    }
    out_line("%zu new, %zu updated, %zu unchanged, %zu reactivated, %zu archived, %zu with errors",
             report->counts[DEFINITION_SYNC_NEW], report->counts[DEFINITION_SYNC_UPDATED],
             report->counts[DEFINITION_SYNC_UNCHANGED], report->counts[DEFINITION_SYNC_REACTIVATED],
             report->counts[DEFINITION_SYNC_ARCHIVED], report->counts[DEFINITION_SYNC_ERROR]);
}

enum err run_resync_definitions(struct session *session, struct err_info *error)
{
    struct definition_sync_report report;
    enum err err = session_postgres(session, error);
    if (err == ERR_OK)
        err = session_redis(session, error);
    if (err == ERR_OK)
        err = session_resync(
            session, session_has(session, OPTION_FORCE) ? DEFINITION_SYNC_OLDER_WINS : DEFINITION_SYNC_OLDER_YIELDS,
            &report, error);
    if (err != ERR_OK)
        return err;
    if (session->json)
        out_json(definition_sync_report_json(&report));
    else
        print_report(&report);
    if (report.counts[DEFINITION_SYNC_ERROR] > 0)
        session->exit_code = err_exit_code(ERR_PERMANENT);
    definition_sync_report_fini(&report);
    return ERR_OK;
}

/* ---- archive, unarchive ---------------------------------------------------------------------------------------- */

typedef enum err change_fn(struct pg *pg, const char *handle, struct err_info *error);

static enum err change_status(struct session *session, change_fn *how, const char *status, struct err_info *error)
{
    const char *handle = session_word(session, 0);
    enum err err = session_first_definitions(session, error);
    if (err == ERR_OK)
        err = how(session->pg, handle, error);
    if (err != ERR_OK)
        return err;
    if (session->json) {
        struct json_object *document = json_object_new_object();
        json_object_object_add(document, "id", json_object_new_string(handle));
        json_object_object_add(document, "status", json_object_new_string(status));
        out_json(document);
    } else {
        out_line("%s is %s", handle, status);
    }
    return ERR_OK;
}

enum err run_archive(struct session *session, struct err_info *error)
{
    return change_status(session, definition_registry_archive, "archived", error);
}

enum err run_unarchive(struct session *session, struct err_info *error)
{
    return change_status(session, definition_registry_unarchive, "active", error);
}

/* ---- schedule ---------------------------------------------------------------------------------------------------- */

static void schedule_cell(struct table *table, struct json_object *row, const char *key)
{
    table_cell(table, json_get_string(row, key));
}

/* What came of the last tick: the operation, or why there is none. */
static void result_cell(struct table *table, struct json_object *row)
{
    const char *operation = json_get_string(row, "last_tick_operation_id");
    struct buf text = BUF_INIT;
    if (operation == NULL && json_get_string(row, "last_tick_skipped") != NULL)
        buf_addf(&text, "skipped: %s", json_get_string(row, "last_tick_skipped"));
    table_cell(table, operation != NULL ? operation : text.data);
    buf_fini(&text);
}

/* The next tick is not a column of the rows: the table is made of the document. */
static void print_schedule(struct json_object *list)
{
    static const char *const titles[] = {"DEFINITION", "SCHEDULE", "LAST TICK", "NEXT TICK", "CAME OF THE LAST"};
    struct table *table = table_new();
    struct buf text = BUF_INIT;
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        table_column(table, titles[i], TABLE_LEFT);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        schedule_cell(table, row, "id");
        schedule_cell(table, row, "schedule");
        schedule_cell(table, row, "last_tick");
        schedule_cell(table, row, "next_tick");
        result_cell(table, row);
    }
    table_write(table, &text);
    fwrite(text.data, 1, text.len, stdout);
    buf_fini(&text);
    table_drop(table);
}

static enum err show_all(struct session *session, struct err_info *error)
{
    struct list_source source = {.session = session};
    struct query_params params = list_params(&source);
    struct query_result answer;
    enum err err = definitions_scheduled(session->pg, &params, &answer, error);
    if (err != ERR_OK)
        return err;
    if (session->json)
        out_json(json_object_get(answer.json));
    else if (answer.rows == 0)
        out_note("No definition has a schedule.");
    else
        print_schedule(json_get(answer.json, "schedule"));
    if (!session->json && answer.next != NULL)
        out_note("There are more: --cursor %s", answer.next);
    query_result_fini(&answer);
    return ERR_OK;
}

enum err run_schedule(struct session *session, struct err_info *error)
{
    static const struct list_column columns[] = {
        {"TICK", "tick", FORMAT_TEXT},   {"OPERATION", "operation_id", FORMAT_TEXT},
        {"STATE", "state", FORMAT_TEXT}, {"SKIPPED BECAUSE", "skipped", FORMAT_TEXT},
        {NULL, NULL, FORMAT_TEXT},
    };
    static const struct list list = {columns, "No tick of it was due yet."};
    const char *handle = session_word(session, 0);
    enum err err = session_first_definitions(session, error);
    if (err != ERR_OK)
        return err;
    if (handle == NULL)
        return show_all(session, error);
    const struct list_also also[LIST_ALSO_MAX] = {{"definition_id", handle}};
    return list_run(session, definitions_ticks, also, &list, error);
}

/* ---- projects ---------------------------------------------------------------------------------------------------- */

enum err run_projects(struct session *session, struct err_info *error)
{
    static const struct list_column columns[] = {
        {"PROJECT", "id", FORMAT_TEXT}, {"DEFINITIONS", "definitions", FORMAT_NUMBER},
        {"NAME", "name", FORMAT_TEXT},  {"PATH", "path", FORMAT_TEXT},
        {NULL, NULL, FORMAT_TEXT},
    };
    static const struct list list = {columns, "There are no projects; to add one: producer add-project ID NAME PATH"};
    return list_run(session, definitions_projects, NULL, &list, error);
}

static void show_project(const struct session *session, const char *id, const char *text)
{
    if (session->json) {
        struct json_object *document = json_object_new_object();
        json_object_object_add(document, "id", json_object_new_string(id));
        out_json(document);
    } else {
        out_line("%s", text);
    }
}

enum err run_add_project(struct session *session, struct err_info *error)
{
    struct project project = {session_word(session, 0), session_word(session, 1), session_word(session, 2)};
    enum err err = session_postgres(session, error);
    if (err == ERR_OK)
        err = project_add(session->pg, session->config.definitions_roots, &project, error);
    if (err != ERR_OK)
        return err;
    show_project(session, project.id, "Added. Its definitions are there after: producer resync-definitions");
    return ERR_OK;
}

enum err run_remove_project(struct session *session, struct err_info *error)
{
    const char *id = session_word(session, 0);
    enum err err = session_postgres(session, error);
    if (err == ERR_OK)
        err = session_confirm(session, "This removes the project with its definitions and the record of their ticks.",
                              error);
    if (err == ERR_OK)
        err = project_remove(session->pg, id, error);
    if (err != ERR_OK)
        return err;
    show_project(session, id, "Removed. Operations that are under way go on.");
    return ERR_OK;
}
