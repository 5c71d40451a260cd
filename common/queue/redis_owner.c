/*
 * One script (lua/own.lua) reads and writes the owner, so that of two installations that find an empty Redis at the
 * same moment one has it. Called by rebuild.c, by the start of a worker, by programs before they write, and by the
 * doctor.
 */
#include "common/queue/redis_owner.h"

#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "common/queue/names.h"
#include "embedded/lua.h"
#include "embedded/sql_queue.h"

#define OWNER_MAX 100 /* a UUID, "@", two numbers of at most 16 digits */

struct owners {
    char ours[OWNER_MAX], found[OWNER_MAX];
};

static enum err ours_read(struct pg *pg, char ours[OWNER_MAX], struct err_info *error)
{
    PGresult *row = NULL;
    enum err err = pg_exec(pg, &sql_queue_installation, NULL, &row, error);
    if (err == ERR_OK && pg_rows(row) == 0)
        err = err_set(error, ERR_PERMANENT, "the table store_state is empty: nothing vouches for Redis");
    if (err == ERR_OK)
        snprintf(ours, OWNER_MAX, "%s", pg_text(row, 0, 0));
    PQclear(row);
    return err;
}

/* `ours` "": only looks. `instead_of` "": takes no other's place. */
static enum err owner_ask(const struct dispatch *dispatch, const char *ours, const char *instead_of,
                          char found[OWNER_MAX], struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redisReply *reply = NULL;
    name_plain(args, dispatch->prefix, "installation");
    name_plain(args, dispatch->prefix, "epoch");
    redis_arg(args, ours);
    redis_arg(args, instead_of);
    enum err err = redis_run_script(dispatch->redis, &lua_own, 2, args, &reply, error);
    if (err == ERR_OK)
        snprintf(found, OWNER_MAX, "%s", redis_text(reply));
    if (reply != NULL)
        freeReplyObject(reply);
    redis_args_drop(args);
    return err;
}

/* The same installation, in another place. */
static bool has_moved(const struct owners *owners)
{
    size_t len = strcspn(owners->ours, "@");
    return strcspn(owners->found, "@") == len && strncmp(owners->ours, owners->found, len) == 0;
}

static enum err refuse(const struct dispatch *dispatch, const struct owners *owners, struct err_info *error)
{
    static const char way_out[] = "Give this one a Redis or a redis.prefix of its own, or, if that other one is gone: "
                                  "producer adopt-redis";
    if (has_moved(owners))
        return err_set(error, ERR_CONFLICT,
                       "Redis under the prefix %s belongs to the database that this one is a copy of, or was before it "
                       "was moved or restored (installation %.8s). %s",
                       dispatch->prefix, owners->found, way_out);
    return err_set(error, ERR_CONFLICT,
                   "Redis under the prefix %s belongs to another installation (%.8s; this one is %.8s). %s",
                   dispatch->prefix, owners->found, owners->ours, way_out);
}

static enum err owners_read(const struct dispatch *dispatch, struct pg *pg, bool look, struct owners *owners,
                            struct err_info *error)
{
    enum err err = ours_read(pg, owners->ours, error);
    return err == ERR_OK ? owner_ask(dispatch, look ? "" : owners->ours, "", owners->found, error) : err;
}

static bool is_ours(const struct owners *owners)
{
    return owners->found[0] == '\0' || strcmp(owners->found, owners->ours) == 0;
}

enum err redis_owner_check(const struct dispatch *dispatch, struct pg *pg, struct err_info *error)
{
    struct owners owners;
    enum err err = owners_read(dispatch, pg, false, &owners, error);
    return err != ERR_OK || is_ours(&owners) ? err : refuse(dispatch, &owners, error);
}

enum err redis_owner_look(const struct dispatch *dispatch, struct pg *pg, struct err_info *error)
{
    struct owners owners;
    enum err err = owners_read(dispatch, pg, true, &owners, error);
    return err != ERR_OK || is_ours(&owners) ? err : refuse(dispatch, &owners, error);
}

/* Where another installation came in between, that one has it. */
static enum err take_place(const struct dispatch *dispatch, struct owners *owners, struct err_info *error)
{
    char before[OWNER_MAX];
    memcpy(before, owners->found, sizeof before);
    enum err err = owner_ask(dispatch, owners->ours, before, owners->found, error);
    return err != ERR_OK || is_ours(owners) ? err : refuse(dispatch, owners, error);
}

enum err redis_owner_begin(const struct dispatch *dispatch, struct pg *pg, struct err_info *error)
{
    struct owners owners;
    int64_t alive = 0;
    enum err err = owners_read(dispatch, pg, false, &owners, error);
    if (err != ERR_OK || is_ours(&owners))
        return err;
    if (has_moved(&owners))
        err = dispatch_live_workers(dispatch, &alive, error);
    if (err == ERR_OK && (!has_moved(&owners) || alive > 0))
        err = refuse(dispatch, &owners, error);
    if (err == ERR_OK)
        err = take_place(dispatch, &owners, error);
    if (err == ERR_OK)
        log_warn("the database of this installation has moved (it was copied, restored or upgraded), and no worker of "
                 "the one before is alive: Redis is this one's now");
    return err;
}

enum err redis_owner_take(const struct dispatch *dispatch, struct pg *pg, bool *taken, struct err_info *error)
{
    struct owners owners;
    int64_t alive = 0;
    *taken = false;
    enum err err = owners_read(dispatch, pg, false, &owners, error);
    if (err != ERR_OK || is_ours(&owners))
        return err;
    err = dispatch_live_workers(dispatch, &alive, error);
    if (err == ERR_OK && alive > 0)
        err = err_set(error, ERR_CONFLICT,
                      "workers of the other installation are alive under the prefix %s: it is not gone. Stop them, or "
                      "give this one a Redis or a redis.prefix of its own",
                      dispatch->prefix);
    if (err == ERR_OK)
        err = take_place(dispatch, &owners, error);
    *taken = err == ERR_OK;
    return err;
}
