/*
 * A walk over all keys of ours, some hundred in each pass, for what nothing else looks at: hashes of ended operations
 * that say something else than PostgreSQL, lists of workers that are not known, keys of a wrong type. It must never
 * touch a key of a live operation (sweep_live.c does) nor the inbox. Called by sweep_ended.c, and key_repair_run after
 * a WRONGTYPE.
 */
#include "common/queue/sweep.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/queue/names.h"
#include "embedded/lua.h"
#include "embedded/sql_queue.h"

#define KEYS_AT_ONCE 500

/* ---- hashes ------------------------------------------------------------------------------------------------------ */

/* The columns of sweep_hashes_of. */
enum { OF_ID, OF_LIVE, OF_TIMELINE, OF_VERSION, OF_STATE };

enum trust { TRUST_WHAT_IS_NEWER, TRUST_POSTGRES };

/* What PostgreSQL says of an operation whose hash is looked at, and against which of the two it is held. */
struct ended {
    const PGresult *rows; /* of sweep_hashes_of */
    int row;
    enum trust trust;
};

/* A hash of no known operation gets an expiry: a client wrote to an id that does not exist, or PostgreSQL went back. */
static enum err expire_stray(const struct sweep_walk *walk, const redisReply *key, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redisReply *fields = NULL, *ttl = NULL;
    redis_arg(args, "HLEN"); /* fails on what is not even a hash, which is left alone */
    redis_arg_len(args, key->str, key->len);
    enum err err = redis_run(walk->dispatch->redis, args, &fields, error);
    redis_args_reset(args);
    redis_arg(args, "TTL");
    redis_arg_len(args, key->str, key->len);
    if (err == ERR_OK)
        err = redis_run(walk->dispatch->redis, args, &ttl, error);
    if (err == ERR_OK && redis_int(ttl) == -1) {
        redis_args_reset(args);
        redis_arg(args, "EXPIRE");
        redis_arg_len(args, key->str, key->len);
        redis_arg_int(args, DISPATCH_KEEP_S);
        err = redis_run(walk->dispatch->redis, args, NULL, error);
    }
    if (fields != NULL)
        freeReplyObject(fields);
    if (ttl != NULL)
        freeReplyObject(ttl);
    redis_args_drop(args);
    return err == ERR_PERMANENT ? ERR_OK : err;
}

/* `*knows_more`: the hash was left alone, for it is of a newer version. */
static enum err restate(const struct sweep_walk *walk, const struct ended *ended, bool *knows_more,
                        struct err_info *error)
{
    const PGresult *said = ended->rows;
    int row = ended->row;
    struct redis_args *args = redis_args_new();
    redisReply *wrong = NULL;
    name_operation(args, walk->dispatch->prefix, pg_text(said, row, OF_ID));
    redis_arg(args, ended->trust == TRUST_POSTGRES ? "1" : "0");
    redis_arg_int(args, DISPATCH_KEEP_S);
    redis_arg(args, pg_text(said, row, OF_TIMELINE));
    redis_arg(args, pg_text(said, row, OF_VERSION));
    for (int column = OF_STATE; column < PQnfields(said); column++) {
        redis_arg(args, PQfname(said, column));
        redis_arg(args, pg_text(said, row, column));
    }
    if (strcmp(pg_text(said, row, OF_STATE), "cancelled") == 0) {
        redis_arg(args, "cancelled");
        redis_arg(args, "true");
    }
    enum err err = redis_run_script(walk->dispatch->redis, &lua_restate, 1, args, &wrong, error);
    *knows_more = err == ERR_OK && redis_int(wrong) < 0;
    if (err == ERR_OK && redis_int(wrong) > 0)
        log_warn("the hash of %s, which has ended, said %" PRId64 " things that were not so; it is put right",
                 pg_text(said, row, OF_ID), redis_int(wrong));
    if (wrong != NULL)
        freeReplyObject(wrong);
    redis_args_drop(args);
    return err;
}

static enum err ended_read(const struct sweep_walk *walk, const char *const *ids, size_t count, PGresult **said,
                           struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_texts(args, ids, count);
    enum err err = pg_exec(walk->pg, &sql_queue_sweep_hashes_of, args, said, error);
    pg_args_drop(args);
    return err;
}

static enum err expire_unknown(const struct sweep_walk *walk, const char *id, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    name_operation(args, walk->dispatch->prefix, id);
    redisReply key = {.str = mem_strndup(redis_args_values(args)[0], redis_args_lengths(args)[0]),
                      .len = redis_args_lengths(args)[0]};
    enum err err = expire_stray(walk, &key, error);
    free(key.str);
    redis_args_drop(args);
    return err;
}

/* Those that are live have the sweep's mirror. */
static enum err judge_hash(const struct sweep_walk *walk, const struct ended *ended, bool *knows_more,
                           struct err_info *error)
{
    *knows_more = false;
    if (pg_is_null(ended->rows, ended->row, OF_STATE))
        return expire_unknown(walk, pg_text(ended->rows, ended->row, OF_ID), error);
    return pg_bool(ended->rows, ended->row, OF_LIVE) ? ERR_OK : restate(walk, ended, knows_more, error);
}

/* What a hash knows PostgreSQL knew before: one that still knows more when PostgreSQL is asked again was made up. */
static enum err judge_hashes(const struct sweep_walk *walk, const char *const *ids, size_t count, enum trust trust,
                             struct err_info *error)
{
    const char **again = mem_array(count + 1, sizeof *again);
    size_t more = 0;
    PGresult *said = NULL;
    enum err err = count == 0 ? ERR_OK : ended_read(walk, ids, count, &said, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(said); row++) {
        bool knows_more = false;
        err = judge_hash(walk, &(struct ended){said, row, trust}, &knows_more, error);
        if (knows_more)
            again[more++] = pg_text(said, row, OF_ID);
    }
    if (err == ERR_OK && more > 0 && trust == TRUST_WHAT_IS_NEWER)
        err = judge_hashes(walk, again, more, TRUST_POSTGRES, error);
    PQclear(said);
    free(again);
    return err;
}

/* ---- workers' lists ---------------------------------------------------------------------------------------------- */

/* What a key's name says behind the prefix; `target` < 0: the inbox. */
struct owned {
    const char *worker;
    int target;
};

static bool read_owned(const char *rest, struct owned *owned)
{
    static const char inbox[] = "inbox:active:", active[] = "active:";
    *owned = (struct owned){NULL, -1};
    if (strncmp(rest, inbox, strlen(inbox)) == 0) {
        owned->worker = rest + strlen(inbox);
        return true;
    }
    for (int q = 0; q < QUEUE_COUNT && strncmp(rest, active, strlen(active)) == 0; q++) {
        const char *queue = rest + strlen(active);
        size_t len = strlen(queue_names[q]);
        if (strncmp(queue, queue_names[q], len) == 0 && queue[len] == ':')
            *owned = (struct owned){queue + len + 1, q};
    }
    return owned->worker != NULL;
}

static enum err adopt(const struct sweep_walk *walk, const redisReply *key, const struct owned *owned,
                      struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redisReply *reply = NULL;
    bool is_worker = strlen(key->str) == key->len && name_is_worker(owned->worker);
    name_plain(args, walk->dispatch->prefix, "workers");
    redis_arg_len(args, key->str, key->len);
    if (owned->target < 0)
        name_plain(args, walk->dispatch->prefix, "inbox");
    else
        name_queue(args, walk->dispatch->prefix, owned->target);
    redis_arg(args, is_worker ? owned->worker : "");
    enum err err = redis_run_script(walk->dispatch->redis, &lua_adopt, 3, args, &reply, error);
    if (err == ERR_OK && redis_int(reply) > 0)
        log_warn("%s has entries, but no worker of that name is known: they go back", key->str);
    if (reply != NULL)
        freeReplyObject(reply);
    redis_args_drop(args);
    return err == ERR_PERMANENT ? ERR_OK : err; /* WRONGTYPE: who uses it says so */
}

/* ---- the walk ---------------------------------------------------------------------------------------------------- */

static enum err pass_keys(const struct sweep_walk *walk, const redisReply *keys, struct err_info *error)
{
    static const char hash[] = "op:";
    const char **ids = mem_array(redis_count(keys) + 1, sizeof *ids);
    size_t count = 0, skip = strlen(walk->dispatch->prefix) + 1;
    enum err err = ERR_OK;
    for (size_t i = 0; i < redis_count(keys) && err == ERR_OK; i++) {
        const redisReply *key = redis_item(keys, i);
        const char *rest = key->len >= skip ? key->str + skip : "";
        bool is_hash = strncmp(rest, hash, strlen(hash)) == 0;
        struct owned owned;
        if (is_hash && strlen(rest) + skip == key->len && id_is_operation(rest + strlen(hash)))
            ids[count++] = rest + strlen(hash);
        else if (is_hash)
            err = expire_stray(walk, key, error);
        else if (read_owned(rest, &owned))
            err = adopt(walk, key, &owned, error);
    }
    if (err == ERR_OK)
        err = judge_hashes(walk, ids, count, TRUST_WHAT_IS_NEWER, error);
    free(ids);
    return err;
}

enum err sweep_walk_step(struct sweep_walk *walk, bool *more, struct err_info *error)
{
    struct key_walk keys = {"", KEYS_AT_ONCE, walk->cursor};
    redisReply *reply = NULL;
    enum err err = dispatch_walk(walk->dispatch, &keys, &reply, error);
    if (err == ERR_OK)
        err = pass_keys(walk, redis_item(reply, 1), error);
    if (err == ERR_OK) {
        walk->cursor = keys.cursor;
        walk->hurries = walk->hurries && keys.cursor != 0;
        *more = *more || walk->hurries;
    }
    if (reply != NULL)
        freeReplyObject(reply);
    return err;
}

/* ---- keys of a wrong type ---------------------------------------------------------------------------------------- */

#define KEYS_LOOKED_AT 1000

bool key_repair_is_blamed(const char *error_text)
{
    return strstr(error_text, "WRONGTYPE") != NULL;
}

static enum err delete_key(const struct dispatch *d, const redisReply *key, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redis_arg(args, "DEL");
    redis_arg_len(args, key->str, key->len);
    enum err err = redis_run(d->redis, args, NULL, error);
    redis_args_drop(args);
    return err;
}

static enum err mend_key(const struct dispatch *d, const redisReply *key, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redisReply *type = NULL;
    redis_arg(args, "TYPE");
    redis_arg_len(args, key->str, key->len);
    enum err err = redis_run(d->redis, args, &type, error);
    const char *is = type != NULL && type->type == REDIS_REPLY_STATUS ? type->str : "none";
    const char *must_be = name_type(key->str + strlen(d->prefix) + 1);
    bool wrong = must_be != NULL && strcmp(is, "none") != 0 && strcmp(is, must_be) != 0;
    if (err == ERR_OK && wrong) {
        log_error("another client made a %s of %s in Redis; it is deleted, and built again", is, key->str);
        err = delete_key(d, key, error);
    }
    if (type != NULL)
        freeReplyObject(type);
    redis_args_drop(args);
    return err;
}

enum err key_repair_run(const struct dispatch *dispatch, struct err_info *error)
{
    struct key_walk walk = {"", KEYS_LOOKED_AT, 0};
    enum err err = ERR_OK;
    do {
        redisReply *keys = NULL;
        err = dispatch_walk(dispatch, &walk, &keys, error);
        for (size_t i = 0; err == ERR_OK && i < redis_count(redis_item(keys, 1)); i++)
            err = mend_key(dispatch, redis_item(redis_item(keys, 1), i), error);
        if (keys != NULL)
            freeReplyObject(keys);
    } while (err == ERR_OK && walk.cursor != 0);
    return err;
}
