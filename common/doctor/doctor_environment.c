/*
 * What the promises stand on: settings of the two servers, the schema, the clocks, the key, and what workers say of
 * themselves. Findings of invariant 0. Comes first, since without the right schema nothing else can be read; a Redis
 * that does not answer is noted, and the rest goes on without it. Called by doctor_checkup.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/doctor/doctor_private.h"
#include "common/queue/redis_owner.h"
#include "common/queue/worker_list.h"
#include "common/store/migrate.h"
#include "embedded/sql_doctor.h"

#define CLOCKS_APART_MS 2000

static void environment_warn(struct doctor *doctor, const char *text)
{
    doctor_say(doctor, &(struct finding_on){0, DOCTOR_WARNING, DOCTOR_LEAVE, "", 0}, "%s", text);
}

/* ---- PostgreSQL -------------------------------------------------------------------------------------------------- */

static enum err check_schema(struct doctor *doctor, bool *usable, struct err_info *error)
{
    int current = 0, wanted = 0;
    struct finding_on on = {0, DOCTOR_VIOLATION, DOCTOR_LEAVE, "PostgreSQL", 0};
    enum err err = migrate_status(doctor->pg, &current, &wanted, error);
    if (err == ERR_CONFLICT) {
        doctor_say(doctor, &on, "%s", error->text);
        return ERR_OK;
    }
    if (err == ERR_OK && current != wanted)
        doctor_say(doctor, &on, "the schema has version %d, this program needs %d: run `producer migrate`", current,
                   wanted);
    *usable = err == ERR_OK && current == wanted;
    return err;
}

/* Each column of environment that is a yes or no, with what is wrong and at which answer. */
static const struct {
    bool bad;
    const char *text;
} settings[] = {
    {true, "PostgreSQL is in recovery: nothing can be settled"},
    {true, "PostgreSQL is read only: nothing can be settled"},
    {false, "PostgreSQL runs with fsync off: after a crash of its machine the database may be lost"},
    {false, "PostgreSQL runs with full_page_writes off: after a crash of its machine the database may be damaged"},
    {false, "PostgreSQL runs with synchronous_commit off: after its crash what was settled last is done again"},
    {false, "PostgreSQL runs without autovacuum: it will become slower and slower"},
};
#define SETTINGS ((int)(sizeof settings / sizeof *settings))

static void compare_clocks(struct doctor *doctor, const char *whose, int64_t theirs_ms, int64_t before_ms,
                           int64_t after_ms)
{
    int64_t apart = theirs_ms < before_ms ? before_ms - theirs_ms : theirs_ms > after_ms ? theirs_ms - after_ms : 0;
    char text[CLOCK_ISO_MAX];
    if (apart > CLOCKS_APART_MS)
        doctor_say(doctor, &(struct finding_on){0, DOCTOR_WARNING, DOCTOR_LEAVE, whose, 0},
                   "its clock and this machine's are about %s apart", clock_human_ms(apart / 1000 * 1000, text));
}

static int64_t wall_ms(void)
{
    return clock_wall_us() / 1000;
}

static enum err check_postgres(struct doctor *doctor, struct err_info *error)
{
    PGresult *r = NULL;
    int64_t before = wall_ms();
    enum err err = pg_exec(doctor->pg, &sql_doctor_environment, NULL, &r, error);
    int64_t after = wall_ms();
    for (int i = 0; err == ERR_OK && i < SETTINGS; i++)
        if (pg_bool(r, 0, i) == settings[i].bad)
            environment_warn(doctor, settings[i].text);
    if (err == ERR_OK)
        compare_clocks(doctor, "PostgreSQL", pg_int8(r, 0, SETTINGS), before, after);
    PQclear(r);
    return err;
}

/* ---- Redis ------------------------------------------------------------------------------------------------------- */

/* True if a line of INFO is exactly this. */
static bool info_says(const char *info, const char *line)
{
    size_t len = strlen(line);
    for (const char *at = strstr(info, line); at != NULL; at = strstr(at + 1, line))
        if ((at == info || at[-1] == '\n') && (at[len] == '\r' || at[len] == '\n' || at[len] == '\0'))
            return true;
    return false;
}

/* The number behind "name:" at the beginning of a line of INFO; 0 = it is not there. */
static int64_t info_number(const char *info, const char *name)
{
    const char *at = strstr(info, name);
    while (at != NULL && at != info && at[-1] != '\n')
        at = strstr(at + 1, name);
    return at == NULL ? 0 : strtoll(at + strlen(name), NULL, 10);
}

/* At its limit a Redis that does not evict refuses most writes. */
static void judge_memory(struct doctor *doctor, const char *info)
{
    int64_t used = info_number(info, "used_memory:"), most = info_number(info, "maxmemory:");
    struct finding_on on = {0, DOCTOR_WARNING, DOCTOR_LEAVE, "Redis", 0};
    if (most > 0 && used >= most)
        doctor_say(doctor, &on,
                   "has reached its maxmemory (%" PRId64 " of %" PRId64 " bytes): it refuses writes, and what is open "
                   "waits; raise maxmemory, or remove what others keep there",
                   used, most);
    else if (most > 0 && used >= most / 10 * 9)
        doctor_say(doctor, &on, "uses %" PRId64 " of %" PRId64 " bytes: at maxmemory it will refuse writes", used,
                   most);
}

static void judge_info(struct doctor *doctor, const char *info)
{
    if (!info_says(info, "maxmemory_policy:noeviction"))
        environment_warn(
            doctor, "Redis may evict keys (maxmemory-policy is not noeviction): queues would vanish and be rebuilt");
    if (info_says(info, "aof_last_write_status:err") || info_says(info, "rdb_last_bgsave_status:err"))
        environment_warn(doctor, "Redis could not write its data to disk: it may refuse writes");
    if (!info_says(info, "aof_enabled:1"))
        doctor_say(doctor, &(struct finding_on){0, DOCTOR_NOTE, DOCTOR_LEAVE, "Redis", 0},
                   "keeps no append-only file: after its restart everything in it is rebuilt from PostgreSQL");
    if (info_says(info, "role:slave"))
        environment_warn(doctor, "this Redis is a replica: it refuses writes; redis.url must lead to the primary");
    judge_memory(doctor, info);
}

/* A Redis that does not answer is a finding, and PostgreSQL is judged without it. */
static void give_up_redis(struct doctor *doctor, const struct err_info *error)
{
    doctor_say(doctor, &(struct finding_on){0, DOCTOR_WARNING, DOCTOR_LEAVE, "Redis", 0}, "%s", error->text);
    doctor->redis = NULL;
}

static enum err redis_ask(struct doctor *doctor, const char *first, redisReply **reply, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redis_arg(args, first);
    enum err err = redis_run(doctor->redis, args, reply, error);
    redis_args_drop(args);
    return err;
}

static void check_redis(struct doctor *doctor)
{
    struct err_info error = {0};
    redisReply *info = NULL, *time = NULL;
    enum err err = redis_ask(doctor, "INFO", &info, &error);
    if (err == ERR_OK)
        judge_info(doctor, redis_text(info));
    if (err == ERR_PERMANENT) { /* we may not, as with some that is rented */
        doctor_say(doctor, &(struct finding_on){0, DOCTOR_NOTE, DOCTOR_LEAVE, "Redis", 0},
                   "its settings cannot be read: %s", error.text);
        err = ERR_OK;
    }
    int64_t before = wall_ms();
    if (err == ERR_OK)
        err = redis_ask(doctor, "TIME", &time, &error);
    int64_t after = wall_ms();
    if (err == ERR_OK)
        compare_clocks(doctor, "Redis",
                       redis_int(redis_item(time, 0)) * CLOCK_MS_PER_S + redis_int(redis_item(time, 1)) / 1000, before,
                       after);
    if (err != ERR_OK)
        give_up_redis(doctor, &error);
    if (info != NULL)
        freeReplyObject(info);
    if (time != NULL)
        freeReplyObject(time);
}

/* What stands in another installation's Redis says nothing of this one. */
static void check_owner(struct doctor *doctor)
{
    struct dispatch dispatch = {doctor->redis, doctor->prefix};
    struct err_info error = {0};
    if (redis_owner_look(&dispatch, doctor->pg, &error) != ERR_CONFLICT)
        return;
    doctor_say(doctor, &(struct finding_on){0, DOCTOR_VIOLATION, DOCTOR_LEAVE, "Redis", 0}, "%s", error.text);
    doctor->redis = NULL;
}

/* ---- the workers ------------------------------------------------------------------------------------------------- */

/* What the living workers say of themselves with their heartbeats: which keys they hold, and what they wait for. */

/* A heartbeat that ran out, or is none, is no worker's. */
static void heartbeat_pass_on(const char *worker, const char *heartbeat, doctor_worker_fn *each, void *context)
{
    struct json_object *said = NULL;
    struct err_info ignored = {0};
    char name[DOCTOR_WORKER_MAX];
    if (*heartbeat == '\0' || json_parse(heartbeat, strlen(heartbeat), JSON_LIMITS_REQUEST, &said, &ignored) != ERR_OK)
        return;
    const char *host = json_get_string(said, "host");
    snprintf(name, sizeof name, "%s (%s, process %" PRId64 ")", worker, host == NULL ? "?" : host,
             json_get_int(said, "pid", 0));
    each(name, said, context);
    json_object_put(said);
}

enum err doctor_each_worker(struct doctor *doctor, doctor_worker_fn *each, void *context, struct err_info *error)
{
    struct dispatch dispatch = {doctor->redis, doctor->prefix};
    struct worker_list workers;
    enum err err = worker_list_read(&dispatch, &workers, error);
    for (size_t i = 0; err == ERR_OK && i < workers.count; i++)
        heartbeat_pass_on(worker_list_id(&workers, i), worker_list_said(&workers, i), each, context);
    worker_list_fini(&workers);
    return err;
}

static void tell_trouble(const char *name, struct json_object *said, void *context)
{
    const char *trouble = json_get_string(said, "trouble");
    if (trouble != NULL)
        doctor_say(context, &(struct finding_on){0, DOCTOR_WARNING, DOCTOR_LEAVE, name, 0},
                   "waits until this is mended: %s", trouble);
}

/* What of Redis cannot be read here is told by the checks of Redis. */
static void troubles_report(struct doctor *doctor)
{
    struct err_info ignored = {0};
    (void)!doctor_each_worker(doctor, tell_trouble, doctor, &ignored);
}

/* ---- both -------------------------------------------------------------------------------------------------------- */

static enum err check_state(struct doctor *doctor, struct err_info *error)
{
    PGresult *r = NULL;
    enum err err = pg_exec(doctor->pg, &sql_doctor_state, NULL, &r, error);
    if (err == ERR_OK && pg_rows(r) == 0)
        doctor_say(doctor, &(struct finding_on){0, DOCTOR_VIOLATION, DOCTOR_LEAVE, "PostgreSQL", 0},
                   "the table store_state is empty: nothing vouches for Redis");
    if (err == ERR_OK && pg_rows(r) > 0 && !pg_bool(r, 0, 1))
        environment_warn(
            doctor, "no definition is loaded, so nothing can be asked for: look at definitions.dir, then run `producer "
                    "resync-definitions`");
    bool has_secrets = err == ERR_OK && pg_rows(r) > 0 && pg_bool(r, 0, 0);
    PQclear(r);
    return has_secrets ? doctor_keys(doctor, error) : err;
}

enum err doctor_environment(struct doctor *doctor, bool *usable, struct err_info *error)
{
    enum err err = pg_check_session(doctor->pg, error);
    if (err == ERR_USAGE && error->sqlstate[0] == '\0') {
        doctor_say(doctor, &(struct finding_on){0, DOCTOR_VIOLATION, DOCTOR_LEAVE, "PostgreSQL", 0}, "%s", error->text);
        return ERR_OK; /* nothing that it answered could be relied on */
    }
    if (err == ERR_OK)
        err = check_schema(doctor, usable, error);
    if (err == ERR_OK)
        err = pg_ready(doctor->pg, error);
    if (err == ERR_OK)
        err = check_postgres(doctor, error);
    if (doctor->redis != NULL)
        check_redis(doctor);
    if (doctor->redis != NULL && *usable)
        check_owner(doctor);
    if (doctor->redis != NULL)
        troubles_report(doctor);
    if (err == ERR_OK && *usable && doctor->redis != NULL)
        err = doctor_definitions(doctor, error);
    return err == ERR_OK && *usable ? check_state(doctor, error) : err;
}
