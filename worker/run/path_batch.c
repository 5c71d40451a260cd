/*
 * A batch of paths, looked up by one statement in what the app holds, then decided path by path
 * (common/deliveries/verb.h). It reads only. Called by deliver_changes.c, which fills and empties it over and over.
 */
#include "worker/run/deliver.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "embedded/sql_deliveries.h"

struct place {
    uint8_t digest[SHA256_BYTES];
    size_t path; /* where it begins in `paths` */
    char blob[GIT_SHA_MAX];
    bool in_tree;
    int held; /* row, or −1 */
};

struct path_batch {
    struct deliver_attempt *attempt;
    int64_t updates;
    bool looks_up; /* false where the app held nothing when the attempt began */
    bool is_decided;
    struct buf paths;
    size_t count;
    struct place places[PATH_BATCH];
    PGresult *held; /* of those decided last */
    struct deliver_change changes[PATH_BATCH];
};

struct path_batch *path_batch_new(struct deliver_attempt *attempt)
{
    struct path_batch *batch = mem_zalloc(sizeof *batch);
    batch->attempt = attempt;
    batch->looks_up = attempt->link.holds_anything;
    return batch;
}

void path_batch_drop(struct path_batch *batch)
{
    if (batch == NULL)
        return;
    PQclear(batch->held);
    buf_fini(&batch->paths);
    free(batch);
}

int64_t path_batch_updates(const struct path_batch *batch)
{
    return batch->updates;
}

/* ---- filling ----------------------------------------------------------------------------------------------------- */

static void batch_empty(struct path_batch *batch)
{
    PQclear(batch->held);
    batch->held = NULL;
    batch->count = 0;
    buf_reset(&batch->paths);
    batch->is_decided = false;
}

bool path_batch_is_full(const struct path_batch *batch)
{
    return !batch->is_decided && (batch->count == PATH_BATCH || batch->paths.len >= PATH_BATCH_BYTES);
}

void path_batch_add(struct path_batch *batch, const char *path, const char *blob)
{
    if (batch->is_decided)
        batch_empty(batch);
    assert(batch->count < PATH_BATCH);
    struct place *place = &batch->places[batch->count++];
    size_t len = strlen(path);
    *place = (struct place){.path = batch->paths.len, .in_tree = blob != NULL, .held = -1};
    crypto_sha256(path, len, place->digest);
    buf_add(&batch->paths, path, len + 1);
    if (blob != NULL)
        memcpy(place->blob, blob, strlen(blob));
}

/* ---- looking up -------------------------------------------------------------------------------------------------- */

static int compare_digest(const void *a, const void *b)
{
    return memcmp((*(const struct place *const *)a)->digest, (*(const struct place *const *)b)->digest, SHA256_BYTES);
}

/* The server answers in an order of its own. */
static void batch_match(struct path_batch *batch)
{
    struct place *sorted[PATH_BATCH];
    for (size_t i = 0; i < batch->count; i++)
        sorted[i] = &batch->places[i];
    qsort(sorted, batch->count, sizeof *sorted, compare_digest);
    for (int row = 0; row < pg_rows(batch->held); row++) {
        struct place key, *key_at = &key;
        if (!pg_bytea(batch->held, row, 0, key.digest, sizeof key.digest))
            continue;
        struct place **found = bsearch(&key_at, sorted, batch->count, sizeof *sorted, compare_digest);
        if (found != NULL)
            (*found)->held = row;
    }
}

static enum err batch_look_up(struct path_batch *batch, struct err_info *error)
{
    if (!batch->looks_up || batch->count == 0)
        return ERR_OK;
    uint8_t digests[PATH_BATCH][SHA256_BYTES];
    for (size_t i = 0; i < batch->count; i++)
        memcpy(digests[i], batch->places[i].digest, SHA256_BYTES);
    struct pg_args *args = deliver_args(batch->attempt);
    pg_arg_byteas(args, digests, SHA256_BYTES, batch->count);
    enum err err = deliver_exec(batch->attempt, &sql_deliveries_held, args, &batch->held, error);
    if (err == ERR_OK)
        batch_match(batch);
    return err;
}

/* ---- deciding ---------------------------------------------------------------------------------------------------- */

static struct deliver_change place_change(const struct path_batch *batch, const struct place *place)
{
    struct deliver_change change = {
        .path = batch->paths.data + place->path,
        .digest = place->digest,
        .blob = place->in_tree ? place->blob : NULL,
        .held_blob = place->held < 0 ? NULL : pg_text(batch->held, place->held, 1),
        .held_sha = place->held < 0 ? NULL : pg_text(batch->held, place->held, 2),
        .unconfirmed = unconfirmed_find(&batch->attempt->link.unconfirmed, place->digest),
    };
    const struct verb_path path = {
        .tree_blob = change.blob,
        .recorded_blob = change.held_blob,
        .recorded_sha = change.held_sha,
        .is_unconfirmed = change.unconfirmed != NULL,
    };
    change.verb = verb_decide(&path);
    return change;
}

enum err path_batch_decide(struct path_batch *batch, enum verb verb, const struct deliver_change **changes,
                           size_t *count, struct err_info *error)
{
    if (batch->is_decided)
        batch_empty(batch);
    enum err err = batch_look_up(batch, error);
    *changes = batch->changes;
    *count = 0;
    for (size_t i = 0; i < batch->count && err == ERR_OK; i++) {
        const struct deliver_change change = place_change(batch, &batch->places[i]);
        if (change.unconfirmed != NULL && change.unconfirmed->is_sent)
            continue; /* by this attempt, in a pass before */
        batch->updates += change.verb == VERB_UPDATE;
        batch->attempt->progress.done += change.verb == VERB_NOTHING && verb == VERB_CREATE;
        if (change.verb == verb)
            batch->changes[(*count)++] = change;
    }
    batch->is_decided = true;
    return err == ERR_OK ? deliver_tick(batch->attempt, error) : err;
}
