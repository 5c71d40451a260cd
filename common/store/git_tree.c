/*
 * Trees, walked one by one and two at a time, a file at a time. What a repository holds is the word of a stranger: each
 * entry that is come by counts, each time, and ticks; the trees on the way down are held up to a limit, paths up to
 * another.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/store/git_private.h"

#define TICK_VISITS 128 /* between two looks at the clock */

/* Where to cut back to. */
struct place {
    size_t len, told_len;
};

/* One level of a walk: two trees side by side, of which one may be missing. */
struct level {
    git_tree *old_tree, *new_tree;
    size_t old_at, new_at;
    struct place before; /* where the path is cut back to at its end */
};

struct git_cursor {
    struct git_clone *clone;
    bool tells_all; /* also of what is no regular file: one tree is walked */
    struct level *levels;
    size_t depth;
    struct buf path; /* cut where it would be too long */
    size_t path_len; /* what it would be */
    bool is_below;   /* the path is that of the entry told last */
    struct place told_from;
    const git_tree_entry *replaced; /* to be told of as created, next; NULL = none */
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

/* ---- one step of a walk ------------------------------------------------------------------------------------------ */

/* One more entry that is come by. */
static enum err cursor_count_visit(struct git_cursor *cursor, struct err_info *error)
{
    if (++cursor->visits > cursor->clone->rules.max_files)
        return git_tree_too_many(cursor->clone, error);
    return cursor->visits % TICK_VISITS == 0 ? git_tick(cursor->clone, error) : ERR_OK;
}

/* A tree on the way down. NULL `id`: there is none on this side. */
static enum err cursor_open_tree(struct git_cursor *cursor, const git_oid *id, git_tree **tree, struct err_info *error)
{
    enum err err = id == NULL ? ERR_OK : git_tree_open(cursor->clone, id, tree, error);
    if (err != ERR_OK || id == NULL)
        return err;
    cursor->open_bytes += git_tree_bytes(*tree);
    return cursor->open_bytes > cursor->clone->rules.max_tree_bytes ? git_tree_too_big(cursor->clone, error) : ERR_OK;
}

static void cursor_close_tree(struct git_cursor *cursor, git_tree *tree)
{
    if (tree != NULL)
        cursor->open_bytes -= git_tree_bytes(tree);
    git_tree_free(tree);
}

/* Appends the entry's name to the path, as far as there is room. */
static struct place cursor_go_down(struct git_cursor *cursor, const git_tree_entry *entry)
{
    struct place before = {cursor->path.len, cursor->path_len};
    const char *name = git_tree_entry_name(entry);
    size_t len = strlen(name);
    cursor->path_len += len + (cursor->path_len > 0);
    if (cursor->path_len > (size_t)cursor->clone->rules.max_path_bytes)
        return before;
    if (cursor->path.len > 0)
        buf_add_char(&cursor->path, '/');
    buf_add(&cursor->path, name, len);
    return before;
}

static void cursor_go_up(struct git_cursor *cursor, struct place before)
{
    cursor->path_len = before.told_len;
    cursor->path.len = before.len;
    if (cursor->path.data != NULL)
        cursor->path.data[before.len] = '\0';
}

static enum err cursor_push(struct git_cursor *cursor, const git_oid *old_id, const git_oid *new_id,
                            struct place before, struct err_info *error)
{
    if (cursor->depth >= (size_t)cursor->clone->rules.max_depth)
        return git_tree_too_deep(cursor->clone, error);
    cursor->levels = mem_grow(cursor->levels, cursor->depth + 1, sizeof *cursor->levels);
    struct level *level = &cursor->levels[cursor->depth++];
    *level = (struct level){.before = before};
    enum err err = cursor_open_tree(cursor, old_id, &level->old_tree, error);
    return err == ERR_OK ? cursor_open_tree(cursor, new_id, &level->new_tree, error) : err;
}

static void cursor_pop(struct git_cursor *cursor)
{
    struct level *level = &cursor->levels[--cursor->depth];
    cursor_close_tree(cursor, level->old_tree);
    cursor_close_tree(cursor, level->new_tree);
    cursor_go_up(cursor, level->before);
}

/* Comparing tells of regular files only; a walk tells of all. False: it does not tell of this one. */
static bool cursor_tell(struct git_cursor *cursor, enum git_change change, const git_tree_entry *entry,
                        struct git_file *file)
{
    static const enum git_entry entries[] = {[KIND_SYMLINK] = GIT_SYMLINK, [KIND_SUBMODULE] = GIT_SUBMODULE};
    enum kind kind = kind_of(entry);
    if (!cursor->tells_all && kind != KIND_FILE)
        return false;
    cursor->told_from = cursor_go_down(cursor, entry);
    cursor->is_below = true;
    *file = (struct git_file){
        .change = change, .path = cursor->path.len > 0 ? cursor->path.data : "", .path_len = cursor->path.len};
    file->entry = kind == KIND_FILE ? GIT_FILE : entries[kind];
    if (cursor->path_len > (size_t)cursor->clone->rules.max_path_bytes)
        file->entry = GIT_LONG;
    git_oid_tostr(file->blob, sizeof file->blob, git_tree_entry_id(entry));
    return true;
}

/* ---- two trees side by side -------------------------------------------------------------------------------------- */

static const git_tree_entry *entry_at(const git_tree *tree, size_t at)
{
    return tree == NULL ? NULL : git_tree_entry_byindex(tree, at);
}

/* Both are sorted alike (a tree as if its name ended with '/'), so one pass side by side finds what differs. */
static int order_of(const git_tree_entry *old_entry, const git_tree_entry *new_entry)
{
    if (old_entry == NULL)
        return 1;
    return new_entry == NULL ? -1 : git_tree_entry_cmp(old_entry, new_entry);
}

/* An entry of one side, or two of one name. git's order keeps a tree and a file of one name apart, so both are trees or
 * neither is. `*is_told`: `file` is one to tell of. */
static enum err cursor_take(struct git_cursor *cursor, const git_tree_entry *old_entry, const git_tree_entry *new_entry,
                            struct git_file *file, bool *is_told, struct err_info *error)
{
    enum kind old_kind = kind_of(old_entry), new_kind = kind_of(new_entry);
    const git_oid *old_id = old_entry == NULL ? NULL : git_tree_entry_id(old_entry);
    const git_oid *new_id = new_entry == NULL ? NULL : git_tree_entry_id(new_entry);
    if (old_kind == new_kind && git_oid_equal(old_id, new_id))
        return ERR_OK;
    if (old_kind == KIND_TREE || new_kind == KIND_TREE) {
        struct place before = cursor_go_down(cursor, new_entry != NULL ? new_entry : old_entry);
        return cursor_push(cursor, old_id, new_id, before, error);
    }
    enum git_change change = old_entry == NULL ? GIT_CREATED : GIT_DELETED;
    if (old_kind == KIND_FILE && new_kind == KIND_FILE)
        change = GIT_UPDATED;
    else if (old_entry != NULL)
        cursor->replaced = new_entry;
    *is_told = cursor_tell(cursor, change, change == GIT_DELETED ? old_entry : new_entry, file);
    return ERR_OK;
}

/* The next pair of entries of the innermost level, or the end of that level. */
static enum err cursor_step(struct git_cursor *cursor, struct git_file *file, bool *is_told, struct err_info *error)
{
    struct level *level = &cursor->levels[cursor->depth - 1];
    const git_tree_entry *old_entry = entry_at(level->old_tree, level->old_at);
    const git_tree_entry *new_entry = entry_at(level->new_tree, level->new_at);
    if (old_entry == NULL && new_entry == NULL) {
        cursor_pop(cursor);
        return ERR_OK;
    }
    enum err err = cursor_count_visit(cursor, error);
    if (err != ERR_OK)
        return err;
    int order = order_of(old_entry, new_entry);
    level->old_at += order <= 0;
    level->new_at += order >= 0;
    return cursor_take(cursor, order <= 0 ? old_entry : NULL, order >= 0 ? new_entry : NULL, file, is_told, error);
}

/* A symlink or a submodule in the place of a file, or the reverse: the second half of it. */
static bool cursor_tell_replaced(struct git_cursor *cursor, struct git_file *file)
{
    const git_tree_entry *entry = cursor->replaced;
    cursor->replaced = NULL;
    return cursor_tell(cursor, GIT_CREATED, entry, file);
}

/* ---- walks ------------------------------------------------------------------------------------------------------- */

enum err git_cursor_open(struct git_clone *clone, const char *old_tree, const char *new_tree,
                         struct git_cursor **cursor, struct err_info *error)
{
    git_oid old_id, new_id;
    struct git_cursor *made = mem_zalloc(sizeof *made);
    made->clone = clone;
    made->tells_all = old_tree == NULL;
    enum err err = old_tree == NULL ? ERR_OK : git_parse_id(old_tree, &old_id, error);
    if (err == ERR_OK)
        err = git_parse_id(new_tree, &new_id, error);
    if (err == ERR_OK && (old_tree == NULL || !git_oid_equal(&old_id, &new_id)))
        err = cursor_push(made, old_tree == NULL ? NULL : &old_id, &new_id, (struct place){0, 0}, error);
    *cursor = err == ERR_OK ? made : NULL;
    if (err != ERR_OK)
        git_cursor_close(made);
    return err;
}

void git_cursor_close(struct git_cursor *cursor)
{
    if (cursor == NULL)
        return;
    while (cursor->depth > 0)
        cursor_pop(cursor);
    buf_fini(&cursor->path);
    free(cursor->levels);
    free(cursor);
}

enum err git_cursor_next(struct git_cursor *cursor, struct git_file *file, bool *is_end, struct err_info *error)
{
    bool is_told = false;
    enum err err = ERR_OK;
    if (cursor->is_below)
        cursor_go_up(cursor, cursor->told_from);
    cursor->is_below = false;
    while (err == ERR_OK && !is_told && (cursor->replaced != NULL || cursor->depth > 0)) {
        if (cursor->replaced != NULL)
            is_told = cursor_tell_replaced(cursor, file);
        else
            err = cursor_step(cursor, file, &is_told, error);
    }
    *is_end = err == ERR_OK && !is_told;
    return err;
}

/* Calls `visit` for each file of a walk. */
static enum err visit_all(struct git_cursor *cursor, git_visit_fn *visit, void *context, struct err_info *error)
{
    struct git_file file;
    bool is_end = false;
    enum err err = git_cursor_next(cursor, &file, &is_end, error);
    while (err == ERR_OK && !is_end) {
        err = visit(context, &file, error);
        if (err == ERR_OK)
            err = git_cursor_next(cursor, &file, &is_end, error);
    }
    git_cursor_close(cursor);
    return err;
}

enum err git_walk(struct git_clone *clone, const char *tree, git_visit_fn *visit, void *context, struct err_info *error)
{
    struct git_cursor *cursor = NULL;
    enum err err = git_cursor_open(clone, NULL, tree, &cursor, error);
    return err == ERR_OK ? visit_all(cursor, visit, context, error) : err;
}

enum err git_compare(struct git_clone *clone, const char *old_tree, const char *new_tree, git_visit_fn *visit,
                     void *context, struct err_info *error)
{
    struct git_cursor *cursor = NULL;
    enum err err = git_cursor_open(clone, old_tree, new_tree, &cursor, error);
    return err == ERR_OK ? visit_all(cursor, visit, context, error) : err;
}

/* ---- one path ---------------------------------------------------------------------------------------------------- */

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
