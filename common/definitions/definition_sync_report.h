/* What a re-sync of the definitions says of itself: counts, and each definition that changed or has an error. */
#ifndef REPRISE_DEFINITIONS_DEFINITION_SYNC_REPORT_H
#define REPRISE_DEFINITIONS_DEFINITION_SYNC_REPORT_H

#include <json-c/json_object.h>

#include "common/definitions/definition_sync_classify.h"

struct definition_sync_entry {
    enum definition_sync_class class;
    char *id, *name;  /* id: "project/id" of a project's */
    char *path;       /* of an error, else NULL */
    int line, column; /* of an error; 0 = the file as a whole */
    char *error;      /* of an error, else NULL */
};

#define DEFINITION_SYNC_RELEASE_MAX 32

struct definition_sync_report {
    size_t counts[DEFINITION_SYNC_CLASSES];
    struct definition_sync_entry *entries; /* all but those unchanged */
    size_t count;
    size_t written;                            /* rows */
    char release[DEFINITION_SYNC_RELEASE_MAX]; /* of the program that read the files */
};

/* From what was found. The report holds copies; definition_sync_report_fini is owed. */
void definition_sync_report_make(const struct definition_sync_changes *changes, struct definition_sync_report *report);
void definition_sync_report_fini(struct definition_sync_report *report);

/* {"success":true,"release":…,"summary":{…},"workflows":{…}}, docs/domain/definitions.md; the caller's. */
struct json_object *definition_sync_report_json(const struct definition_sync_report *report);
/* Its "summary" alone; the caller's. */
struct json_object *definition_sync_summary_json(const struct definition_sync_report *report);
/* Logs one line for each error, and one with the counts. */
void definition_sync_report_log(const struct definition_sync_report *report);

#endif
