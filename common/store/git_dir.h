/*
 * The directory of a clone: where it is, who may write to it, what a killed git left in it, how big it is. Beside the
 * clones stand `.home` (an empty HOME for git), `.home-file` (one whose gitconfig trusts any owner, for file URLs only)
 * and `.ssh` (known hosts). Used by the git_*.c files alone.
 */
#ifndef REPRISE_STORE_GIT_DIR_H
#define REPRISE_STORE_GIT_DIR_H

#include <limits.h>
#include <stdbool.h>

#include "common/store/git.h"

struct git_dir {
    char root[PATH_MAX]; /* the repositories directory without symbolic links */
    char clone[PATH_MAX];
    char home[PATH_MAX], home_file[PATH_MAX], ssh[PATH_MAX];
    int lock_fd; /* -1 = not held */
};

/* Works out the paths and makes what is missing, but not the clone. */
MUST_CHECK enum err git_dir_init(struct git_dir *dir, const struct git_rules *rules, const char *repository_id,
                                 struct err_info *error);
/* Waits for the clone's lock as long as `tick` (may be NULL) lets it, and half a minute at most: then ERR_BUSY. The
 * clone's directory is there then, and closed to other users. */
MUST_CHECK enum err git_dir_lock(struct git_dir *dir, child_tick_fn *tick, void *tick_context, struct err_info *error);
void git_dir_unlock(struct git_dir *dir);

struct git_dir_use {
    int64_t bytes;
    int packs;
};
/* What the clone takes on disk. */
struct git_dir_use git_dir_measure(const struct git_dir *dir);
/* The same, and removes what a killed git left: locks and half-written packs. Under the lock only. */
struct git_dir_use git_dir_sweep(const struct git_dir *dir);

#define GIT_DIR_FETCHED "refs/fetched/"
/* Removes refs/fetched/<commit> that are older than a day. Under the lock only. */
void git_dir_forget_fetched(const struct git_dir *dir);

/*
 * A clone is disposable: a new one is made beside a damaged one, and takes its place when it is whole.
 * Everything here is done under the clone's lock. Used by git_fetch.c alone.
 */

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
