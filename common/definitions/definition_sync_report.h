/* From what was found to what is said of it. For resync.c and its tests. */
#ifndef REPRISE_DEFINITIONS_DEFINITION_SYNC_REPORT_H
#define REPRISE_DEFINITIONS_DEFINITION_SYNC_REPORT_H

#include "common/definitions/definition_sync.h"

/* The report holds copies; definition_sync_report_fini is owed. */
void definition_sync_report_make(const struct definition_sync_changes *changes, struct definition_sync_report *report);
/* One line for each error, one with the counts. */
void definition_sync_report_log(const struct definition_sync_report *report);

#endif
