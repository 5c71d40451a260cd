/*
 * Projects: places beside the global directory that have definitions of their own, in .agent/workflows/definitions. A
 * project's path must lie under one of definitions.roots, where it is added and at each re-sync.
 */
#ifndef REPRISE_DEFINITIONS_PROJECT_H
#define REPRISE_DEFINITIONS_PROJECT_H

#include "common/store/pg.h"

struct project {
    const char *id;   /* as an id of a definition */
    const char *name; /* for people */
    const char *path; /* absolute, without "." and ".." */
};

/* The one of `roots` (colon separated) that `path` lies under, without a slash at its end; the caller's.
 * NULL: it lies under none, or is no plain absolute path; `error` says what to do. Looks at the text only. */
char *project_root(const char *roots, const char *path, struct err_info *error);

/* ERR_USAGE: id, name or path will not do; ERR_CONFLICT: there is one with this id or path. Its definitions are there
 * after the next re-sync. */
MUST_CHECK enum err project_add(struct pg *pg, const char *roots, const struct project *project,
                                struct err_info *error);
/* With its definitions and their ticks; operations go on, and keep their versions. ERR_NOT_FOUND. */
MUST_CHECK enum err project_remove(struct pg *pg, const char *id, struct err_info *error);

#endif
