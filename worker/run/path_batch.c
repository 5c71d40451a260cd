#include "worker/run/deliver_window.h"

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

struct deliver_window {
    struct deliver *deliver;
    const struct deliver_sink *sink;
    enum verb verb;
    int64_t updates;
    bool looks_up; /* false where the app held nothing when the attempt began */
    struct buf paths;
    size_t count;
    struct place places[DELIVER_WINDOW];
};

struct deliver_window *deliver_window_new(struct deliver *deliver, const struct deliver_sink *sink)
{
    struct deliver_window *window = mem_zalloc(sizeof *window);
    window->deliver = deliver;
    window->sink = sink;
    window->looks_up = deliver->link.holds_anything;
    return window;
}

void deliver_window_drop(struct deliver_window *window)
{
    if (window == NULL)
        return;
    buf_fini(&window->paths);
    free(window);
}

void deliver_window_begin(struct deliver_window *window, enum verb verb)
{
    window->verb = verb;
}

int64_t deliver_window_updates(const struct deliver_window *window)
{
    return window->updates;
}

/* ---- looking up ---------------------------------------------------------------------------------------------- */

static int by_digest(const void *a, const void *b)
{
    return memcmp((*(const struct place *const *)a)->digest, (*(const struct place *const *)b)->digest, SHA256_BYTES);
}

/* The server answers in an order of its own. */
static void match(struct deliver_window *window, const PGresult *held)
{
    struct place *sorted[DELIVER_WINDOW];
    for (size_t i = 0; i < window->count; i++)
        sorted[i] = &window->places[i];
    qsort(sorted, window->count, sizeof *sorted, by_digest);
    for (int row = 0; row < pg_rows(held); row++) {
        struct place key, *key_at = &key;
        if (!pg_bytea(held, row, 0, key.digest, sizeof key.digest))
            continue;
        struct place **found = bsearch(&key_at, sorted, window->count, sizeof *sorted, by_digest);
        if (found != NULL)
            (*found)->held = row;
    }
}

static enum err look_up(struct deliver_window *window, PGresult **held, struct err_info *error)
{
    if (!window->looks_up)
        return ERR_OK;
    uint8_t digests[DELIVER_WINDOW][SHA256_BYTES];
    for (size_t i = 0; i < window->count; i++)
        memcpy(digests[i], window->places[i].digest, SHA256_BYTES);
    struct pg_args *args = deliver_args(window->deliver);
    pg_arg_byteas(args, digests, SHA256_BYTES, window->count);
    enum err err = deliver_exec(window->deliver, &sql_deliveries_held, args, held, error);
    if (err == ERR_OK)
        match(window, *held);
    return err;
}

/* ---- judging ------------------------------------------------------------------------------------------------- */

static enum err judge(struct deliver_window *window, const struct place *place, const PGresult *held,
                      struct err_info *error)
{
    struct deliver *deliver = window->deliver;
    struct deliver_change change = {
        .path = window->paths.data + place->path,
        .digest = place->digest,
        .blob = place->in_tree ? place->blob : NULL,
        .held_blob = place->held < 0 ? NULL : pg_text(held, place->held, 1),
        .held_sha = place->held < 0 ? NULL : pg_text(held, place->held, 2),
        .doubt = deliver_doubts_find(&deliver->doubts, place->digest),
    };
    const struct verb_path path = {
        .tree_blob = change.blob,
        .recorded_blob = change.held_blob,
        .recorded_sha = change.held_sha,
        .is_unconfirmed = change.doubt != NULL,
    };
    change.verb = verb_decide(&path);
    if (change.doubt != NULL && change.doubt->sent)
        return ERR_OK; /* by this attempt, in the group before */
    window->updates += change.verb == VERB_UPDATE;
    if (change.verb == VERB_NOTHING && window->verb == VERB_CREATE)
        deliver->remember.done++;
    return change.verb == window->verb ? window->sink->take(window->sink->context, &change, error) : ERR_OK;
}

static enum err judge_all(struct deliver_window *window, struct err_info *error)
{
    PGresult *held = NULL;
    enum err err = window->count == 0 ? ERR_OK : look_up(window, &held, error);
    for (size_t i = 0; i < window->count && err == ERR_OK; i++)
        err = judge(window, &window->places[i], held, error);
    PQclear(held);
    window->count = 0;
    buf_reset(&window->paths);
    return err == ERR_OK ? deliver_tick(window->deliver, error) : err;
}

enum err deliver_window_add(struct deliver_window *window, const char *path, const char *blob, struct err_info *error)
{
    struct place *place = &window->places[window->count++];
    size_t len = strlen(path);
    *place = (struct place){.path = window->paths.len, .in_tree = blob != NULL, .held = -1};
    crypto_sha256(path, len, place->digest);
    buf_add(&window->paths, path, len + 1);
    if (blob != NULL)
        memcpy(place->blob, blob, strlen(blob));
    bool is_full = window->count == DELIVER_WINDOW || window->paths.len >= DELIVER_WINDOW_BYTES;
    return is_full ? judge_all(window, error) : ERR_OK;
}

enum err deliver_window_end(struct deliver_window *window, struct err_info *error)
{
    enum err err = judge_all(window, error);
    return err == ERR_OK ? window->sink->end_group(window->sink->context, error) : err;
}
