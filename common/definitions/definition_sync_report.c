/*
 * From the changes of a re-sync to its report: counts of each class, the entries that people want to see, and their two
 * forms, log lines and JSON. It copies all texts, since the changes borrow from files and rows that are freed before
 * the report is shown. Called by definition_sync.c, the command line and the API.
 */
#include "common/definitions/definition_sync.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"

static const char *const class_names[DEFINITION_SYNC_CLASSES] = {
    [DEFINITION_SYNC_NEW] = "new",
    [DEFINITION_SYNC_UPDATED] = "updated",
    [DEFINITION_SYNC_UNCHANGED] = "unchanged",
    [DEFINITION_SYNC_REACTIVATED] = "reactivated",
    [DEFINITION_SYNC_ARCHIVED] = "archived",
    [DEFINITION_SYNC_ERROR] = "errors",
};

/* ---- from the changes -------------------------------------------------------------------------------------------- */

static char *handle_of(const struct definition_sync_change *change)
{
    const char *project = change->source->project;
    struct buf handle = BUF_INIT;
    if (change->identifier == NULL)
        return mem_strdup(project == NULL ? "(global)" : project); /* a directory as a whole */
    buf_addf(&handle, "%s%s%s", project == NULL ? "" : project, project == NULL ? "" : "/", change->identifier);
    return buf_take(&handle);
}

static const char *name_of(const struct definition_sync_change *change)
{
    if (change->file != NULL)
        return change->file->definition->name;
    if (change->row != NULL)
        return change->row->name;
    return change->identifier == NULL ? change->source->name : change->identifier;
}

static struct definition_sync_entry entry_of(const struct definition_sync_change *change)
{
    const struct definition_failure *failure = change->failure;
    struct definition_sync_entry entry = {
        .class = change->class, .id = handle_of(change), .name = mem_strdup(name_of(change))};
    if (failure != NULL) {
        entry.path = mem_strdup(failure->path);
        entry.line = failure->line;
        entry.column = failure->column;
        entry.error = mem_strdup(failure->text);
    } else if (change->class == DEFINITION_SYNC_ERROR) {
        entry.path = mem_strdup(change->source->path);
        entry.error = mem_strdup(change->source->error.text);
    }
    return entry;
}

void definition_sync_report_make(const struct definition_sync_changes *changes, struct definition_sync_report *report)
{
    *report = (struct definition_sync_report){.entries = mem_array(changes->count + 1, sizeof *report->entries)};
    for (size_t i = 0; i < changes->count; i++) {
        const struct definition_sync_change *change = &changes->list[i];
        report->written += change->write != DEFINITION_SYNC_KEEP;
        if (change->write == DEFINITION_SYNC_FORGET)
            continue;
        report->counts[change->class]++;
        if (change->class != DEFINITION_SYNC_UNCHANGED)
            report->entries[report->count++] = entry_of(change);
    }
}

void definition_sync_report_fini(struct definition_sync_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        free(report->entries[i].id);
        free(report->entries[i].name);
        free(report->entries[i].path);
        free(report->entries[i].error);
    }
    free(report->entries);
    *report = (struct definition_sync_report){.count = 0};
}

/* ---- what is said ------------------------------------------------------------------------------------------------ */

void definition_sync_report_log(const struct definition_sync_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct definition_sync_entry *entry = &report->entries[i];
        if (entry->class == DEFINITION_SYNC_ERROR)
            log_error("definition %s, %s:%d:%d: %s", entry->id, entry->path, entry->line, entry->column, entry->error);
    }
    log_info("definitions of release %s: %zu new, %zu updated, %zu unchanged, %zu reactivated, %zu archived, %zu with "
             "errors",
             report->release, report->counts[DEFINITION_SYNC_NEW], report->counts[DEFINITION_SYNC_UPDATED],
             report->counts[DEFINITION_SYNC_UNCHANGED], report->counts[DEFINITION_SYNC_REACTIVATED],
             report->counts[DEFINITION_SYNC_ARCHIVED], report->counts[DEFINITION_SYNC_ERROR]);
}

static void add_count(struct json_object *object, const char *name, size_t count)
{
    json_object_object_add(object, name, json_object_new_int64((int64_t)count));
}

struct json_object *definition_sync_summary_json(const struct definition_sync_report *report)
{
    struct json_object *summary = json_object_new_object();
    size_t total = 0;
    for (int class = 0; class < DEFINITION_SYNC_CLASSES; class ++)
        total += report->counts[class];
    add_count(summary, "total", total);
    for (int class = 0; class < DEFINITION_SYNC_CLASSES; class ++)
        add_count(summary, class_names[class], report->counts[class]);
    return summary;
}

static struct json_object *entry_json(const struct definition_sync_entry *entry)
{
    struct json_object *object = json_object_new_object();
    json_object_object_add(object, "id", json_object_new_string(entry->id));
    json_object_object_add(object, "name", json_object_new_string(entry->name));
    if (entry->class != DEFINITION_SYNC_ERROR)
        return object;
    json_object_object_add(object, "path", json_object_new_string(entry->path));
    json_object_object_add(object, "line", json_object_new_int(entry->line));
    json_object_object_add(object, "column", json_object_new_int(entry->column));
    json_object_object_add(object, "error", json_object_new_string(entry->error));
    return object;
}

struct json_object *definition_sync_report_json(const struct definition_sync_report *report)
{
    struct json_object *answer = json_object_new_object(), *workflows = json_object_new_object(),
                       *lists[DEFINITION_SYNC_CLASSES];
    for (int class = 0; class < DEFINITION_SYNC_CLASSES; class ++) {
        lists[class] = class == DEFINITION_SYNC_UNCHANGED ? NULL : json_object_new_array();
        if (lists[class] != NULL)
            json_object_object_add(workflows, class_names[class], lists[class]);
    }
    for (size_t i = 0; i < report->count; i++)
        json_object_array_add(lists[report->entries[i].class], entry_json(&report->entries[i]));
    json_object_object_add(answer, "success", json_object_new_boolean(true));
    json_object_object_add(answer, "release", json_object_new_string(report->release));
    json_object_object_add(answer, "summary", definition_sync_summary_json(report));
    json_object_object_add(answer, "workflows", workflows);
    return answer;
}
