/* What the files that read a clone by libgit2 share. git.h is the contract. */
#ifndef REPRISE_STORE_GIT_PRIVATE_H
#define REPRISE_STORE_GIT_PRIVATE_H

#include <git2.h>

#include "common/store/git.h"
#include "common/store/git_dir.h"

/* Belongs to one thread. */
struct git_clone {
    struct git_dir dir;
    git_repository *repository;
    git_odb *objects;
    int64_t timeout_ms;
    struct child *cat_file; /* started when the first blob is streamed */
    child_tick_fn *tick;    /* of the call under way */
    void *tick_context;
};

/* libgit2's last error as ours: ERR_NOT_FOUND for a missing object, else ERR_RETRY. `failure` is its return value. */
enum err git_lib_error(int failure, const char *what, struct err_info *error);
MUST_CHECK enum err git_parse_id(const char *sha, git_oid *id, struct err_info *error);
void git_cat_file_drop(struct git_clone *clone);

#endif
