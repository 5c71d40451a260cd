/*
 * Recovers what dead processes of this worker held. Called by supervisor.c on its only thread: crash_recovery_add when
 * a child died, crash_recovery_work in each of its rounds.
 *
 * The order matters: retries become due before the due chunks go back, chunks go back at once, leases are released only
 * when the last request of the dead process to the outside is over. It must never wait long for a store, since the
 * supervisor has processes to restart; and it must not touch what a living process holds, which is why every step names
 * the dead worker's id, new at each start.
 */
#include "worker/crash_recovery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/queue/chunk.h"
#include "common/queue/lease.h"
#include "common/queue/orphans.h"
#include "embedded/lua.h"
#include "worker/quarantine.h"

#define STORE_MS 1000
#define SUSPECTS_MS 250 /* a look for suspects, which comes again soon, holds the supervisor up for no longer */
/* The supervisor waits for no lock and no server: a few seconds in all, then it looks after its processes again. */
#define PG_LIMITS_SUPERVISOR ((struct pg_limits){2000, 2000, 1500, 5000, 3000, true, 0})
#define AGAIN_MS 500
#define FORGET_MS (24 * 60 * 60 * 1000)

/* What is still to be done about one death. */
struct dead_process {
    struct dead_process *next;
    char worker[ID_MAX];
    enum death death;
    enum death_place place;
    int64_t release_ms;            /* clock_boot_ms: its last request to the outside is over by then */
    bool reclaimed, released, due; /* due: its retries are due again */
};

struct crash_recovery {
    const struct process_state *plan;
    struct redis *redis, *looking;
    struct pg *pg;
    bool pg_is_away; /* it did not answer in this round: it is not asked again before the next */
    struct dead_process *dead;
};

struct crash_recovery *crash_recovery_new(const struct process_state *plan)
{
    struct crash_recovery *recovery = mem_zalloc(sizeof *recovery);
    recovery->plan = plan;
    recovery->redis = redis_new(plan->redis, STORE_MS, STORE_MS);
    recovery->looking = redis_new(plan->redis, SUSPECTS_MS, SUSPECTS_MS);
    recovery->pg = pg_new(process_config(plan)->postgres_url, "reprise supervisor", PG_LIMITS_SUPERVISOR);
    return recovery;
}

void crash_recovery_drop(struct crash_recovery *recovery)
{
    if (recovery == NULL)
        return;
    while (recovery->dead != NULL) {
        struct dead_process *next = recovery->dead->next;
        free(recovery->dead);
        recovery->dead = next;
    }
    redis_drop(recovery->redis);
    redis_drop(recovery->looking);
    pg_drop(recovery->pg);
    free(recovery);
}

void crash_recovery_add(struct crash_recovery *recovery, const char *worker, enum death death, enum death_place place)
{
    struct dead_process *one = mem_zalloc(sizeof *one);
    *one = (struct dead_process){.next = recovery->dead, .death = death, .place = place};
    snprintf(one->worker, sizeof one->worker, "%s", worker);
    one->release_ms = clock_boot_ms() + (death == DEATH_CLEAN ? 0 : LEASE_REQUEST_MS);
    recovery->dead = one;
}

static enum err recovery_connect(struct crash_recovery *recovery, struct err_info *error)
{
    if (recovery->pg_is_away)
        return err_set(error, ERR_UNREACHABLE, "PostgreSQL did not answer just now");
    enum err err = pg_ready(recovery->pg, error);
    recovery->pg_is_away = err != ERR_OK;
    return err;
}

static bool is_suspect(const struct dead_process *one)
{
    return one->death == DEATH_FATAL || one->place == DEATH_IN_QUARANTINE;
}

static void reclaim_args(const struct crash_recovery *recovery, const struct dead_process *one, struct redis_args *args)
{
    const char *prefix = process_config(recovery->plan)->redis_prefix;
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
    redis_arg(args, suspect ? "suspect" : one->death == DEATH_CLEAN ? "ended" : "");
    redis_arg_int(args, FORGET_MS);
}

/* Of the job that was alone in a process when a fatal signal ended it. */
static void count_crash(struct crash_recovery *recovery, const char *text)
{
    struct err_info error = {0};
    enum err err = recovery_connect(recovery, &error);
    if (err == ERR_OK)
        err = quarantine_count_crash(recovery->pg, text, &error);
    if (err != ERR_OK)
        log_warn("the crash could not be counted: %s", error.text);
}

/* Before its due chunks go back, so that the worker that takes them finds their jobs. A suspect's retries are told
 * apart by their worker, and wait (common/queue/orphans.c). */
static bool make_due_again(struct crash_recovery *recovery, const struct dead_process *one)
{
    struct dispatch dispatch = {recovery->redis, process_config(recovery->plan)->redis_prefix};
    struct err_info error = {0};
    enum err err = recovery_connect(recovery, &error);
    if (err == ERR_OK)
        err = due_again(recovery->pg, &dispatch, one->worker, DUE_ALL_LOADS, &error);
    if (err != ERR_OK)
        log_info("retries that %s had begun come later: %s", one->worker, error.text);
    return err == ERR_OK;
}

/* Chunks back to where they belong. Once moved they are nowhere else: a crash that cannot be counted now is lost,
 * which only means that the job gets another try. */
static enum err reclaim_chunks(struct crash_recovery *recovery, struct dead_process *one, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redisReply *moved = NULL;
    reclaim_args(recovery, one, args);
    enum err err = redis_run_script(recovery->redis, &lua_reap, 4 + 2 * QUEUE_COUNT, args, &moved, error);
    redis_args_drop(args);
    for (size_t i = 0; i < redis_count(moved); i++) {
        const char *text = redis_text(redis_item(moved, i));
        log_info("chunk %s of dead process %s went back", text, one->worker);
        if (one->death == DEATH_FATAL && one->place == DEATH_IN_QUARANTINE)
            count_crash(recovery, text);
    }
    if (moved != NULL)
        freeReplyObject(moved);
    return err;
}

static enum err release_leases(struct crash_recovery *recovery, const struct dead_process *one, struct err_info *error)
{
    enum err err = recovery_connect(recovery, error);
    return err == ERR_OK ? lease_release_worker(recovery->pg, one->worker, error) : err;
}

static void recover(struct crash_recovery *recovery, struct dead_process *one)
{
    struct err_info error = {0};
    if (!one->due)
        one->due = is_suspect(one) || make_due_again(recovery, one);
    if (!one->reclaimed)
        one->reclaimed = reclaim_chunks(recovery, one, &error) == ERR_OK;
    if (!one->released && clock_boot_ms() >= one->release_ms)
        one->released = release_leases(recovery, one, &error) == ERR_OK;
    if (error.code != ERR_OK)
        log_debug("recovery from the death of %s waits: %s", one->worker, error.text);
}

int64_t crash_recovery_work(struct crash_recovery *recovery)
{
    int64_t wait_ms = -1;
    recovery->pg_is_away = false;
    for (struct dead_process **at = &recovery->dead; *at != NULL;) {
        struct dead_process *one = *at;
        recover(recovery, one);
        if (one->due && one->reclaimed && one->released) {
            *at = one->next;
            free(one);
            continue;
        }
        int64_t left = one->release_ms - clock_boot_ms();
        int64_t mine = !one->due || !one->reclaimed || left < AGAIN_MS ? AGAIN_MS : left;
        wait_ms = wait_ms < 0 || mine < wait_ms ? mine : wait_ms;
        at = &one->next;
    }
    if (recovery->dead == NULL)
        pg_close(recovery->pg); /* a supervisor at rest holds no connection */
    return wait_ms;
}

bool crash_recovery_has_suspects(struct crash_recovery *recovery)
{
    return quarantine_is_needed(recovery->looking, process_config(recovery->plan)->redis_prefix);
}
