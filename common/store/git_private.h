/* What the files that read a clone by libgit2 share. git.h is the contract. */
#ifndef REPRISE_STORE_GIT_PRIVATE_H
#define REPRISE_STORE_GIT_PRIVATE_H

#include <git2.h>

#include "common/store/git.h"
#include "common/store/git_dir.h"

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

#endif
