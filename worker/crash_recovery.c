#include "worker/crash_recovery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/queue/chunk.h"
#include "common/queue/due.h"
#include "common/queue/lease.h"
#include "embedded/lua.h"
#include "embedded/sql_queue.h"

#define STORE_MS 1000
#define LOOK_MS 250 /* a look for suspects, which comes again soon, holds the supervisor up for no longer */
/* The supervisor waits for no lock and no server: a few seconds in all, then it looks after its processes again. */
#define PG_LIMITS_SUPERVISOR ((struct pg_limits){2000, 2000, 1500, 5000, 3000, true, 0})
#define AGAIN_MS 500
#define FORGET_MS (24 * 60 * 60 * 1000)

/* What is still to be done about one death. */
struct case_ {
    struct case_ *next;
    char worker[ID_MAX];
    enum death death;
    enum company company;
    int64_t release_ms;         /* clock_boot_ms: its last request to the outside is over by then */
    bool reaped, released, due; /* due: its retries are due again */
};

struct aftermath {
    const struct process *plan;
    struct redis *redis, *looking;
    struct pg *pg;
    bool pg_is_away; /* it did not answer in this round: it is not asked again before the next */
    struct case_ *cases;
};

struct aftermath *aftermath_new(const struct process *plan)
{
    struct aftermath *aftermath = mem_zalloc(sizeof *aftermath);
    aftermath->plan = plan;
    aftermath->redis = redis_new(plan->redis, STORE_MS, STORE_MS);
    aftermath->looking = redis_new(plan->redis, LOOK_MS, LOOK_MS);
    aftermath->pg = pg_new(process_config(plan)->postgres_url, "reprise supervisor", PG_LIMITS_SUPERVISOR);
    return aftermath;
}

void aftermath_drop(struct aftermath *aftermath)
{
    if (aftermath == NULL)
        return;
    while (aftermath->cases != NULL) {
        struct case_ *next = aftermath->cases->next;
        free(aftermath->cases);
        aftermath->cases = next;
    }
    redis_drop(aftermath->redis);
    redis_drop(aftermath->looking);
    pg_drop(aftermath->pg);
    free(aftermath);
}

void aftermath_add(struct aftermath *aftermath, const char *worker, enum death death, enum company company)
{
    struct case_ *one = mem_zalloc(sizeof *one);
    *one = (struct case_){.next = aftermath->cases, .death = death, .company = company};
    snprintf(one->worker, sizeof one->worker, "%s", worker);
    one->release_ms = clock_boot_ms() + (death == DEATH_CLEAN ? 0 : LEASE_REQUEST_MS);
    aftermath->cases = one;
}

static enum err aftermath_connect(struct aftermath *aftermath, struct err_info *error)
{
    if (aftermath->pg_is_away)
        return err_set(error, ERR_UNREACHABLE, "PostgreSQL did not answer just now");
    enum err err = pg_ready(aftermath->pg, error);
    aftermath->pg_is_away = err != ERR_OK;
    return err;
}

static bool is_suspect(const struct case_ *one)
{
    return one->death == DEATH_FATAL || one->company == COMPANY_ALONE;
}

static void reap_args(const struct aftermath *aftermath, const struct case_ *one, struct redis_args *args)
{
    const char *prefix = process_config(aftermath->plan)->redis_prefix;
    bool suspect = is_suspect(one);
    name_plain(args, prefix, "workers");
    name_worker(args, prefix, one->worker);
    name_plain(args, prefix, "inbox");
    name_inbox_active(args, prefix, one->worker);
    for (int q = 0; q < QUEUE_COUNT; q++) {
        name_active(args, prefix, q, one->worker);
        if (suspect)
            name_suspects(args, prefix, q);
        else
            name_queue(args, prefix, q);
    }
    redis_arg(args, one->worker);
    redis_arg(args, "0");
    redis_arg(args, suspect ? "suspect" : "");
    redis_arg_int(args, FORGET_MS);
}

/* The job that was alone in a process when a fatal signal ended it. */
static enum err count_crash(struct aftermath *aftermath, const char *text, struct err_info *error)
{
    struct chunk chunk;
    if (chunk_parse(text, strlen(text), &chunk, error) != ERR_OK || chunk.due || chunk.from != chunk.to)
        return ERR_OK;
    enum err err = aftermath_connect(aftermath, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, chunk.operation_id);
    pg_arg_int8(args, chunk.from);
    err = pg_exec(aftermath->pg, &sql_queue_count_crash, args, NULL, error);
    pg_args_drop(args);
    log_warn("job %s/%lld ended its process while it ran alone", chunk.operation_id, (long long)chunk.from);
    return err;
}

/* First before its due chunks go back, so that whoever takes them finds their jobs; again until the stores have taken
 * it. A suspect's retries are told apart by their worker, and wait (common/queue/orphans.c). */
static bool make_due_again(struct aftermath *aftermath, const struct case_ *one)
{
    struct dispatch dispatch = {aftermath->redis, process_config(aftermath->plan)->redis_prefix};
    struct err_info error = {0};
    enum err err = aftermath_connect(aftermath, &error);
    if (err == ERR_OK)
        err = due_again(aftermath->pg, &dispatch, one->worker, DUE_ALL_LOADS, &error);
    if (err != ERR_OK)
        log_info("retries that %s had begun come later: %s", one->worker, error.text);
    return err == ERR_OK;
}

/* Chunks back to where they belong. Reaped once, they are nowhere else: a crash that cannot be counted now is lost,
 * which only means that the job gets another try. */
static enum err reap(struct aftermath *aftermath, struct case_ *one, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redisReply *moved = NULL;
    reap_args(aftermath, one, args);
    enum err err = redis_run_script(aftermath->redis, &lua_reap, 4 + 2 * QUEUE_COUNT, args, &moved, error);
    redis_args_drop(args);
    for (size_t i = 0; i < redis_count(moved); i++) {
        const char *text = redis_text(redis_item(moved, i));
        struct err_info ignored = {0};
        log_info("chunk %s of dead process %s went back", text, one->worker);
        if (one->death == DEATH_FATAL && one->company == COMPANY_ALONE &&
            count_crash(aftermath, text, &ignored) != ERR_OK)
            log_warn("the crash could not be counted: %s", ignored.text);
    }
    if (moved != NULL)
        freeReplyObject(moved);
    return err;
}

static enum err release(struct aftermath *aftermath, const struct case_ *one, struct err_info *error)
{
    enum err err = aftermath_connect(aftermath, error);
    return err == ERR_OK ? lease_release_worker(aftermath->pg, one->worker, error) : err;
}

static void work_on(struct aftermath *aftermath, struct case_ *one)
{
    struct err_info error = {0};
    if (!one->due)
        one->due = is_suspect(one) || make_due_again(aftermath, one);
    if (!one->reaped)
        one->reaped = reap(aftermath, one, &error) == ERR_OK;
    if (!one->released && clock_boot_ms() >= one->release_ms)
        one->released = release(aftermath, one, &error) == ERR_OK;
    if (error.code != ERR_OK)
        log_debug("aftermath of %s waits: %s", one->worker, error.text);
}

int64_t aftermath_work(struct aftermath *aftermath)
{
    int64_t wait_ms = -1;
    aftermath->pg_is_away = false;
    for (struct case_ **place = &aftermath->cases; *place != NULL;) {
        struct case_ *one = *place;
        work_on(aftermath, one);
        if (one->due && one->reaped && one->released) {
            *place = one->next;
            free(one);
            continue;
        }
        int64_t left = one->release_ms - clock_boot_ms();
        int64_t mine = !one->due || !one->reaped || left < AGAIN_MS ? AGAIN_MS : left;
        wait_ms = wait_ms < 0 || mine < wait_ms ? mine : wait_ms;
        place = &one->next;
    }
    if (aftermath->cases == NULL)
        pg_close(aftermath->pg); /* a supervisor at rest holds no connection */
    return wait_ms;
}

bool aftermath_has_suspects(struct aftermath *aftermath)
{
    int64_t found = 0;
    enum err err = ERR_OK;
    for (int q = 0; q < QUEUE_COUNT && err == ERR_OK; q++) {
        struct redis_args *args = redis_args_new();
        struct err_info ignored = {0};
        redisReply *reply = NULL;
        redis_arg(args, "LLEN");
        name_suspects(args, process_config(aftermath->plan)->redis_prefix, q);
        err = redis_run(aftermath->looking, args, &reply, &ignored);
        if (err == ERR_OK)
            found += redis_int(reply);
        if (reply != NULL)
            freeReplyObject(reply);
        redis_args_drop(args);
    }
    return found > 0;
}
