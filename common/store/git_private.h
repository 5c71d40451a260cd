/* What the files that read a clone by libgit2 share. git.h is the contract. */
#ifndef REPRISE_STORE_GIT_PRIVATE_H
#define REPRISE_STORE_GIT_PRIVATE_H

#include <git2.h>
#include <limits.h>
#include <stdbool.h>

#include "common/base/buf.h"
#include "common/store/git.h"
#include "common/store/git_rules.h"

/*
 * The directory of a clone: where it is, who may write to it, what a killed git left in it, how big it is. Beside the
 * clones stand `.home` (an empty HOME for git), `.home-file` (one whose gitconfig trusts any owner, for file URLs only)
 * and `.ssh` (known hosts). Used by the git_*.c files alone.
 */

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

#define GIT_MAX_FILES INT64_C(1000000)
#define GIT_MAX_DEPTH INT64_C(2048)
#define GIT_MAX_PATH_BYTES INT64_C(4096)
#define GIT_MAX_TREE_BYTES (INT64_C(32) << 20)
#define GIT_MAX_OBJECT_BYTES (INT64_C(256) << 20)

/* Belongs to one thread. */
struct git_clone {
    struct git_dir dir;
    git_repository *repository;
    git_odb *objects;
    int fd;                 /* of this very directory, whatever takes its place; -1 = not open */
    struct git_rules rules; /* every limit is set */
    struct child *cat_file; /* started when the first blob is streamed */
    child_tick_fn *tick;
    void *tick_context;
    int64_t ticked_ms;
};

/* Asks the tick where that is due; for loops that come by often. */
MUST_CHECK enum err git_tick(struct git_clone *clone, struct err_info *error);

/* A limit of the rules, as it holds. */
void git_rules_fill(struct git_rules *rules);
/* From now on libgit2 allocates within the limit: before any other thread uses it. */
void git_memory_start(void);
/* The allocations of libgit2 in this process are refused above what these rules allow for. */
void git_limit_memory(const struct git_rules *rules);

/* libgit2's last error as ours. ERR_NOT_FOUND: an object is missing or cannot be read. ERR_PERMANENT: it is malformed,
 * or takes too much memory. ERR_LOCAL: the system refused. Else ERR_RETRY. `failure` is its return value. */
enum err git_lib_error(int failure, const char *what, struct err_info *error);
MUST_CHECK enum err git_parse_id(const char *sha, git_oid *id, struct err_info *error);

/* Trees as those see them who walk them: git_tree.c and git_check_tree.c. git.h is the contract. */

/* Of an entry beside its name: mode and id in the object, and libgit2's own record. */
#define GIT_TREE_ENTRY_BYTES 56

MUST_CHECK enum err git_tree_open(struct git_clone *clone, const git_oid *id, git_tree **tree, struct err_info *error);
bool git_tree_is_tree(const git_tree_entry *entry);
/* What it takes in memory, near enough. */
int64_t git_tree_bytes(const git_tree *tree);

/* ERR_PERMANENT, and which limit it is. */
enum err git_tree_too_many(const struct git_clone *clone, struct err_info *error);
enum err git_tree_too_deep(const struct git_clone *clone, struct err_info *error);
enum err git_tree_too_big(const struct git_clone *clone, struct err_info *error);

/* ---- the environment of a git child ------------------------------------------------------------------------------ */

/*
 * The whole environment of a git child: nothing of ours is inherited but PATH. Configuration goes through it too
 * (GIT_CONFIG_COUNT), so that a token is never in an argument list or a file. Used by the git_*.c files alone.
 */

#define GIT_ENV_MAX 96

struct git_env {
    char *texts[GIT_ENV_MAX + 1]; /* "NAME=value", NULL-terminated */
    int count;
    int settings;
};

/* The variables and settings that every call has. `home` is an empty directory, or one with our gitconfig. */
void git_env_init(struct git_env *env, const char *home);
/* An object that is larger than the rules allow makes git end with an error instead of taking the memory. */
void git_env_limit(struct git_env *env, const struct git_rules *rules);
/* The address space that git may take then. */
int64_t git_env_memory(const struct git_rules *rules);
void git_env_fini(struct git_env *env); /* wipes: a token may be in it */
void git_env_add(struct git_env *env, const char *name, const char *value);
void git_env_set(struct git_env *env, const char *key, const char *value);
/* For the child: call last. */
const char *const *git_env_vector(struct git_env *env);

/* For a fetch: only the URL's protocol, only to `address` whatever a name server says later. `ssh_dir` holds the known
 * hosts: a host's key is accepted when it is first seen and must stay the same (accept-new). ssh takes the keys of the
 * account that we run as, and none of its configuration. */
void git_env_pin(struct git_env *env, const struct git_url *url, const struct sockaddr *address, const char *ssh_dir);
/* For https: the token as Basic authorization, bound to the URL's host. */
void git_env_token(struct git_env *env, const struct git_url *url, const char *token);

/* ---- a repository on this machine -------------------------------------------------------------------------------- */

/*
 * A repository on this machine, as a file URL names it. git would follow a `.git` file or link, guess `x.git` for `x`,
 * and read alternates, common directories and included configuration wherever they are: here each of them is resolved
 * first, and must lie below a directory of git.file_roots. The directory that was found is kept open and handed to git
 * as a descriptor, so that what was looked at is what is used, whatever is renamed meanwhile. Used by git_fetch.c
 * alone.
 */

struct git_source {
    int fd; /* the git directory; 0 = none */
};

/* How the child is told of it: by the number of child.h. */
#define GIT_SOURCE_URL "file:///proc/self/fd/4"

/* `path` has passed git_check_url. ERR_PERMANENT: there is no repository, or it is not below a root; ERR_LOCAL: it
 * cannot be opened. git_source_close is owed. */
MUST_CHECK enum err git_source_open(struct git_source *source, const char *path, const struct git_rules *rules,
                                    struct err_info *error);
/* That all it refers to lies below a root, too. May be asked again. */
MUST_CHECK enum err git_source_check(const struct git_source *source, const struct git_rules *rules,
                                     child_tick_fn *tick, void *tick_context, struct err_info *error);
void git_source_close(struct git_source *source);

/* Puts the path of the URL in place of the descriptor's in what git said. */
void git_source_name(const struct git_url *url, struct buf *words);

#endif
