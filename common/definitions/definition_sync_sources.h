/* The directories of a re-sync, loaded: the global one and those of all projects. For resync.c. */
#ifndef REPRISE_DEFINITIONS_DEFINITION_SYNC_SOURCES_H
#define REPRISE_DEFINITIONS_DEFINITION_SYNC_SOURCES_H

#include <libpq-fe.h>

#include "common/definitions/definition_sync.h"

/* `projects` has id, name, path; the sources borrow from it. Never fails: what cannot be read is an error of its
 * source. definition_sync_sources_drop is owed. */
struct definition_sync_source *definition_sync_sources_load(const struct definition_sync *resync,
                                                            const PGresult *projects, size_t *count);
void definition_sync_sources_drop(struct definition_sync_source *sources, size_t count);

#endif
