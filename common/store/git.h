/*
 * Git: fetching by the `git` program as a child, reading trees and blobs by libgit2, big blobs by `git cat-file
 * --batch`. A clone is bare, depth 1, under the repositories directory; everything that writes to it holds its flock,
 * but for a pin, which is one renamed file. A commit that was fetched is kept for a day, a pinned one until its pin
 * goes; gc removes the rest. ssh uses the keys of the account that runs this and known hosts of its own
 * (`.ssh/known_hosts` in the repositories directory): a host's key is accepted when it is first seen and must stay the
 * same. An object that is not in the clone (any more) is ERR_NOT_FOUND everywhere below; ERR_LOCAL is trouble of this
 * host, which says nothing about the repository.
 */
#ifndef REPRISE_STORE_GIT_H
#define REPRISE_STORE_GIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/store/address.h"
#include "common/store/child.h"

#define GIT_SHA_MAX 65 /* hex and NUL; SHA-1 has 40, SHA-256 64 */

struct git_rules {
    const char *repositories_dir;
    const char *file_roots;             /* colon separated; "" = file:// is refused */
    const struct address_list *allowed; /* private addresses that may be gone to */
    int64_t timeout_ms;                 /* of a fetch, without progress */
    int64_t deadline_ms;                /* of a fetch, in all; 0 = none */
    int64_t max_bytes;                  /* of the clone on disk */
    /* What a repository may ask of this process; 0 = the default of the setting of that name. */
    int64_t max_files;        /* entries that one walk or comparison visits, each time that it comes by them */
    int64_t max_depth;        /* directories in one another */
    int64_t max_path_bytes;   /* longer paths are told of without their text: GIT_LONG */
    int64_t max_tree_bytes;   /* of the directories that are open at once */
    int64_t max_object_bytes; /* of an object that git holds in memory (GIT_ALLOC_LIMIT) */
};

/* Process-wide start (idempotent): libgit2, its limits and caches. */
void git_init(void);

/* Refuses what may not be fetched: https://, ssh://, git@host:path and file:// under a root are allowed; `ext::`, a
 * host or path that begins with '-', user:password@, spaces, control characters, more than 2 000 bytes are not. In a
 * file URL, and there only, %XX stands for a byte of the path, which is decoded once; what comes of it must lie below a
 * root by its name, and where it exists also by what symbolic links make of it. ERR_USAGE says which. */
MUST_CHECK enum err git_check_url(const char *url, const struct git_rules *rules, struct err_info *error);
/* For a URL that has passed: refuses a host whose name leads to an address that may not be gone to, as the fetch would.
 * Asks the name server; a name that does not resolve now is ERR_OK. ERR_USAGE says which address it is. */
MUST_CHECK enum err git_check_host(const char *url, const struct git_rules *rules, struct err_info *error);
/* Branch names by git's own rules (git check-ref-format), and not beginning with '-'. */
MUST_CHECK enum err git_check_branch(const char *branch, struct err_info *error);

struct git_fetched {
    char commit[GIT_SHA_MAX];
    char tree[GIT_SHA_MAX];
    char branch[256]; /* what was fetched, also where the remote's HEAD decided */
    bool is_refused;  /* on ERR_PERMANENT: access was denied to these credentials; others may be let in */
};

/* What is to be fetched. All is borrowed. */
struct git_fetch_request {
    const struct git_rules *rules;
    const char *repository_id;
    const char *url;
    const char *branch;  /* NULL = the remote's HEAD */
    const char *token;   /* NULL = none; passed by environment configuration, for the URL's host only */
    child_tick_fn *tick; /* asked all the while; NULL = none */
    void *tick_context;
};
/* Brings the clone of a repository up to date. Waits for the clone's lock.
 * ERR_BUSY: another fetch of it takes its time; ERR_RETRY: network, deadline, too big for the moment; ERR_PERMANENT:
 * refused URL, no such repository, no commits, no such branch, access denied. The text is git's own last words without
 * any secret. */
MUST_CHECK enum err git_fetch(const struct git_fetch_request *request, struct git_fetched *fetched,
                              struct err_info *error);

/* A clone opened for reading. */
struct git_clone;
MUST_CHECK enum err git_open(const struct git_rules *rules, const char *repository_id, struct git_clone **clone,
                             struct err_info *error);
void git_close(struct git_clone *clone);
/* Every walk, comparison and stream of this clone asks `tick` (NULL = none) several times a second, and ends with what
 * it says. */
void git_watch(struct git_clone *clone, child_tick_fn *tick, void *tick_context);
/* A reader that finds an object missing or broken calls this; the next fetch makes a new clone. */
void git_call_damaged(struct git_clone *clone);
bool git_has_object(struct git_clone *clone, const char *sha);
/* refs/reprise/<app_id> keeps a commit (so its tree) from gc; NULL `commit` removes the pin. */
MUST_CHECK enum err git_pin(struct git_clone *clone, const char *app_id, const char *commit, struct err_info *error);

/* GIT_LONG: anything whose path is longer than rules.max_path_bytes; `path` is cut, and may be told of again and again
 * for the files of one directory. */
enum git_entry { GIT_FILE, GIT_SYMLINK, GIT_SUBMODULE, GIT_LONG };
enum git_change { GIT_CREATED, GIT_UPDATED, GIT_DELETED };
struct git_file {
    const char *path; /* as in the tree; may hold any bytes but NUL */
    size_t path_len;
    enum git_entry entry;
    enum git_change change; /* of two trees; GIT_CREATED where one is walked */
    char blob[GIT_SHA_MAX]; /* the new one, of a deleted file the old one */
};

/* A repository of a few kilobytes may hold 10^20 paths: a directory that is named twice has its files twice. Walks and
 * comparisons visit at most rules.max_files entries, and are ERR_PERMANENT beyond any limit of the rules. This one
 * tells beforehand whether a walk would be, looking at each directory once. */
MUST_CHECK enum err git_check_tree(struct git_clone *clone, const char *tree, struct err_info *error);

/* A walk or a comparison that gives one file at a time, so that its caller does other work in between.
 *
 * NULL `old_tree`: every entry of `new_tree` that is no directory, depth first, in git's order. Else what differs
 * between the two trees; equal sub-trees are never opened, and only regular files are told of: a path that turned from
 * file to symlink or submodule is deleted, the reverse created, and a change of symlinks, submodules or modes alone is
 * none. Memory: the trees on the way down, at most rules.max_tree_bytes. git_cursor_close is owed after ERR_OK. */
struct git_cursor;
MUST_CHECK enum err git_cursor_open(struct git_clone *clone, const char *old_tree, const char *new_tree,
                                    struct git_cursor **cursor, struct err_info *error);
void git_cursor_close(struct git_cursor *cursor); /* takes NULL */
/* `file` stays until the next call. `*is_end`: there was none left. After an error the cursor may only be closed. */
MUST_CHECK enum err git_cursor_next(struct git_cursor *cursor, struct git_file *file, bool *is_end,
                                    struct err_info *error);

/* The same two in one call. `visit` returns ERR_OK to go on; anything else ends the walk with that. */
typedef enum err git_visit_fn(void *context, const struct git_file *file, struct err_info *error);
MUST_CHECK enum err git_walk(struct git_clone *clone, const char *tree, git_visit_fn *visit, void *context,
                             struct err_info *error);
MUST_CHECK enum err git_compare(struct git_clone *clone, const char *old_tree, const char *new_tree,
                                git_visit_fn *visit, void *context, struct err_info *error);
/* The blob of a path in a tree; false if it is not there as a file. */
bool git_find(struct git_clone *clone, const char *tree, const char *path, char blob[GIT_SHA_MAX]);

/* The size of a blob without reading it. */
MUST_CHECK enum err git_blob_size(struct git_clone *clone, const char *blob, int64_t *size, struct err_info *error);
/* The whole of a blob appended to `out`: for small ones. Where it is stored as the difference to a big one, git reads
 * it. */
MUST_CHECK enum err git_blob_read(struct git_clone *clone, const char *blob, struct buf *out, struct err_info *error);
/* A blob of any size in pieces of at most 64 KiB through `git cat-file --batch`; memory stays bounded. */
typedef enum err git_bytes_fn(void *context, const void *bytes, size_t len, struct err_info *error);
MUST_CHECK enum err git_blob_stream(struct git_clone *clone, const char *blob, git_bytes_fn *take, void *context,
                                    struct err_info *error);

#endif
