/*
 * Statements about definitions, schedules and projects, and what is added to their rows in C: the next ticks, the
 * handle. It reads only; what changes them stands in common/definitions/. Called by the routes of the dashboard and by
 * `producer definitions`.
 */
#include "common/query/definitions.h"

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/definitions/cron.h"
#include "common/definitions/schedule.h"
#include "common/query/page.h"
#include "common/query/query_result.h"
#include "embedded/sql_query.h"

#define VERSIONS_SHOWN 50
#define US_PER_MS 1000

/* The next tick is a matter of calendars, not of SQL. None is to come of what is archived, missing or broken. */
static void add_next_tick(struct json_object *object, const PGresult *rows, int row)
{
    char text[CLOCK_ISO_MAX];
    bool may_start = pg_text(rows, row, PQfnumber(rows, "version")) != NULL &&
                     pg_text(rows, row, PQfnumber(rows, "archived_at")) == NULL;
    int64_t next_ms = may_start ? schedule_next_ms(rows, row) : TICK_NONE;
    if (next_ms != TICK_NONE)
        clock_iso8601_ms(next_ms * US_PER_MS, text);
    json_object_object_add(object, "next_tick", next_ms == TICK_NONE ? NULL : json_object_new_string(text));
    json_object_object_del(object, "now_ms");
}

/* A page of definitions under the name of `list`. */
static enum err list_of(struct pg *pg, const struct query_params *asked, const char *name, const struct sql *statement,
                        struct query_result *answer, struct err_info *error)
{
    struct page page;
    enum err err = page_asked(asked, (struct page_list){name, "", 1}, &page, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    page_args(&page, args);
    err = page_read(pg, &page, statement, args, answer, error);
    for (int row = 0; err == ERR_OK && row < answer->rows; row++)
        add_next_tick(json_object_array_get_idx(json_get(answer->json, name), (size_t)row), answer->result, row);
    pg_args_drop(args);
    page_fini(&page);
    return err;
}

enum err definitions_list(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                          struct err_info *error)
{
    return list_of(pg, asked, "definitions", &sql_query_definitions, answer, error);
}

enum err definitions_scheduled(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                               struct err_info *error)
{
    return list_of(pg, asked, "schedule", &sql_query_scheduled, answer, error);
}

static enum err add_versions(struct pg *pg, const char *handle, struct json_object *into, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    PGresult *rows = NULL;
    pg_arg_text(args, handle);
    pg_arg_int8(args, VERSIONS_SHOWN);
    enum err err = pg_exec(pg, &sql_query_definition_versions, args, &rows, error);
    if (err == ERR_OK)
        json_object_object_add(into, "versions", row_array(rows, pg_rows(rows)));
    PQclear(rows);
    pg_args_drop(args);
    return err;
}

enum err definitions_one(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                         struct err_info *error)
{
    const char *handle = query_params_text(asked, "definition_id");
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, handle);
    enum err err = query_result_row(pg, &sql_query_definition, args, answer, error);
    pg_args_drop(args);
    if (err == ERR_NOT_FOUND)
        err_set(error, err, "there is no definition \"%s\"", handle);
    if (err != ERR_OK)
        return err;
    add_next_tick(answer->json, answer->result, 0);
    err = add_versions(pg, handle, answer->json, error);
    if (err != ERR_OK)
        query_result_fini(answer);
    return err;
}

static enum err must_exist(struct pg *pg, const char *handle, struct err_info *error)
{
    struct query_result answer;
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, handle);
    enum err err = query_result_row(pg, &sql_query_definition, args, &answer, error);
    if (err == ERR_OK)
        query_result_fini(&answer);
    if (err == ERR_NOT_FOUND)
        err_set(error, err, "there is no definition \"%s\"", handle);
    pg_args_drop(args);
    return err;
}

enum err definitions_ticks(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                           struct err_info *error)
{
    struct page page;
    const char *handle = query_params_text(asked, "definition_id");
    enum err err = must_exist(pg, handle, error);
    if (err == ERR_OK)
        err = page_asked(asked, (struct page_list){"ticks", "", 1}, &page, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    page_args(&page, args);
    pg_arg_text(args, handle);
    err = page_read(pg, &page, &sql_query_definition_ticks, args, answer, error);
    pg_args_drop(args);
    page_fini(&page);
    return err;
}

enum err definitions_projects(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                              struct err_info *error)
{
    struct page page;
    enum err err = page_asked(asked, (struct page_list){"projects", "", 1}, &page, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    page_args(&page, args);
    err = page_read(pg, &page, &sql_query_projects, args, answer, error);
    pg_args_drop(args);
    page_fini(&page);
    return err;
}
