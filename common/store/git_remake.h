/*
 * A clone is disposable: a new one is made beside a damaged one, and takes its place when it is whole.
 * Everything here is done under the clone's lock. Used by git_fetch.c alone.
 */
#ifndef REPRISE_STORE_GIT_REMAKE_H
#define REPRISE_STORE_GIT_REMAKE_H

#include <stdbool.h>

#include "common/store/git_dir.h"

/* In a clone's directory: a reader found something missing or broken (git_call_damaged). */
#define GIT_DAMAGED_FILE "damaged"

/* Whether it has what git needs to begin with, and no reader found it damaged. */
bool git_dir_is_whole(const struct git_dir *dir);

/* `dir` becomes that of a clone beside the one it was, which is not there yet. `old` keeps the path. ERR_LOCAL. */
MUST_CHECK enum err git_dir_begin_new(struct git_dir *dir, char old[PATH_MAX], struct err_info *error);
/* What `git init` has made stays, also where the power fails. */
MUST_CHECK enum err git_dir_sync(const struct git_dir *dir, struct err_info *error);
/* The new one in the old one's place, which goes. */
MUST_CHECK enum err git_dir_replace(struct git_dir *dir, const char *old, struct err_info *error);
/* Back to the old one; the new one goes. */
void git_dir_abandon(struct git_dir *dir, const char *old);

#endif
