/* Trees as those see them who walk them: git_tree.c and git_check_tree.c. git.h is the contract. */
#ifndef REPRISE_STORE_GIT_TREE_H
#define REPRISE_STORE_GIT_TREE_H

#include "common/store/git_private.h"

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
