/*
 * Trees, walked one by one and two at a time. What a repository holds is the word of a stranger: each entry that is
 * come by counts, each time, and ticks; the trees on the way down are held up to a limit, paths up to another.
 */
#include <inttypes.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/store/git_private.h"

#define TICK_VISITS 128 /* between two looks at the clock */

/* A walk under way. One of the two visitors is set. */
struct walk {
    struct git_clone *clone;
    git_visit_fn *visit;
    git_change_fn *changed;
    void *context;
    struct err_info *error;
    struct buf path; /* cut where it would be too long */
    size_t path_len; /* what it would be */
    int depth;
    int64_t visits;
    int64_t open_bytes; /* of the trees on the way down */
};

enum kind { KIND_NONE, KIND_FILE, KIND_SYMLINK, KIND_SUBMODULE, KIND_TREE };

static enum kind kind_of(const git_tree_entry *entry)
{
    if (entry == NULL)
        return KIND_NONE;
    switch (git_tree_entry_filemode(entry)) {
    case GIT_FILEMODE_TREE:
        return KIND_TREE;
    case GIT_FILEMODE_LINK:
        return KIND_SYMLINK;
    case GIT_FILEMODE_COMMIT:
        return KIND_SUBMODULE;
    default:
        return KIND_FILE;
    }
}

bool git_tree_is_tree(const git_tree_entry *entry)
{
    return kind_of(entry) == KIND_TREE;
}

enum err git_tree_open(struct git_clone *clone, const git_oid *id, git_tree **tree, struct err_info *error)
{
    int failure = git_tree_lookup(tree, clone->repository, id);
    return failure == 0 ? ERR_OK : git_lib_error(failure, "cannot read a tree", error);
}

int64_t git_tree_bytes(const git_tree *tree)
{
    int64_t bytes = 0;
    for (size_t i = git_tree_entrycount(tree); i-- > 0;)
        bytes += (int64_t)strlen(git_tree_entry_name(git_tree_entry_byindex(tree, i))) + GIT_TREE_ENTRY_BYTES;
    return bytes;
}

enum err git_tree_too_many(const struct git_clone *clone, struct err_info *error)
{
    return err_set(error, ERR_PERMANENT,
                   "the repository holds more than %" PRId64 " files and directories (git.max_files)",
                   clone->rules.max_files);
}

enum err git_tree_too_deep(const struct git_clone *clone, struct err_info *error)
{
    return err_set(error, ERR_PERMANENT, "the repository holds a tree of more than %" PRId64 " levels (git.max_depth)",
                   clone->rules.max_depth);
}

enum err git_tree_too_big(const struct git_clone *clone, struct err_info *error)
{
    return err_set(error, ERR_PERMANENT,
                   "the repository's directories take more than %" PRId64 " MiB (git.max_tree_bytes)",
                   clone->rules.max_tree_bytes / (1024 * 1024));
}

/* One more entry that is come by. */
static enum err walk_count_visit(struct walk *walk)
{
    if (++walk->visits > walk->clone->rules.max_files)
        return git_tree_too_many(walk->clone, walk->error);
    return walk->visits % TICK_VISITS == 0 ? git_tick(walk->clone, walk->error) : ERR_OK;
}

/* A tree on the way down; close_tree is owed where it is ERR_OK. */
static enum err open_tree(struct walk *walk, const git_oid *id, git_tree **tree)
{
    enum err err = git_tree_open(walk->clone, id, tree, walk->error);
    if (err != ERR_OK)
        return err;
    walk->open_bytes += git_tree_bytes(*tree);
    return walk->open_bytes > walk->clone->rules.max_tree_bytes ? git_tree_too_big(walk->clone, walk->error) : ERR_OK;
}

static void close_tree(struct walk *walk, git_tree *tree)
{
    if (tree != NULL)
        walk->open_bytes -= git_tree_bytes(tree);
    git_tree_free(tree);
}

/* Where to cut back to. */
struct place {
    size_t len, told_len;
};

/* Appends the entry's name to the path, as far as there is room. */
static struct place go_down(struct walk *walk, const git_tree_entry *entry)
{
    struct place before = {walk->path.len, walk->path_len};
    const char *name = git_tree_entry_name(entry);
    size_t len = strlen(name);
    walk->path_len += len + (walk->path_len > 0);
    if (walk->path_len > (size_t)walk->clone->rules.max_path_bytes)
        return before;
    if (walk->path.len > 0)
        buf_add_char(&walk->path, '/');
    buf_add(&walk->path, name, len);
    return before;
}

static void go_up(struct walk *walk, struct place before)
{
    walk->path_len = before.told_len;
    walk->path.len = before.len;
    if (walk->path.data != NULL)
        walk->path.data[before.len] = '\0';
}

static struct git_file describe(const struct walk *walk, const git_tree_entry *entry, enum kind kind)
{
    struct git_file file = {.path = walk->path.len > 0 ? walk->path.data : "", .path_len = walk->path.len};
    static const enum git_entry entries[] = {[KIND_SYMLINK] = GIT_SYMLINK, [KIND_SUBMODULE] = GIT_SUBMODULE};
    file.entry = kind == KIND_FILE ? GIT_FILE : entries[kind];
    if (walk->path_len > (size_t)walk->clone->rules.max_path_bytes)
        file.entry = GIT_LONG;
    git_oid_tostr(file.blob, sizeof(file.blob), git_tree_entry_id(entry));
    return file;
}

/* Comparing tells of regular files only; a walk tells of all. */
static enum err change_visit(struct walk *walk, enum git_change change, const git_tree_entry *entry)
{
    enum kind kind = kind_of(entry);
    if (walk->changed != NULL && kind != KIND_FILE)
        return ERR_OK;
    struct place before = go_down(walk, entry);
    struct git_file file = describe(walk, entry, kind);
    enum err err = walk->changed != NULL ? walk->changed(walk->context, change, &file, walk->error)
                                         : walk->visit(walk->context, &file, walk->error);
    go_up(walk, before);
    return err;
}

static enum err walk_tree(struct walk *walk, enum git_change change, const git_oid *id);

static enum err walk_entry(struct walk *walk, enum git_change change, const git_tree_entry *entry)
{
    if (kind_of(entry) != KIND_TREE)
        return change_visit(walk, change, entry);
    struct place before = go_down(walk, entry);
    enum err err = walk_tree(walk, change, git_tree_entry_id(entry));
    go_up(walk, before);
    return err;
}

/* Everything below one tree, as `change` where two are compared. */
static enum err walk_tree(struct walk *walk, enum git_change change, const git_oid *id)
{
    git_tree *tree = NULL;
    if (++walk->depth > walk->clone->rules.max_depth)
        return git_tree_too_deep(walk->clone, walk->error);
    enum err err = open_tree(walk, id, &tree);
    size_t count = err == ERR_OK ? git_tree_entrycount(tree) : 0;
    for (size_t i = 0; i < count && err == ERR_OK; i++) {
        err = walk_count_visit(walk);
        if (err == ERR_OK)
            err = walk_entry(walk, change, git_tree_entry_byindex(tree, i));
    }
    close_tree(walk, tree);
    walk->depth--;
    return err;
}

enum err git_walk(struct git_clone *clone, const char *tree, git_visit_fn *visit, void *context, struct err_info *error)
{
    git_oid id;
    struct walk walk = {.clone = clone, .visit = visit, .context = context, .error = error};
    enum err err = git_parse_id(tree, &id, error);
    if (err == ERR_OK)
        err = walk_tree(&walk, GIT_CREATED, &id);
    buf_fini(&walk.path);
    return err;
}

static enum err compare_trees(struct walk *walk, const git_oid *old_id, const git_oid *new_id);

/* Two entries of one name; git's order keeps a tree and a file of one name apart, so both are trees or neither is. */
static enum err compare_pair(struct walk *walk, const git_tree_entry *old_entry, const git_tree_entry *new_entry)
{
    enum kind old_kind = kind_of(old_entry), new_kind = kind_of(new_entry);
    const git_oid *old_id = git_tree_entry_id(old_entry), *new_id = git_tree_entry_id(new_entry);
    if (old_kind == new_kind && git_oid_equal(old_id, new_id))
        return ERR_OK;
    if (old_kind == KIND_TREE) {
        struct place before = go_down(walk, new_entry);
        enum err err = compare_trees(walk, old_id, new_id);
        go_up(walk, before);
        return err;
    }
    if (old_kind == KIND_FILE && new_kind == KIND_FILE)
        return change_visit(walk, GIT_UPDATED, new_entry);
    enum err err = change_visit(walk, GIT_DELETED, old_entry);
    return err == ERR_OK ? change_visit(walk, GIT_CREATED, new_entry) : err;
}

static int order_of(const git_tree_entry *old_entry, const git_tree_entry *new_entry)
{
    if (old_entry == NULL)
        return 1;
    return new_entry == NULL ? -1 : git_tree_entry_cmp(old_entry, new_entry);
}

/* Both are sorted alike (a tree as if its name ended with '/'), so one pass side by side finds what differs. */
static enum err compare_entries(struct walk *walk, const git_tree *old_tree, const git_tree *new_tree)
{
    size_t old_at = 0, new_at = 0;
    for (;;) {
        const git_tree_entry *old_entry = git_tree_entry_byindex(old_tree, old_at);
        const git_tree_entry *new_entry = git_tree_entry_byindex(new_tree, new_at);
        if (old_entry == NULL && new_entry == NULL)
            return ERR_OK;
        enum err err = walk_count_visit(walk);
        if (err != ERR_OK)
            return err;
        int order = order_of(old_entry, new_entry);
        if (order == 0)
            err = compare_pair(walk, old_entry, new_entry);
        else if (order < 0)
            err = walk_entry(walk, GIT_DELETED, old_entry);
        else
            err = walk_entry(walk, GIT_CREATED, new_entry);
        if (err != ERR_OK)
            return err;
        old_at += order <= 0;
        new_at += order >= 0;
    }
}

static enum err compare_trees(struct walk *walk, const git_oid *old_id, const git_oid *new_id)
{
    git_tree *old_tree = NULL, *new_tree = NULL;
    if (++walk->depth > walk->clone->rules.max_depth)
        return git_tree_too_deep(walk->clone, walk->error);
    enum err err = open_tree(walk, old_id, &old_tree);
    if (err == ERR_OK)
        err = open_tree(walk, new_id, &new_tree);
    if (err == ERR_OK)
        err = compare_entries(walk, old_tree, new_tree);
    close_tree(walk, old_tree);
    close_tree(walk, new_tree);
    walk->depth--;
    return err;
}

enum err git_compare(struct git_clone *clone, const char *old_tree, const char *new_tree, git_change_fn *visit,
                     void *context, struct err_info *error)
{
    git_oid old_id, new_id;
    struct walk walk = {.clone = clone, .changed = visit, .context = context, .error = error};
    enum err err = git_parse_id(old_tree, &old_id, error);
    if (err == ERR_OK)
        err = git_parse_id(new_tree, &new_id, error);
    if (err == ERR_OK && !git_oid_equal(&old_id, &new_id))
        err = compare_trees(&walk, &old_id, &new_id);
    buf_fini(&walk.path);
    return err;
}

bool git_find(struct git_clone *clone, const char *tree, const char *path, char blob[GIT_SHA_MAX])
{
    git_oid id;
    git_tree *root = NULL;
    git_tree_entry *entry = NULL;
    struct err_info ignored;
    bool found = git_parse_id(tree, &id, &ignored) == ERR_OK && git_tree_open(clone, &id, &root, &ignored) == ERR_OK &&
                 git_tree_entry_bypath(&entry, root, path) == 0 && kind_of(entry) == KIND_FILE;
    if (found)
        git_oid_tostr(blob, GIT_SHA_MAX, git_tree_entry_id(entry));
    git_tree_entry_free(entry);
    git_tree_free(root);
    return found;
}
