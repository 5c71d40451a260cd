/*
 * Compares what PostgreSQL remembers of Redis (epoch, beats, run) with what Redis answers. It decides nothing about
 * single keys: a Redis that is doubted is rebuilt as a whole (rebuild.c). A doubt that is wrong costs a rebuild; a
 * trust that is wrong costs work done from old lists, so in doubt it doubts. Called by rebuild.c and by the doctor.
 */
#include "common/queue/redis_identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/queue/names.h"
#include "embedded/sql_queue.h"

#define BEATS_MAX ((int64_t)1 << 48) /* a thousand workers beat so often in 8 900 years */
/* So far may the counter have come since it was looked at: a thousand workers that beat for eleven days, while none of
 * them reached PostgreSQL. What is further ahead was written by a stranger. */
#define BEATS_AHEAD_MAX 1000000000
#define TEXT_READ_MAX "99" /* of a key that should hold a short text: the last byte that is read */

static enum err read_postgres(struct pg *pg, struct redis_identity *v, struct err_info *error)
{
    PGresult *result = NULL;
    enum err err = pg_exec(pg, &sql_queue_store_state_get, NULL, &result, error);
    if (err == ERR_OK && pg_rows(result) == 0)
        err = err_set(error, ERR_PERMANENT, "the table store_state is empty: nothing vouches for Redis");
    if (err == ERR_OK) {
        v->epoch = mem_strdup(pg_text(result, 0, 0));
        v->beats = pg_int8(result, 0, 1);
        snprintf(v->run, sizeof v->run, "%s", pg_text(result, 0, 2));
    }
    PQclear(result);
    return err;
}

/* The beginning of a key's text, as long as any of ours is: a client may have written hundreds of megabytes. */
static enum err read_text(const struct dispatch *d, const char *word, char **text, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redisReply *reply = NULL;
    redis_arg(args, "GETRANGE");
    name_plain(args, d->prefix, word);
    redis_arg(args, "0");
    redis_arg(args, TEXT_READ_MAX);
    enum err err = redis_run(d->redis, args, &reply, error);
    if (err == ERR_OK)
        *text = mem_strdup(redis_text(reply));
    if (reply != NULL)
        freeReplyObject(reply);
    redis_args_drop(args);
    return err;
}

#define DIGITS_MAX 18

static int64_t count_of(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return text[digits] == '\0' && digits <= DIGITS_MAX ? strtoll(text, NULL, 10) : -1;
}

/* The epoch first: of a Redis that was wiped between the two it is the one from before, and the count is low. */
static enum err read_keys(const struct dispatch *d, struct redis_identity *v, struct err_info *error)
{
    char *beats = NULL;
    enum err err = read_text(d, "epoch", &v->found_epoch, error);
    if (err == ERR_OK)
        err = read_text(d, "beats", &beats, error);
    if (err == ERR_OK)
        v->found_beats = count_of(beats);
    free(beats);
    return err;
}

static enum err read_run(const struct dispatch *d, struct redis_identity *v, struct err_info *error)
{
    static const char key[] = "\nrun_id:";
    struct redis_args *args = redis_args_new();
    redis_arg(args, "INFO");
    redis_arg(args, "server");
    redisReply *reply = NULL;
    enum err err = redis_run(d->redis, args, &reply, error);
    const char *run = strstr(redis_text(reply), key);
    if (err == ERR_OK && run != NULL) {
        run += strlen(key);
        snprintf(v->found_run, sizeof v->found_run, "%.*s", (int)strcspn(run, "\r\n"), run);
    }
    if (reply != NULL)
        freeReplyObject(reply);
    redis_args_drop(args);
    return err == ERR_PERMANENT ? ERR_OK : err; /* forbidden: it is not told */
}

/* PostgreSQL first: a counter read later can only be higher, unless Redis went back. The run before the keys: a restart
 * between the two then shows at the next look at the latest. */
enum err redis_identity_read(const struct dispatch *dispatch, struct pg *pg, struct redis_identity *identity,
                             struct err_info *error)
{
    *identity = (struct redis_identity){0};
    enum err err = read_postgres(pg, identity, error);
    if (err == ERR_OK)
        err = read_run(dispatch, identity, error);
    return err == ERR_OK ? read_keys(dispatch, identity, error) : err;
}

void redis_identity_fini(struct redis_identity *identity)
{
    free(identity->found_epoch);
    free(identity->epoch);
}

static bool is_another_run(const struct redis_identity *v)
{
    return v->run[0] != '\0' && v->found_run[0] != '\0' && strcmp(v->run, v->found_run) != 0;
}

static bool is_no_count(const struct redis_identity *v)
{
    return v->found_beats < 0 || v->found_beats > BEATS_MAX || v->found_beats - v->beats > BEATS_AHEAD_MAX;
}

int64_t redis_identity_beats_to_seal(const struct redis_identity *v)
{
    return v->beats < 0 || v->beats > BEATS_MAX ? 0 : v->beats;
}

const char *redis_identity_doubt(const struct redis_identity *v)
{
    return v->found_epoch[0] == '\0'               ? "was empty"
           : strcmp(v->found_epoch, v->epoch) != 0 ? "was another one than before"
           : is_no_count(v)                        ? "was written over: its counter of beats is none"
           : v->beats > BEATS_MAX                  ? "is counted by a number that cannot be"
           : v->found_beats < v->beats             ? "was rolled back"
           : is_another_run(v)                     ? "was restarted and may have lost its last second"
                                                   : NULL;
}

enum err redis_identity_remember(struct pg *pg, const struct redis_identity *v, struct err_info *error)
{
    bool is_news = v->found_beats > v->beats || (v->found_run[0] != '\0' && strcmp(v->found_run, v->run) != 0);
    if (!is_news)
        return ERR_OK;
    struct pg_args *args = pg_args_new();
    pg_arg_int8(args, v->found_beats);
    pg_arg_text(args, v->found_run);
    enum err err = pg_exec(pg, &sql_queue_store_state_remember, args, NULL, error);
    pg_args_drop(args);
    return err;
}

enum err redis_identity_begin_again(struct pg *pg, const struct redis_identity *v, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_int8(args, redis_identity_beats_to_seal(v));
    pg_arg_text(args, v->found_run);
    enum err err = pg_exec(pg, &sql_queue_store_state_begin_again, args, NULL, error);
    pg_args_drop(args);
    return err;
}
