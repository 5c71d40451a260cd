/*
 * The re-sync, in one transaction: takes the lock of re-syncs, reads what the database has, loads the directories, lets
 * definition_sync_classify.c decide, writes, and reports after the commit. It must never take a version out of force
 * for a file that is wrong: the error is noted beside it. Called by `producer resync-definitions`, the API, the job of
 * that kind and the first start of a worker.
 */
#include "common/definitions/definition_sync.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/definitions/definition_registry.h"
#include "common/definitions/definition_sync_host.h"
#include "common/definitions/project.h"
#include "common/queue/names.h"
#include "embedded/sql_definitions.h"
#include "embedded/sql_session.h"

#define STATEMENTS_MAX 500 /* of one message: bounds what is held in memory for it */

/* Of the first message. */
enum { PICTURE_BEGIN, PICTURE_PATIENCE, PICTURE_LOCK, PICTURE_BEFORE, PICTURE_PROJECTS, PICTURE_RELEASE };

/* ---- before ------------------------------------------------------------------------------------------------------ */

static enum err take_picture(struct pg *pg, int64_t turn_ms, struct pg_batch *batch, struct err_info *error)
{
    pg_batch_add(batch, &sql_session_begin);
    pg_arg_int8(pg_batch_add(batch, &sql_definitions_sync_patience), turn_ms);
    pg_batch_add(batch, &sql_definitions_sync_lock);
    pg_batch_add(batch, &sql_definitions_sync_before);
    pg_batch_add(batch, &sql_definitions_projects);
    pg_batch_add(batch, &sql_definitions_sync_release);
    return pg_batch_run(pg, batch, error);
}

static struct definition_sync_row *read_rows(const PGresult *before, size_t *count)
{
    *count = (size_t)pg_rows(before);
    struct definition_sync_row *rows = mem_array(*count + 1, sizeof *rows);
    for (int i = 0; i < pg_rows(before); i++)
        rows[i] = (struct definition_sync_row){.id = pg_int8(before, i, 0),
                                               .project = pg_text(before, i, 1),
                                               .identifier = pg_text(before, i, 2),
                                               .name = pg_text(before, i, 3),
                                               .path = pg_text(before, i, 4),
                                               .digest = pg_text(before, i, 5),
                                               .load_error = pg_text(before, i, 6),
                                               .line = (int)pg_int8(before, i, 7),
                                               .column = (int)pg_int8(before, i, 8),
                                               .file_exists = pg_bool(before, i, 9),
                                               .archived_by_person = pg_bool(before, i, 10),
                                               .host = pg_text(before, i, 11)};
    return rows;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

struct writer {
    struct pg *pg;
    struct pg_batch *batch;
    struct err_info *error;
};

static enum err writer_flush(struct writer *writer)
{
    enum err err = pg_batch_count(writer->batch) == 0 ? ERR_OK : pg_batch_run(writer->pg, writer->batch, writer->error);
    pg_batch_reset(writer->batch);
    return err;
}

static const char *type_of(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL && strcmp(dot, ".json") == 0 ? "json" : "yaml";
}

static void arg_member(struct pg_args *args, struct json_object *content, const char *key)
{
    struct json_object *member = json_get(content, key);
    pg_arg_text(args, member == NULL ? NULL : json_object_to_json_string(member));
}

static void change_put(struct pg_batch *batch, const struct definition_sync_change *change)
{
    const struct definition *definition = change->file->definition;
    struct buf body = BUF_INIT;
    definition_canonical(definition, &body);
    struct pg_args *args = pg_batch_add(batch, &sql_definitions_definition_keep);
    pg_arg_text(args, change->digest);
    pg_arg_text(args, body.data);
    args = pg_batch_add(batch, &sql_definitions_sync_put);
    pg_arg_text(args, change->source->project);
    pg_arg_text(args, change->identifier);
    pg_arg_text(args, definition->name);
    pg_arg_text(args, definition->description);
    pg_arg_text(args, type_of(change->file->path));
    pg_arg_text(args, change->file->path);
    arg_member(args, definition->content, "phases");
    arg_member(args, definition->content, "args");
    pg_arg_text(args, change->digest);
    if (definition->every_ms > 0)
        pg_arg_int8(args, definition->every_ms);
    else
        pg_arg_null(args);
    pg_arg_text(args, definition->cron);
    pg_arg_text(args, change->source->host);
    buf_fini(&body);
}

static void change_fail(struct pg_batch *batch, const struct definition_sync_change *change)
{
    const struct definition_failure *failure = change->failure;
    struct pg_args *args = pg_batch_add(batch, &sql_definitions_sync_fail);
    pg_arg_text(args, change->source->project);
    pg_arg_text(args, change->identifier);
    pg_arg_text(args, type_of(failure->path));
    pg_arg_text(args, failure->path);
    pg_arg_text(args, failure->text);
    pg_arg_int4(args, failure->line);
    pg_arg_int4(args, failure->column);
    pg_arg_text(args, change->source->host);
}

/* One statement for all rows of these writes that name nothing but their row. */
static void write_rows(struct writer *writer, const struct definition_sync_changes *changes,
                       enum definition_sync_write write, const struct sql *statement)
{
    int64_t *ids = mem_array(changes->count + 1, sizeof *ids);
    size_t count = 0;
    for (size_t i = 0; i < changes->count; i++)
        if (changes->list[i].write == write)
            ids[count++] = changes->list[i].row->id;
    if (count > 0)
        pg_arg_int8s(pg_batch_add(writer->batch, statement), ids, count);
    free(ids);
}

/* What is gone goes first: its path or its id may be another's now. */
static enum err write_changes(struct writer *writer, const struct definition_sync_changes *changes)
{
    write_rows(writer, changes, DEFINITION_SYNC_FORGET, &sql_definitions_sync_forget);
    write_rows(writer, changes, DEFINITION_SYNC_GONE, &sql_definitions_sync_gone);
    enum err err = writer_flush(writer);
    for (size_t i = 0; i < changes->count && err == ERR_OK; i++) {
        const struct definition_sync_change *change = &changes->list[i];
        if (change->write == DEFINITION_SYNC_PUT)
            change_put(writer->batch, change);
        else if (change->write == DEFINITION_SYNC_FAIL)
            change_fail(writer->batch, change);
        if (pg_batch_count(writer->batch) >= STATEMENTS_MAX)
            err = writer_flush(writer);
    }
    pg_batch_add(writer->batch, &sql_session_commit);
    return err == ERR_OK ? writer_flush(writer) : err;
}

/* ---- the directories --------------------------------------------------------------------------------------------- */

static void source_load(const struct definition_sync *sync, const struct definition_place *place,
                        struct definition_sync_source *source)
{
    if (definition_set_load(place, sync->names, &source->set, &source->error) != ERR_OK)
        source->set = NULL;
}

/* Programs are started in different places: a path that is stored must mean the same to all of them. */
static void load_global(const struct definition_sync *sync, struct definition_sync_source *source)
{
    char *path = realpath(sync->directory, NULL);
    if (path == NULL)
        path = mem_strdup(sync->directory);
    struct definition_place place = {path, "", DEFINITION_DIR_FLAT};
    *source = (struct definition_sync_source){.name = "Global definitions", .path = path};
    source_load(sync, &place, source);
}

/* The root that the project lies under is trusted; from there on no link leads out. */
static void load_project(const struct definition_sync *sync, const PGresult *projects, int row,
                         struct definition_sync_source *source)
{
    const char *path = pg_text(projects, row, 2);
    struct buf folder = BUF_INIT, below = BUF_INIT;
    buf_addf(&folder, "%s/%s", path, DEFINITION_SYNC_PROJECT_FOLDER);
    *source = (struct definition_sync_source){.project = pg_text(projects, row, 0), .name = pg_text(projects, row, 1)};
    char *root = project_root(sync->roots, path, &source->error);
    if (root != NULL) {
        const char *rest = path + strlen(root);
        buf_add_str(&below, rest[0] == '/' ? rest + 1 : rest);
        buf_addf(&below, "%s%s", below.len == 0 ? "" : "/", DEFINITION_SYNC_PROJECT_FOLDER);
        struct definition_place place = {root, below.data, DEFINITION_DIR_DEEP};
        source_load(sync, &place, source);
    }
    source->path = buf_take(&folder);
    buf_fini(&below);
    free(root);
}

/* `projects` has id, name, path; the sources borrow from it. What cannot be read is an error of its source. */
static struct definition_sync_source *sources_load(const struct definition_sync *sync, const char *host,
                                                   const PGresult *projects, size_t *count)
{
    *count = (size_t)pg_rows(projects) + 1;
    struct definition_sync_source *sources = mem_array(*count, sizeof *sources);
    load_global(sync, &sources[0]);
    for (int row = 0; row < pg_rows(projects); row++)
        load_project(sync, projects, row, &sources[row + 1]);
    for (size_t i = 0; i < *count; i++)
        sources[i].host = host;
    return sources;
}

static void sources_drop(struct definition_sync_source *sources, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        definition_set_drop(sources[i].set);
        free(sources[i].path);
    }
    free(sources);
}

/* Files whose SQL the database refuses become failures of their source. */
static enum err sources_check(struct pg *pg, struct definition_sync_source *sources, size_t count,
                              struct err_info *error)
{
    for (size_t i = 0; i < count; i++) {
        struct definition_set *set = sources[i].set;
        for (size_t file = 0; set != NULL && file < set->count;) {
            enum err err = definition_statements_check(pg, set->files[file].definition, error);
            if (err == ERR_USAGE)
                definition_set_refuse(set, file, error);
            else if (err != ERR_OK)
                return err;
            else
                file++;
        }
    }
    return ERR_OK;
}

/* ---- which release ------------------------------------------------------------------------------------------------
 */

static const char *release_of(const struct definition_sync *sync)
{
    return sync->release == NULL ? REPRISE_VERSION : sync->release;
}

/* What the global directory holds here, for the doctor, who compares hosts. */
static void add_found(struct pg_batch *batch, const struct definition_sync *sync,
                      const struct definition_sync_source *global)
{
    char digest[SHA256_HEX + 1];
    if (global->set == NULL)
        return;
    definition_sync_digest(global->set, digest);
    struct pg_args *args = pg_batch_add(batch, &sql_definitions_sync_found);
    pg_arg_text(args, global->host);
    pg_arg_text(args, sync->directory); /* as the setting says it, and the heartbeat */
    pg_arg_text(args, release_of(sync));
    pg_arg_int4(args, (int32_t)global->set->count);
    pg_arg_text(args, digest);
}

/* Its release is the one in force from now on; a directory that brought nothing is no release's. */
static void add_released(struct pg_batch *batch, const struct definition_sync *sync,
                         const struct definition_sync_source *global)
{
    if (global->set == NULL || global->set->count == 0 || global->is_strange)
        return;
    struct pg_args *args = pg_batch_add(batch, &sql_definitions_sync_released);
    pg_arg_text(args, release_of(sync));
    pg_arg_text(args, global->host);
}

/* Nothing is written but what this host has. */
static enum err yield_to_newer(struct writer *writer, const PGresult *release, const struct definition_sync *sync)
{
    pg_batch_add(writer->batch, &sql_session_commit);
    enum err err = writer_flush(writer);
    return err != ERR_OK ? err
                         : err_set(writer->error, ERR_CONFLICT,
                                   "those in force are of release %s (read on %s), and this is %s: the newer release "
                                   "wins, and nothing was changed. To go back to the older one: producer "
                                   "resync-definitions --force",
                                   pg_text(release, 0, 0), pg_text(release, 0, 1), release_of(sync));
}

static bool is_outdated(const struct definition_sync *sync, const PGresult *release)
{
    return sync->older == DEFINITION_SYNC_OLDER_YIELDS && pg_rows(release) > 0 &&
           definition_sync_is_older(release_of(sync), pg_text(release, 0, 0));
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

/* A hint for listeners, who then read for themselves; one that misses it sees the change at its next reading. */
static void report_publish(const struct dispatch *dispatch, const struct definition_sync_report *report)
{
    if (dispatch == NULL || dispatch->redis == NULL || report->written == 0)
        return;
    struct err_info ignored;
    struct json_object *event = json_object_new_object();
    json_object_object_add(event, "type", json_object_new_string("definitions"));
    json_object_object_add(event, "summary", definition_sync_summary_json(report));
    struct redis_args *args = redis_args_new();
    redis_arg(args, "PUBLISH");
    name_plain(args, dispatch->prefix, "events");
    redis_arg(args, json_object_to_json_string_ext(event, JSON_C_TO_STRING_PLAIN));
    if (redis_run(dispatch->redis, args, NULL, &ignored) != ERR_OK)
        log_info("the re-sync of definitions was not published: %s", ignored.text);
    redis_args_drop(args);
    json_object_put(event);
}

static enum err bring_together(const struct definition_sync *sync, struct pg_batch *batch,
                               struct definition_sync_report *report, struct err_info *error)
{
    struct pg_batch *writes = pg_batch_new();
    struct writer writer = {sync->pg, writes, error};
    struct definition_sync_changes changes;
    size_t row_count, source_count;
    struct definition_sync_row *rows = read_rows(pg_batch_result(batch, PICTURE_BEFORE), &row_count);
    char host[DEFINITION_SYNC_HOST_MAX];
    definition_sync_host(host);
    struct definition_sync_source *sources =
        sources_load(sync, host, pg_batch_result(batch, PICTURE_PROJECTS), &source_count);
    const PGresult *release = pg_batch_result(batch, PICTURE_RELEASE);
    enum err err = sources_check(sync->pg, sources, source_count, error);
    definition_sync_classify(rows, row_count, sources, source_count, &changes);
    add_found(writes, sync, &sources[0]);
    if (err == ERR_OK && is_outdated(sync, release))
        err = yield_to_newer(&writer, release, sync);
    add_released(writes, sync, &sources[0]);
    if (err == ERR_OK)
        err = write_changes(&writer, &changes);
    if (err == ERR_OK)
        definition_sync_report_make(&changes, report);
    snprintf(report->release, sizeof report->release, "%s", release_of(sync));
    definition_sync_changes_fini(&changes);
    sources_drop(sources, source_count);
    free(rows);
    pg_batch_drop(writes);
    return err;
}

enum err definition_sync(const struct definition_sync *sync, struct definition_sync_report *report,
                         struct err_info *error)
{
    *report = (struct definition_sync_report){.count = 0};
    struct pg_batch *batch = pg_batch_new();
    enum err err = take_picture(sync->pg, sync->turn_ms, batch, error);
    if (err == ERR_OK)
        err = bring_together(sync, batch, report, error);
    pg_batch_drop(batch);
    pg_abort(sync->pg);
    if (err != ERR_OK)
        return err_prefix(error, "the re-sync of definitions");
    definition_sync_report_log(report);
    report_publish(sync->dispatch, report);
    return ERR_OK;
}

enum err definition_sync_is_first(struct pg *pg, bool *first, struct err_info *error)
{
    PGresult *result = NULL;
    enum err err = pg_exec(pg, &sql_definitions_sync_is_first, NULL, &result, error);
    *first = err == ERR_OK && pg_bool(result, 0, 0);
    PQclear(result);
    return err;
}
