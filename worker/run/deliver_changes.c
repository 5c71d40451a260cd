/*
 * The comparison, in passes: one for each verb, each over a source of paths. What a source yields goes into a batch,
 * and the batch says what each path needs (path_batch.c). Every pass but that of deletes comes by the whole tree (or by
 * the whole difference of two), so a path is looked at twice where something is to be updated; nothing is kept of a
 * path from pass to pass, which is what bounds the memory.
 *
 * Called from deliver.c, between sends. It must not send nor record anything itself.
 */
#include "worker/run/deliver.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/deliveries/content.h"
#include "embedded/sql_deliveries.h"

/* Puts paths into the batch until it is full. `*is_end`: the source has no more. */
typedef enum err source_fn(struct deliver_changes *changes, bool *is_end, struct err_info *error);

struct pass {
    enum verb verb;
    source_fn *source;
};

struct deliver_changes {
    struct deliver_attempt *attempt;
    struct path_batch *paths;
    const struct pass *pass;     /* NULL until it is known which passes there are */
    char old_tree[GIT_SHA_MAX];  /* "" = there is none to compare with. The link forgets it with the first checkpoint */
    struct git_cursor *cursor;   /* of the pass; NULL until it is opened */
    uint8_t after[SHA256_BYTES]; /* how far held_source is */
    size_t unconfirmed_at;       /* how far unconfirmed_source is */
};

bool deliver_is_unchanged(const struct deliver_attempt *attempt)
{
    const struct deliver_link *link = &attempt->link;
    return link->synced_tree != NULL && strcmp(link->synced_tree, attempt->fetched.tree) == 0 &&
           link->unconfirmed.count == 0 && deliver_limits_are_same(attempt);
}

/* A repository that is beyond a limit or malformed will be so the next time. */
static enum err note_final(struct deliver_attempt *attempt, enum err err)
{
    attempt->is_final |= err == ERR_PERMANENT && attempt->stop == ERR_OK;
    return err;
}

/* JSON can hold the path, so that the app may have been sent it. */
static bool is_writable(const struct git_file *file)
{
    return file->entry == GIT_FILE && json_is_utf8(file->path, file->path_len);
}

static bool is_sendable(const struct deliver_attempt *attempt, const struct git_file *file)
{
    return is_writable(file) &&
           (attempt->run->config->deliver_odd_names || !file_name_is_odd(file->path, file->path_len));
}

/* ---- sources ----------------------------------------------------------------------------------------------------- */

/* Whether a file of the walk belongs to the pass. A file that was too large may become one that is created later on, so
 * created and updated are not told apart here. */
static bool pass_takes(const struct deliver_changes *changes, const struct git_file *file)
{
    bool is_deleted = file->change == GIT_DELETED;
    return is_deleted == (changes->pass->verb == VERB_DELETE) &&
           (is_deleted ? is_writable(file) : is_sendable(changes->attempt, file));
}

/* The files of the tree, or what differs between it and the old one. */
static enum err tree_source(struct deliver_changes *changes, bool *is_end, struct err_info *error)
{
    struct deliver_attempt *attempt = changes->attempt;
    const char *old_tree = changes->old_tree[0] != '\0' ? changes->old_tree : NULL;
    enum err err = changes->cursor != NULL
                       ? ERR_OK
                       : git_cursor_open(attempt->clone, old_tree, attempt->fetched.tree, &changes->cursor, error);
    while (err == ERR_OK && !*is_end && !path_batch_is_full(changes->paths)) {
        struct git_file file;
        err = git_cursor_next(changes->cursor, &file, is_end, error);
        if (err == ERR_OK && !*is_end && pass_takes(changes, &file))
            path_batch_add(changes->paths, file.path, file.change == GIT_DELETED ? NULL : file.blob);
    }
    return note_final(attempt, err);
}

static enum err add_if_gone(struct deliver_changes *changes, const char *path, struct err_info *error)
{
    char blob[GIT_SHA_MAX];
    const struct deliver_attempt *attempt = changes->attempt;
    bool is_long = strlen(path) > (size_t)attempt->git.max_path_bytes;
    if (is_long || !git_find(attempt->clone, attempt->fetched.tree, path, blob))
        path_batch_add(changes->paths, path, NULL);
    return deliver_tick(attempt, error);
}

/* What the app is known to hold and the tree does not have, a page at a time. */
static enum err held_source(struct deliver_changes *changes, bool *is_end, struct err_info *error)
{
    struct deliver_attempt *attempt = changes->attempt;
    *is_end = !attempt->link.holds_anything;
    if (*is_end)
        return ERR_OK;
    struct pg_args *args = deliver_args(attempt);
    pg_arg_bytea(args, changes->after, SHA256_BYTES);
    pg_arg_int4(args, PATH_BATCH);
    PGresult *page = NULL;
    enum err err = deliver_exec(attempt, &sql_deliveries_held_page, args, &page, error);
    int rows = err == ERR_OK ? pg_rows(page) : 0;
    for (int row = 0; row < rows && err == ERR_OK; row++)
        err = add_if_gone(changes, pg_text(page, row, 1), error);
    *is_end = rows < PATH_BATCH || !pg_bytea(page, rows - 1, 0, changes->after, SHA256_BYTES);
    PQclear(page);
    return err;
}

/* Unconfirmed paths that the tree does not have: the app may hold them though no page of held_source has them. This
 * comes after that source: a path of both is sent with the sha that the app holds, and is marked as sent then. */
static enum err unconfirmed_source(struct deliver_changes *changes, bool *is_end, struct err_info *error)
{
    const struct unconfirmed *unconfirmed = &changes->attempt->link.unconfirmed;
    enum err err = ERR_OK;
    while (err == ERR_OK && changes->unconfirmed_at < unconfirmed->count && !path_batch_is_full(changes->paths))
        err = add_if_gone(changes, unconfirmed->list[changes->unconfirmed_at++].path, error);
    *is_end = changes->unconfirmed_at == unconfirmed->count;
    return err;
}

/* ---- passes ------------------------------------------------------------------------------------------------------ */

static const struct pass side_by_side[] = {
    {VERB_DELETE, tree_source}, {VERB_CREATE, tree_source}, {VERB_UPDATE, tree_source}, {VERB_NOTHING, NULL}};
static const struct pass every_path[] = {{VERB_DELETE, held_source},
                                         {VERB_DELETE, unconfirmed_source},
                                         {VERB_CREATE, tree_source},
                                         {VERB_UPDATE, tree_source},
                                         {VERB_NOTHING, NULL}};

static enum err count_change(void *context, const struct git_file *file, struct err_info *error)
{
    struct deliver_attempt *attempt = context;
    (void)error;
    attempt->progress.total += is_sendable(attempt, file) && file->change != GIT_DELETED;
    attempt->skipped.odd_paths += !is_sendable(attempt, file);
    return ERR_OK;
}

static enum err count_file(void *context, const struct git_file *file, struct err_info *error)
{
    struct deliver_attempt *attempt = context;
    (void)error;
    attempt->skipped.symlinks += file->entry == GIT_SYMLINK;
    attempt->skipped.submodules += file->entry == GIT_SUBMODULE;
    attempt->skipped.odd_paths += file->entry == GIT_LONG || (file->entry == GIT_FILE && !is_sendable(attempt, file));
    attempt->progress.total += is_sendable(attempt, file);
    return ERR_OK;
}

/* Counting is the try: a tree of which parts are gone, or that is beyond a limit by now, cannot be compared with.
 * ERR_NOT_FOUND: every path is. */
static enum err begin_side_by_side(struct deliver_changes *changes, struct err_info *error)
{
    struct deliver_attempt *attempt = changes->attempt;
    const struct deliver_link *link = &attempt->link;
    /* What was withheld is not told apart in the tree that was synced. */
    if (link->synced_tree == NULL || link->withheld != NULL || link->unconfirmed.count > 0 ||
        !git_has_object(attempt->clone, link->synced_tree))
        return ERR_NOT_FOUND;
    enum err err = git_compare(attempt->clone, link->synced_tree, attempt->fetched.tree, count_change, attempt, error);
    if (err == ERR_OK) {
        snprintf(changes->old_tree, sizeof changes->old_tree, "%s", link->synced_tree);
        changes->pass = side_by_side;
        return ERR_OK;
    }
    attempt->skipped.odd_paths = attempt->progress.total = 0;
    return err == ERR_PERMANENT && attempt->stop == ERR_OK ? ERR_NOT_FOUND : err;
}

static enum err begin_every_path(struct deliver_changes *changes, struct err_info *error)
{
    struct deliver_attempt *attempt = changes->attempt;
    enum err err = git_check_tree(attempt->clone, attempt->fetched.tree, error);
    if (err == ERR_OK)
        err = git_walk(attempt->clone, attempt->fetched.tree, count_file, attempt, error);
    changes->pass = every_path;
    return note_final(attempt, err);
}

static enum err begin_passes(struct deliver_changes *changes, struct err_info *error)
{
    changes->attempt->progress.done = changes->attempt->progress.total = 0;
    enum err err = begin_side_by_side(changes, error);
    return err == ERR_NOT_FOUND ? begin_every_path(changes, error) : err;
}

static void next_pass(struct deliver_changes *changes)
{
    git_cursor_close(changes->cursor);
    changes->cursor = NULL;
    changes->pass++;
    if (changes->pass->verb == VERB_UPDATE && path_batch_updates(changes->paths) == 0)
        changes->pass++;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

struct deliver_changes *deliver_changes_new(struct deliver_attempt *attempt)
{
    struct deliver_changes *changes = mem_zalloc(sizeof *changes);
    changes->attempt = attempt;
    changes->paths = path_batch_new(attempt);
    return changes;
}

void deliver_changes_drop(struct deliver_changes *changes)
{
    git_cursor_close(changes->cursor);
    path_batch_drop(changes->paths);
    free(changes);
}

enum err deliver_changes_next(struct deliver_changes *changes, struct change_batch *batch, struct err_info *error)
{
    bool is_end = false;
    enum err err = changes->pass == NULL ? begin_passes(changes, error) : ERR_OK;
    if (err != ERR_OK)
        return err;
    *batch = (struct change_batch){.verb = changes->pass->verb};
    err = changes->pass->source(changes, &is_end, error);
    if (err == ERR_OK)
        err = path_batch_decide(changes->paths, batch->verb, &batch->changes, &batch->count, error);
    if (err == ERR_OK && is_end)
        next_pass(changes);
    batch->is_last = changes->pass->source == NULL;
    return err;
}
