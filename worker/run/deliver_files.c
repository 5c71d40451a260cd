/*
 * From a change to a task of the outbox. Only here is it known what a file holds: one that turns out to be too large is
 * not sent, or taken back (deliver.too_large); one whose bytes are those that the app holds needs nothing after all.
 *
 * Called from deliver.c with each batch of changes. Memory: a file at a time, in the bounds of file_task.h.
 */
#include "worker/run/deliver.h"

#include <stdio.h>
#include <string.h>

/* ---- sending ----------------------------------------------------------------------------------------------------- */

enum fit { FIT_SEND, FIT_TOO_LARGE, FIT_SAME };

/* By what a blob is said to be, before anything of it is read: a few kilobytes may be gigabytes. */
static enum err read_content(struct deliver_attempt *attempt, const struct deliver_change *change,
                             struct file_task *task, enum fit *fit, struct err_info *error)
{
    int64_t size = 0;
    enum err err = git_blob_size(attempt->clone, change->blob, &size, error);
    if (err == ERR_OK && size > attempt->run->config->deliver_max_file_bytes) {
        attempt->skipped.large_files++;
        deliver_note_too_large(attempt, change->path, size, "deliver.max_file_bytes");
        *fit = FIT_TOO_LARGE;
        return ERR_OK;
    }
    if (err == ERR_OK)
        err = file_content_read(attempt, change->blob, size, &task->content, error);
    if (err == ERR_OK)
        return ERR_OK;
    attempt->is_final |= err == ERR_PERMANENT && attempt->stop == ERR_OK;
    return err_prefix(error, "%s", change->path);
}

/* By what was read. */
static enum fit content_fit(struct deliver_attempt *attempt, const struct deliver_change *change,
                            const struct content_facts *facts)
{
    if (facts->kind == CONTENT_TEXT && facts->size > attempt->run->config->deliver_max_text_bytes) {
        attempt->skipped.large_texts++;
        deliver_note_too_large(attempt, change->path, facts->size, "deliver.max_text_bytes");
        return FIT_TOO_LARGE;
    }
    const struct verb_path path = {
        .tree_sha = facts->sha, .recorded_sha = change->held_sha, .is_unconfirmed = change->unconfirmed != NULL};
    return verb_is_needless(&path) ? FIT_SAME : FIT_SEND;
}

static void task_describe(struct file_task *task, const struct deliver_change *change)
{
    snprintf(task->blob, sizeof task->blob, "%s", change->blob);
    task->size = task->content.facts.size;
    task->pieces = body_pieces(task->content.facts.kind, task->size);
    snprintf(task->sha, sizeof task->sha, "%s", task->content.facts.sha);
    if (change->held_sha != NULL)
        snprintf(task->previous, sizeof task->previous, "%s", change->held_sha);
}

/* A delete carries the sha that the app holds, as far as that is known. */
static void task_describe_delete(struct file_task *task, const struct deliver_change *change)
{
    const char *unconfirmed = change->unconfirmed != NULL ? change->unconfirmed->sha : NULL;
    const char *sha = change->held_sha != NULL ? change->held_sha : unconfirmed;
    if (sha != NULL)
        snprintf(task->sha, sizeof task->sha, "%s", sha);
}

/* Whether the app must be told that a file that is too large is gone, rather than be left with what it holds. */
static bool is_taken_back(const struct deliver_attempt *attempt, const struct deliver_change *change)
{
    bool may_be_held = change->held_sha != NULL || change->unconfirmed != NULL;
    return may_be_held && strcmp(attempt->run->config->deliver_too_large, "delete") == 0;
}

/* Fills the task in. `*is_wanted`: it is to be sent. */
static enum err load_task(struct deliver_attempt *attempt, const struct deliver_change *change, struct file_task *task,
                          bool *is_wanted, struct err_info *error)
{
    enum fit fit = FIT_SEND;
    *is_wanted = true;
    if (change->verb == VERB_DELETE) {
        task_describe_delete(task, change);
        return ERR_OK;
    }
    enum err err = read_content(attempt, change, task, &fit, error);
    if (err != ERR_OK)
        return err;
    if (fit == FIT_SEND)
        fit = content_fit(attempt, change, &task->content.facts);
    if (fit == FIT_TOO_LARGE && is_taken_back(attempt, change)) {
        file_task_turn_to_delete(task);
        task_describe_delete(task, change);
        return ERR_OK;
    }
    *is_wanted = fit == FIT_SEND;
    if (*is_wanted)
        task_describe(task, change);
    return ERR_OK;
}

static enum err send_change(struct deliver_attempt *attempt, const struct deliver_change *change, struct outbox *outbox,
                            struct err_info *error)
{
    struct file_task *task = file_task_new(change->verb, change->path, change->digest);
    bool is_wanted = false;
    enum err err = load_task(attempt, change, task, &is_wanted, error);
    if (err != ERR_OK || !is_wanted) {
        attempt->progress.done += err == ERR_OK;
        file_task_drop(task);
        return err;
    }
    if (change->unconfirmed != NULL)
        change->unconfirmed->is_sent = true;
    return outbox_put(outbox, task, error);
}

enum err deliver_files_send(struct deliver_attempt *attempt, const struct change_batch *batch, struct outbox *outbox,
                            struct err_info *error)
{
    enum err err = batch->count == 0 ? ERR_OK : outbox_begin_group(outbox, batch->verb, error);
    for (size_t i = 0; i < batch->count && err == ERR_OK; i++)
        err = send_change(attempt, &batch->changes[i], outbox, error);
    return err;
}

/* ---- counting ---------------------------------------------------------------------------------------------------- */

static enum err count_change(struct deliver_attempt *attempt, const struct deliver_change *change,
                             struct err_info *error)
{
    struct deliver_progress *progress = &attempt->progress;
    int64_t size = 0;
    progress->deleted += change->verb == VERB_DELETE;
    progress->created += change->verb == VERB_CREATE;
    progress->updated += change->verb == VERB_UPDATE;
    if (change->unconfirmed != NULL)
        change->unconfirmed->is_sent = true;
    enum err err = change->blob == NULL ? ERR_OK : git_blob_size(attempt->clone, change->blob, &size, error);
    progress->bytes += size;
    return err;
}

enum err deliver_files_count(struct deliver_attempt *attempt, const struct change_batch *batch, struct err_info *error)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < batch->count && err == ERR_OK; i++)
        err = count_change(attempt, &batch->changes[i], error);
    return err == ERR_OK ? deliver_tick(attempt, error) : err;
}
