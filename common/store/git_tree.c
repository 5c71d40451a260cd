/*
 * Trees, walked one by one and two at a time. Memory is what the trees on the way down hold; a depth that no real
 * repository has is refused, as git itself does (core.maxTreeDepth).
 */
#include <string.h>

#include "common/base/buf.h"
#include "common/store/git_private.h"

#define DEPTH_MAX 2048

/* A walk under way. One of the two visitors is set. */
struct walk {
    struct git_clone *clone;
    git_visit_fn *visit;
    git_change_fn *changed;
    void *context;
    struct err_info *error;
    struct buf path;
    int depth;
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

static enum err open_tree(struct git_clone *clone, const git_oid *id, git_tree **tree, struct err_info *error)
{
    int failure = git_tree_lookup(tree, clone->repository, id);
    return failure == 0 ? ERR_OK : git_lib_error(failure, "cannot read a tree", error);
}

/* Appends the entry's name to the path; returns the length to cut back to. */
static size_t go_down(struct walk *walk, const git_tree_entry *entry)
{
    size_t before = walk->path.len;
    if (before > 0)
        buf_add_char(&walk->path, '/');
    buf_add_str(&walk->path, git_tree_entry_name(entry));
    return before;
}

static void go_up(struct walk *walk, size_t before)
{
    walk->path.len = before;
    walk->path.data[before] = '\0';
}

static struct git_file describe(const struct walk *walk, const git_tree_entry *entry, enum kind kind)
{
    struct git_file file = {.path = walk->path.data, .path_len = walk->path.len, .entry = GIT_FILE};
    if (kind == KIND_SYMLINK)
        file.entry = GIT_SYMLINK;
    else if (kind == KIND_SUBMODULE)
        file.entry = GIT_SUBMODULE;
    git_oid_tostr(file.blob, sizeof(file.blob), git_tree_entry_id(entry));
    return file;
}

static enum err too_deep(struct walk *walk)
{
    return err_set(walk->error, ERR_PERMANENT, "a tree of more than %d levels", DEPTH_MAX);
}

/* Comparing tells of regular files only; a walk tells of all. */
static enum err tell(struct walk *walk, enum git_change change, const git_tree_entry *entry)
{
    enum kind kind = kind_of(entry);
    if (walk->changed != NULL && kind != KIND_FILE)
        return ERR_OK;
    size_t before = go_down(walk, entry);
    struct git_file file = describe(walk, entry, kind);
    enum err code = walk->changed != NULL ? walk->changed(walk->context, change, &file, walk->error)
                                          : walk->visit(walk->context, &file, walk->error);
    go_up(walk, before);
    return code;
}

/* Everything below one tree, as `change` where two are compared. */
static enum err walk_tree(struct walk *walk, enum git_change change, const git_oid *id)
{
    git_tree *tree = NULL;
    if (++walk->depth > DEPTH_MAX)
        return too_deep(walk);
    enum err code = open_tree(walk->clone, id, &tree, walk->error);
    size_t count = code == ERR_OK ? git_tree_entrycount(tree) : 0;
    for (size_t i = 0; i < count && code == ERR_OK; i++) {
        const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
        if (kind_of(entry) != KIND_TREE) {
            code = tell(walk, change, entry);
            continue;
        }
        size_t before = go_down(walk, entry);
        code = walk_tree(walk, change, git_tree_entry_id(entry));
        go_up(walk, before);
    }
    git_tree_free(tree);
    walk->depth--;
    return code;
}

enum err git_walk(struct git_clone *clone, const char *tree, git_visit_fn *visit, void *context, struct err_info *error)
{
    git_oid id;
    struct walk walk = {.clone = clone, .visit = visit, .context = context, .error = error};
    enum err code = git_parse_id(tree, &id, error);
    if (code == ERR_OK)
        code = walk_tree(&walk, GIT_CREATED, &id);
    buf_fini(&walk.path);
    return code;
}

/* An entry that only one of the two trees has. */
static enum err compare_single(struct walk *walk, enum git_change change, const git_tree_entry *entry)
{
    if (kind_of(entry) != KIND_TREE)
        return tell(walk, change, entry);
    size_t before = go_down(walk, entry);
    enum err code = walk_tree(walk, change, git_tree_entry_id(entry));
    go_up(walk, before);
    return code;
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
        size_t before = go_down(walk, new_entry);
        enum err code = compare_trees(walk, old_id, new_id);
        go_up(walk, before);
        return code;
    }
    if (old_kind == KIND_FILE && new_kind == KIND_FILE)
        return tell(walk, GIT_UPDATED, new_entry);
    enum err code = tell(walk, GIT_DELETED, old_entry);
    return code == ERR_OK ? tell(walk, GIT_CREATED, new_entry) : code;
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
        enum err code;
        if (old_entry == NULL && new_entry == NULL)
            return ERR_OK;
        int order = order_of(old_entry, new_entry);
        if (order == 0)
            code = compare_pair(walk, old_entry, new_entry);
        else if (order < 0)
            code = compare_single(walk, GIT_DELETED, old_entry);
        else
            code = compare_single(walk, GIT_CREATED, new_entry);
        if (code != ERR_OK)
            return code;
        old_at += order <= 0;
        new_at += order >= 0;
    }
}

static enum err compare_trees(struct walk *walk, const git_oid *old_id, const git_oid *new_id)
{
    git_tree *old_tree = NULL, *new_tree = NULL;
    if (++walk->depth > DEPTH_MAX)
        return too_deep(walk);
    enum err code = open_tree(walk->clone, old_id, &old_tree, walk->error);
    if (code == ERR_OK)
        code = open_tree(walk->clone, new_id, &new_tree, walk->error);
    if (code == ERR_OK)
        code = compare_entries(walk, old_tree, new_tree);
    git_tree_free(old_tree);
    git_tree_free(new_tree);
    walk->depth--;
    return code;
}

enum err git_compare(struct git_clone *clone, const char *old_tree, const char *new_tree, git_change_fn *visit,
                     void *context, struct err_info *error)
{
    git_oid old_id, new_id;
    struct walk walk = {.clone = clone, .changed = visit, .context = context, .error = error};
    enum err code = git_parse_id(old_tree, &old_id, error);
    if (code == ERR_OK)
        code = git_parse_id(new_tree, &new_id, error);
    if (code == ERR_OK && !git_oid_equal(&old_id, &new_id))
        code = compare_trees(&walk, &old_id, &new_id);
    buf_fini(&walk.path);
    return code;
}

bool git_find(struct git_clone *clone, const char *tree, const char *path, char blob[GIT_SHA_MAX])
{
    git_oid id;
    git_tree *root = NULL;
    git_tree_entry *entry = NULL;
    struct err_info ignored;
    bool found = git_parse_id(tree, &id, &ignored) == ERR_OK && open_tree(clone, &id, &root, &ignored) == ERR_OK &&
                 git_tree_entry_bypath(&entry, root, path) == 0 && kind_of(entry) == KIND_FILE;
    if (found)
        git_oid_tostr(blob, GIT_SHA_MAX, git_tree_entry_id(entry));
    git_tree_entry_free(entry);
    git_tree_free(root);
    return found;
}
