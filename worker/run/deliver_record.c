#include "worker/run/deliver_record.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "embedded/sql_deliveries.h"

/* Some parcels as the columns of arrays. */
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

static void add_row(struct columns *columns, const struct parcel *parcel)
{
    size_t row = columns->count++;
    memcpy(columns->digests[row], parcel->digest, SHA256_BYTES);
    columns->paths[row] = parcel->path;
    columns->verbs[row] = verb_name(parcel->verb);
    columns->shas[row] = parcel->sha[0] == '\0' ? NULL : parcel->sha;
    columns->blobs[row] = parcel->blob;
    columns->sizes[row] = parcel->size;
}

static void arg_digests(struct pg_args *args, const struct columns *columns)
{
    pg_arg_byteas(args, columns->digests, SHA256_BYTES, columns->count);
}

static void add_sent(struct pg_batch *batch, const struct deliver_link *link, const struct columns *sent)
{
    struct pg_args *args = deliver_add(batch, link, &sql_deliveries_record_sent);
    arg_digests(args, sent);
    pg_arg_texts(args, sent->paths, sent->count);
    pg_arg_texts(args, sent->shas, sent->count);
    pg_arg_texts(args, sent->blobs, sent->count);
    pg_arg_int8s(args, sent->sizes, sent->count);
}

static void record(struct pg_batch *batch, const struct deliver *deliver, const struct parcels *answered)
{
    struct columns all, sent, deleted;
    columns_init(&all, answered->count);
    columns_init(&sent, answered->count);
    columns_init(&deleted, answered->count);
    for (const struct parcel *parcel = answered->first; parcel != NULL; parcel = parcel->next) {
        add_row(&all, parcel);
        add_row(parcel->verb == VERB_DELETE ? &deleted : &sent, parcel);
    }
    if (sent.count > 0)
        add_sent(batch, &deliver->link, &sent);
    if (deleted.count > 0)
        arg_digests(deliver_add(batch, &deliver->link, &sql_deliveries_record_deleted), &deleted);
    arg_digests(deliver_add(batch, &deliver->link, &sql_deliveries_recorded_intents), &all);
    pg_arg_int8(pg_batch_add(batch, &sql_deliveries_count_files), (int64_t)answered->count);
    columns_fini(&all);
    columns_fini(&sent);
    columns_fini(&deleted);
}

static void announce(struct pg_batch *batch, const struct deliver *deliver, const struct parcels *announced)
{
    struct columns columns;
    columns_init(&columns, announced->count);
    for (const struct parcel *parcel = announced->first; parcel != NULL; parcel = parcel->next)
        add_row(&columns, parcel);
    struct pg_args *args = deliver_add(batch, &deliver->link, &sql_deliveries_announce);
    deliver_arg_attempt(args, deliver);
    arg_digests(args, &columns);
    pg_arg_texts(args, columns.paths, columns.count);
    pg_arg_texts(args, columns.verbs, columns.count);
    pg_arg_texts(args, columns.shas, columns.count);
    columns_fini(&columns);
}

void deliver_record(struct pg_batch *batch, const struct deliver *deliver, const struct parcels *answered,
                    const struct parcels *announced)
{
    /* Only a settle as synced sets it again. */
    if (deliver->link.synced_tree != NULL)
        (void)deliver_add(batch, &deliver->link, &sql_deliveries_unsync);
    if (answered->count > 0)
        record(batch, deliver, answered);
    if (announced->count > 0)
        announce(batch, deliver, announced);
}
