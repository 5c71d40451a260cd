/*
 * What a checkpoint of a delivery writes, as statements over arrays of columns: the answers become rows of deliveries,
 * the announced paths intents. It commits nothing and waits for nothing; deliver_outbox.c does, and deliver_outcome.c
 * for the fetch of a job that sends nothing.
 */
#include "worker/run/deliver.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "embedded/sql_deliveries.h"

/* Some tasks as the columns of arrays. */
struct columns {
    size_t count;
    uint8_t (*digests)[SHA256_BYTES];
    const char **paths, **verbs, **shas, **blobs;
    int64_t *sizes;
};

static void columns_init(struct columns *columns, size_t room)
{
    *columns = (struct columns){
        .digests = mem_array(room, sizeof *columns->digests),
        .paths = mem_array(room, sizeof *columns->paths),
        .verbs = mem_array(room, sizeof *columns->verbs),
        .shas = mem_array(room, sizeof *columns->shas),
        .blobs = mem_array(room, sizeof *columns->blobs),
        .sizes = mem_array(room, sizeof *columns->sizes),
    };
}

static void columns_fini(struct columns *columns)
{
    free(columns->digests);
    free((void *)columns->paths);
    free((void *)columns->verbs);
    free((void *)columns->shas);
    free((void *)columns->blobs);
    free(columns->sizes);
}

static void columns_add(struct columns *columns, const struct file_task *task)
{
    size_t row = columns->count++;
    memcpy(columns->digests[row], task->digest, SHA256_BYTES);
    columns->paths[row] = task->path;
    columns->verbs[row] = verb_name(task->verb);
    columns->shas[row] = task->sha[0] == '\0' ? NULL : task->sha;
    columns->blobs[row] = task->blob;
    columns->sizes[row] = task->size;
}

static void columns_arg_digests(struct pg_args *args, const struct columns *columns)
{
    pg_arg_byteas(args, columns->digests, SHA256_BYTES, columns->count);
}

static void record_sent(struct pg_batch *batch, const struct deliver_link *link, const struct columns *sent)
{
    struct pg_args *args = deliver_add(batch, link, &sql_deliveries_record_sent);
    columns_arg_digests(args, sent);
    pg_arg_texts(args, sent->paths, sent->count);
    pg_arg_texts(args, sent->shas, sent->count);
    pg_arg_texts(args, sent->blobs, sent->count);
    pg_arg_int8s(args, sent->sizes, sent->count);
}

static void record_answered(struct pg_batch *batch, const struct deliver_attempt *attempt,
                            const struct file_tasks *answered)
{
    struct columns all, sent, deleted;
    columns_init(&all, answered->count);
    columns_init(&sent, answered->count);
    columns_init(&deleted, answered->count);
    for (const struct file_task *task = answered->first; task != NULL; task = task->next) {
        columns_add(&all, task);
        columns_add(task->verb == VERB_DELETE ? &deleted : &sent, task);
    }
    if (sent.count > 0)
        record_sent(batch, &attempt->link, &sent);
    if (deleted.count > 0)
        columns_arg_digests(deliver_add(batch, &attempt->link, &sql_deliveries_record_deleted), &deleted);
    columns_arg_digests(deliver_add(batch, &attempt->link, &sql_deliveries_recorded_intents), &all);
    pg_arg_int8(pg_batch_add(batch, &sql_deliveries_count_files), (int64_t)answered->count);
    columns_fini(&all);
    columns_fini(&sent);
    columns_fini(&deleted);
}

static void record_announced(struct pg_batch *batch, const struct deliver_attempt *attempt,
                             const struct file_tasks *announced)
{
    struct columns columns;
    columns_init(&columns, announced->count);
    for (const struct file_task *task = announced->first; task != NULL; task = task->next)
        columns_add(&columns, task);
    struct pg_args *args = deliver_add(batch, &attempt->link, &sql_deliveries_announce);
    deliver_arg_attempt(args, attempt);
    columns_arg_digests(args, &columns);
    pg_arg_texts(args, columns.paths, columns.count);
    pg_arg_texts(args, columns.verbs, columns.count);
    pg_arg_texts(args, columns.shas, columns.count);
    columns_fini(&columns);
}

static void progress_add(struct deliver_progress *progress, const struct file_tasks *answered)
{
    for (const struct file_task *task = answered->first; task != NULL; task = task->next) {
        progress->created += task->verb == VERB_CREATE;
        progress->updated += task->verb == VERB_UPDATE;
        progress->deleted += task->verb == VERB_DELETE;
        progress->bytes += task->size;
        progress->done += task->verb != VERB_DELETE;
    }
}

struct pg_batch *deliver_record(struct deliver_attempt *attempt, const struct file_tasks *answered,
                                const struct file_tasks *announced)
{
    progress_add(&attempt->progress, answered);
    struct pg_batch *batch = deliver_checkpoint(attempt);
    if (!attempt->fetch_noted)
        deliver_record_fetch(batch, &attempt->link, &attempt->fetched);
    /* Only a settle as synced sets it again. */
    if (attempt->link.synced_tree != NULL)
        (void)deliver_add(batch, &attempt->link, &sql_deliveries_unsync);
    if (answered->count > 0)
        record_answered(batch, attempt, answered);
    if (announced->count > 0)
        record_announced(batch, attempt, announced);
    if (answered->count > 0 && !attempt->answer_noted)
        (void)deliver_add(batch, &attempt->link, &sql_deliveries_app_answers);
    return batch;
}

void deliver_record_fetch(struct pg_batch *batch, const struct deliver_link *link, const struct git_fetched *fetched)
{
    pg_arg_text(pg_batch_add(batch, &sql_deliveries_fetch_succeeded), link->repository_id);
    struct pg_args *args = pg_batch_add(batch, &sql_deliveries_keep_snapshot);
    pg_arg_text(args, link->repository_id);
    pg_arg_text(args, fetched->commit);
    pg_arg_text(args, fetched->tree);
    pg_arg_text(args, fetched->branch);
}
