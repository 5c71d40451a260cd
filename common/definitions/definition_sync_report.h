/* From what was found to what is said of it. For resync.c and its tests. */
#ifndef REPRISE_DEFINITIONS_DEFINITION_SYNC_REPORT_H
#define REPRISE_DEFINITIONS_DEFINITION_SYNC_REPORT_H

#include "common/definitions/definition_sync.h"

/* The report holds copies; resync_report_fini is owed. */
void resync_report_make(const struct resync_changes *changes, struct resync_report *report);
/* One line for each error, one with the counts. */
void resync_report_log(const struct resync_report *report);

#endif
