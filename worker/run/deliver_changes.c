#include "worker/run/deliver_changes.h"

#include <stdio.h>
#include <string.h>

#include "common/base/json.h"
#include "common/deliveries/file_name.h"
#include "embedded/sql_deliveries.h"
#include "worker/run/deliver_window.h"
#include "worker/run/deliver_withhold.h"

/* One walk for one verb. */
struct walk {
    struct deliver *deliver;
    struct deliver_window *window;
    enum verb verb;
    bool is_ended;              /* by what was done with a path, and not by the repository */
    char old_tree[GIT_SHA_MAX]; /* "" = there is none to compare with. The link forgets it with the first checkpoint */
};

bool deliver_is_unchanged(const struct deliver *deliver)
{
    const char *synced = deliver->link.synced_tree;
    return synced != NULL && strcmp(synced, deliver->fetched.tree) == 0 && deliver->doubts.count == 0 &&
           deliver_is_withheld_still(deliver);
}

static enum err heed(struct walk *walk, enum err err)
{
    walk->is_ended |= err != ERR_OK;
    return err;
}

/* A repository that is beyond a limit or malformed will be so the next time. */
static enum err judge_walk(const struct walk *walk, enum err err)
{
    if (err == ERR_PERMANENT && !walk->is_ended && walk->deliver->stop == ERR_OK)
        walk->deliver->is_final = true;
    return err;
}

/* JSON can hold the path, so that the app may have been sent it. */
static bool is_writable(const struct git_file *file)
{
    return file->entry == GIT_FILE && json_is_utf8(file->path, file->path_len);
}

static bool is_sendable(const struct deliver *deliver, const struct git_file *file)
{
    return is_writable(file) &&
           (deliver->run->config->deliver_odd_names || !file_name_is_odd(file->path, file->path_len));
}

/* ---- two trees side by side ---------------------------------------------------------------------------------- */

static enum err count_change(void *context, const struct git_file *file, struct err_info *error)
{
    struct deliver *deliver = context;
    (void)error;
    deliver->remember.total += is_sendable(deliver, file) && file->change != GIT_DELETED;
    deliver->skipped.odd_paths += !is_sendable(deliver, file);
    return ERR_OK;
}

/* A file that was too large may become one that is created later on, so created and updated are not told apart here. */
static enum err add_change(void *context, const struct git_file *file, struct err_info *error)
{
    struct walk *walk = context;
    bool is_deleted = file->change == GIT_DELETED;
    bool counts = is_deleted ? is_writable(file) : is_sendable(walk->deliver, file);
    if (!counts || is_deleted != (walk->verb == VERB_DELETE))
        return ERR_OK;
    return heed(walk, deliver_window_add(walk->window, file->path, is_deleted ? NULL : file->blob, error));
}

static enum err side_by_side(struct walk *walk, struct err_info *error)
{
    static const enum verb groups[] = {VERB_DELETE, VERB_CREATE, VERB_UPDATE};
    const struct deliver *deliver = walk->deliver;
    enum err err = ERR_OK;
    for (size_t i = 0; i < sizeof groups / sizeof *groups && err == ERR_OK; i++) {
        walk->verb = groups[i];
        deliver_window_begin(walk->window, walk->verb);
        err = judge_walk(walk,
                         git_compare(deliver->clone, walk->old_tree, deliver->fetched.tree, add_change, walk, error));
        if (err == ERR_OK)
            err = deliver_window_end(walk->window, error);
    }
    return err;
}

/* ---- every path ---------------------------------------------------------------------------------------------- */

static enum err count_file(void *context, const struct git_file *file, struct err_info *error)
{
    struct deliver *deliver = context;
    (void)error;
    deliver->skipped.symlinks += file->entry == GIT_SYMLINK;
    deliver->skipped.submodules += file->entry == GIT_SUBMODULE;
    deliver->skipped.odd_paths += file->entry == GIT_LONG || (file->entry == GIT_FILE && !is_sendable(deliver, file));
    deliver->remember.total += is_sendable(deliver, file);
    return ERR_OK;
}

static enum err add_file(void *context, const struct git_file *file, struct err_info *error)
{
    struct walk *walk = context;
    if (!is_sendable(walk->deliver, file))
        return ERR_OK;
    return heed(walk, deliver_window_add(walk->window, file->path, file->blob, error));
}

static enum err add_if_gone(const struct walk *walk, const char *path, struct err_info *error)
{
    char blob[GIT_SHA_MAX];
    const struct deliver *deliver = walk->deliver;
    bool is_long = strlen(path) > (size_t)deliver->git.max_path_bytes;
    if (!is_long && git_find(deliver->clone, deliver->fetched.tree, path, blob))
        return deliver_tick(walk->deliver, error);
    return deliver_window_add(walk->window, path, NULL, error);
}

/* A page of what the app holds; `after` moves on to its last digest. */
static enum err add_gone_of_page(const struct walk *walk, uint8_t after[SHA256_BYTES], bool *is_last,
                                 struct err_info *error)
{
    struct pg_args *args = deliver_args(walk->deliver);
    pg_arg_bytea(args, after, SHA256_BYTES);
    pg_arg_int4(args, DELIVER_WINDOW);
    PGresult *page = NULL;
    enum err err = deliver_exec(walk->deliver, &sql_deliveries_held_page, args, &page, error);
    int rows = err == ERR_OK ? pg_rows(page) : 0;
    for (int row = 0; row < rows && err == ERR_OK; row++)
        err = add_if_gone(walk, pg_text(page, row, 1), error);
    *is_last = rows < DELIVER_WINDOW || !pg_bytea(page, rows - 1, 0, after, SHA256_BYTES);
    PQclear(page);
    return err;
}

static enum err add_gone(const struct walk *walk, struct err_info *error)
{
    uint8_t after[SHA256_BYTES] = {0};
    enum err err = ERR_OK;
    for (bool is_last = !walk->deliver->link.holds_anything; !is_last && err == ERR_OK;)
        err = add_gone_of_page(walk, after, &is_last, error);
    return err;
}

/* What nobody knows the app to hold is not in those pages. */
static enum err add_doubtful(const struct walk *walk, struct err_info *error)
{
    const struct deliver_doubts *doubts = &walk->deliver->doubts;
    enum err err = ERR_OK;
    for (size_t i = 0; i < doubts->count && err == ERR_OK; i++)
        err = add_if_gone(walk, doubts->list[i].path, error);
    return err;
}

static enum err delete_group(struct walk *walk, struct err_info *error)
{
    deliver_window_begin(walk->window, VERB_DELETE);
    enum err err = add_gone(walk, error);
    /* First those: a doubtful path among them is sent with the sha that the app holds, and its doubt is then marked. */
    if (err == ERR_OK)
        err = deliver_window_end(walk->window, error);
    if (err == ERR_OK)
        err = add_doubtful(walk, error);
    return err == ERR_OK ? deliver_window_end(walk->window, error) : err;
}

static enum err tree_group(struct walk *walk, enum verb verb, struct err_info *error)
{
    deliver_window_begin(walk->window, verb);
    enum err err = judge_walk(walk, git_walk(walk->deliver->clone, walk->deliver->fetched.tree, add_file, walk, error));
    return err == ERR_OK ? deliver_window_end(walk->window, error) : err;
}

static enum err every_path(struct walk *walk, struct err_info *error)
{
    struct deliver *deliver = walk->deliver;
    deliver->remember.done = deliver->remember.total = 0;
    enum err err = judge_walk(walk, git_check_tree(deliver->clone, deliver->fetched.tree, error));
    if (err == ERR_OK)
        err = judge_walk(walk, git_walk(deliver->clone, deliver->fetched.tree, count_file, deliver, error));
    if (err == ERR_OK)
        err = delete_group(walk, error);
    if (err == ERR_OK)
        err = tree_group(walk, VERB_CREATE, error);
    if (err == ERR_OK && deliver_window_updates(walk->window) > 0)
        err = tree_group(walk, VERB_UPDATE, error);
    return err;
}

/* ---- which of the two ---------------------------------------------------------------------------------------- */

/* Counting is the try: a tree of which parts are gone, or that is beyond a limit by now, cannot be compared with.
 * ERR_NOT_FOUND: every path is. */
static enum err try_to_compare(struct walk *walk, struct err_info *error)
{
    struct deliver *deliver = walk->deliver;
    const char *synced = deliver->link.synced_tree;
    deliver->remember.done = deliver->remember.total = 0;
    /* What was withheld is not told apart in the tree that was synced. */
    if (synced == NULL || deliver->link.withheld != NULL || deliver->doubts.count > 0 ||
        !git_has_object(deliver->clone, synced))
        return ERR_NOT_FOUND;
    snprintf(walk->old_tree, sizeof walk->old_tree, "%s", synced);
    enum err err = git_compare(deliver->clone, synced, deliver->fetched.tree, count_change, deliver, error);
    if (err == ERR_OK)
        return ERR_OK;
    deliver->skipped.odd_paths = deliver->remember.total = 0;
    return err == ERR_PERMANENT && deliver->stop == ERR_OK ? ERR_NOT_FOUND : err;
}

enum err deliver_changes(struct deliver *deliver, const struct deliver_sink *sink, struct err_info *error)
{
    struct walk walk = {.deliver = deliver, .window = deliver_window_new(deliver, sink)};
    enum err err = try_to_compare(&walk, error);
    if (err == ERR_OK)
        err = side_by_side(&walk, error);
    else if (err == ERR_NOT_FOUND)
        err = every_path(&walk, error);
    deliver_window_drop(walk.window);
    return err;
}
