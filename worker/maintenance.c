/*
 * What maintenance does in its rounds, on a service thread.
 *
 * In each round each task has one turn and keeps it short, so that none of them, however much of it there is, holds up
 * the others. A task may be repeated: it finds in the stores what is to be done, and what it does not reach is done by
 * its next turn or by another worker. None may wait for another worker's work, and none may decide anything that
 * PostgreSQL does not confirm.
 */
#include "worker/maintenance.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/definitions/definition_sync.h"
#include "common/definitions/schedule.h"
#include "common/kinds/kinds.h"
#include "common/queue/orphans.h"
#include "common/queue/rebuild.h"
#include "common/queue/sweep.h"
#include "embedded/sql_deliveries.h"
#include "embedded/sql_history.h"
#include "embedded/sql_queue.h"
#include "worker/service.h"

#define REDIS_COMMAND_MS 2000
#define POLICY_EVERY_MS 60000
#define CLOCK_OFF_MS 30000 /* far less than the minutes that apps allow, far more than a sweep can take by itself */
#define DEFINITION_SYNC_TURN_MS 1000 /* how long the sweep may wait for another worker's re-sync of definitions */
#define DEFINITION_SYNC_AGAIN_MS 5000

struct maintenance {
    struct process_state *process;
    struct service *service;
    struct pg *pg, *lock; /* lock: of a rebuild */
    struct redis *redis;
    struct dispatch dispatch;
    struct sweep *sweep;
    struct orphans *orphans;
    struct schedule schedule;
    bool ticks;              /* the tasks of each second are done in this round */
    bool flags_wanted;       /* a thread has seen a cancel flag */
    bool keys_spoilt;        /* there may be keys of a wrong type */
    bool definitions_wanted; /* they are to be read again */
    int64_t definitions_ms;  /* … but not before (clock_mono_ms) */
    int64_t swept_ms;        /* clock_mono_ms; 0 = a sweep is wanted now */
    int64_t policy_ms;       /* when Redis' policy was read (clock_mono_ms); 0 = never */
    bool policy_warned, clock_warned;
};

static enum err repair_keys_if_spoilt(struct maintenance *maintenance, struct err_info *error)
{
    if (!maintenance->keys_spoilt)
        return ERR_OK;
    enum err err = key_repair_run(&maintenance->dispatch, error);
    maintenance->keys_spoilt = err != ERR_OK;
    return err;
}

/* With any other policy Redis may evict a queue. That loses nothing, but the rebuild that follows costs time. */
static enum err watch_redis_policy(struct maintenance *maintenance, struct err_info *error)
{
    if (maintenance->policy_ms != 0 && clock_mono_ms() - maintenance->policy_ms < POLICY_EVERY_MS)
        return ERR_OK;
    maintenance->policy_ms = clock_mono_ms();
    char policy[DISPATCH_POLICY_MAX];
    enum err err = dispatch_policy(&maintenance->dispatch, policy, error);
    if (err != ERR_OK)
        return err == ERR_UNREACHABLE ? err : ERR_OK; /* CONFIG may be forbidden here: doctor says so */
    bool wrong = strcmp(policy, "noeviction") != 0;
    if (wrong && !maintenance->policy_warned)
        log_warn("Redis has maxmemory-policy %s: it may evict queues; set it to noeviction", policy);
    maintenance->policy_warned = wrong;
    return ERR_OK;
}

/* Requests to client apps carry this host's time, and an app refuses one that is minutes off. The heartbeat and
 * the doctor report it. */
static enum err watch_clock(struct maintenance *maintenance, struct err_info *error)
{
    PGresult *row = NULL;
    int64_t before_us = clock_wall_us();
    enum err err = pg_exec(maintenance->pg, &sql_queue_clock, NULL, &row, error);
    int64_t off_us = err == ERR_OK ? (before_us + clock_wall_us()) / 2 - pg_int8(row, 0, 0) : 0;
    PQclear(row);
    int64_t off_ms = (off_us < 0 ? -off_us : off_us) / 1000;
    bool wrong = off_ms > CLOCK_OFF_MS;
    char length[CLOCK_ISO_MAX], text[200];
    snprintf(text, sizeof text,
             "this host's clock is %s %s PostgreSQL's, and client apps refuse requests that are minutes off",
             clock_human_ms(off_ms, length), off_us < 0 ? "behind" : "ahead of");
    if (wrong && !maintenance->clock_warned)
        log_warn("%s", text);
    maintenance->clock_warned = wrong;
    if (wrong)
        health_note_add(&maintenance->process->health, text);
    return err;
}

static enum err task_sweep(struct maintenance *maintenance, struct err_info *error)
{
    if (clock_mono_ms() - maintenance->swept_ms < SWEEP_MS)
        return ERR_OK;
    bool more = false;
    sweep_keep(maintenance->sweep, process_config(maintenance->process)->outcome_retention_ms);
    enum err err = watch_clock(maintenance, error);
    if (err == ERR_OK)
        err = sweep_pass(maintenance->sweep, &more, error);
    if (err == ERR_OK)
        err = pg_exec(maintenance->pg, &sql_history_fold_sums, NULL, NULL, error);
    if (err == ERR_OK)
        err = pg_exec(maintenance->pg, &sql_deliveries_fold_sums, NULL, NULL, error);
    if (err == ERR_OK)
        err = pg_exec(maintenance->pg, &sql_queue_fold_activity, NULL, NULL, error);
    maintenance->swept_ms = more ? 0 : clock_mono_ms();
    return err;
}

static enum err start_scheduled_operations(struct maintenance *maintenance, struct err_info *error)
{
    int started = 0;
    const struct config *config = process_config(maintenance->process);
    if (!config->schedule_enabled)
        return ERR_OK;
    maintenance->schedule.context = config;
    enum err err = schedule_pass(&maintenance->schedule, &started, error);
    if (started > 0)
        maintenance->swept_ms = 0; /* what was accepted wants planning */
    return err;
}

/* Stays wanted until it has succeeded. What hinders it hinders nothing else: another's re-sync that takes long. */
static void sync_definitions(struct maintenance *maintenance)
{
    const struct config *config = process_config(maintenance->process);
    struct definition_sync sync = {.pg = maintenance->pg,
                                   .dispatch = &maintenance->dispatch,
                                   .names = &kinds_names,
                                   .directory = config->definitions_dir,
                                   .roots = config->definitions_roots,
                                   .turn_ms = DEFINITION_SYNC_TURN_MS};
    struct definition_sync_report report;
    struct err_info error = {0};
    if (!maintenance->definitions_wanted || clock_mono_ms() < maintenance->definitions_ms)
        return;
    enum err err = definition_sync(&sync, &report, &error);
    maintenance->definitions_wanted = err != ERR_OK && err != ERR_CONFLICT;
    maintenance->definitions_ms = clock_mono_ms() + (maintenance->definitions_wanted ? DEFINITION_SYNC_AGAIN_MS : 0);
    if (err != ERR_OK)
        log_warn("%s%s", error.text, maintenance->definitions_wanted ? "; it is tried again" : "");
    else
        definition_sync_report_fini(&report);
}

static enum err stores_ready(struct maintenance *maintenance, struct err_info *error)
{
    enum err err = pg_ready(maintenance->pg, error);
    return err == ERR_OK ? redis_ready(maintenance->redis, error) : err;
}

/* What is queued there is another installation's. The process drains, and by its exit code the supervisor follows. */
static void end_refused(struct process_state *process, const struct err_info *error)
{
    if (atomic_exchange(&process->refused, true))
        return;
    log_error("the worker ends: %s", error->text);
    kill(getpid(), SIGTERM);
}

static enum err task_stores(struct maintenance *maintenance, struct err_info *error)
{
    bool rebuilt = false;
    enum err err = stores_ready(maintenance, error);
    if (err == ERR_OK)
        err = repair_keys_if_spoilt(maintenance, error);
    if (err != ERR_OK || !maintenance->ticks)
        return err;
    err = watch_redis_policy(maintenance, error);
    if (err == ERR_OK)
        err = rebuild_if_needed(&maintenance->dispatch, maintenance->pg, maintenance->lock, &rebuilt, error);
    if (err == ERR_CONFLICT)
        end_refused(maintenance->process, error);
    if (rebuilt)
        sweep_walk_soon(maintenance->sweep);
    return err;
}

static enum err task_cancel_flags(struct maintenance *maintenance, struct err_info *error)
{
    if (!maintenance->ticks && !maintenance->flags_wanted)
        return ERR_OK;
    maintenance->flags_wanted = false;
    return sweep_cancel_flags(maintenance->sweep, error);
}

static enum err task_orphans(struct maintenance *maintenance, struct err_info *error)
{
    return maintenance->ticks ? orphans_look(maintenance->orphans, error) : ERR_OK;
}

static enum err task_definitions(struct maintenance *maintenance, struct err_info *error)
{
    (void)error;
    sync_definitions(maintenance);
    return ERR_OK;
}

static enum err task_schedules(struct maintenance *maintenance, struct err_info *error)
{
    return maintenance->ticks ? start_scheduled_operations(maintenance, error) : ERR_OK;
}

/* ---- the round --------------------------------------------------------------------------------------------------- */

static enum err (*const turns[])(struct maintenance *maintenance, struct err_info *error) = {
    task_stores, task_cancel_flags, task_orphans, task_definitions, task_schedules, task_sweep,
};

static enum err run_round(void *context, bool ticks, struct err_info *error)
{
    struct maintenance *maintenance = context;
    enum err err = ERR_OK;
    maintenance->ticks = ticks;
    for (size_t i = 0; i < sizeof turns / sizeof *turns && err == ERR_OK && !process_is_stopping(maintenance->process);
         i++)
        err = turns[i](maintenance, error);
    if (err != ERR_OK) {
        maintenance->keys_spoilt = maintenance->keys_spoilt || key_repair_is_blamed(error->text);
        maintenance->swept_ms = clock_mono_ms(); /* no hurry before the next tick */
    }
    return err;
}

static void want(void *context, int wish)
{
    struct maintenance *maintenance = context;
    if (wish == MAINTENANCE_PLANS)
        maintenance->swept_ms = 0;
    maintenance->flags_wanted = maintenance->flags_wanted || wish == MAINTENANCE_CANCEL_FLAGS;
    maintenance->definitions_wanted = maintenance->definitions_wanted || wish == MAINTENANCE_DEFINITIONS;
    maintenance->keys_spoilt = maintenance->keys_spoilt || wish == MAINTENANCE_KEYS;
}

static bool hurries(const void *context)
{
    const struct maintenance *maintenance = context;
    return maintenance->swept_ms == 0;
}

static const struct service_work work = {.name = "maintenance", .want = want, .hurry = hurries, .round = run_round};

/* ---- life -------------------------------------------------------------------------------------------------------- */

struct maintenance *maintenance_new(struct process_state *process)
{
    const struct config *config = process_config(process);
    struct maintenance *maintenance = mem_zalloc(sizeof *maintenance);
    maintenance->process = process;
    maintenance->pg = pg_new(config->postgres_url, "reprise service", PG_LIMITS_SERVICE);
    maintenance->lock = pg_new(config->postgres_url, "reprise rebuild", PG_LIMITS_HOT);
    maintenance->redis = redis_new(process->redis, REDIS_COMMAND_MS, REDIS_COMMAND_MS);
    maintenance->dispatch = (struct dispatch){maintenance->redis, config->redis_prefix};
    maintenance->orphans = orphans_new(maintenance->pg, &maintenance->dispatch);
    maintenance->schedule = (struct schedule){maintenance->pg, &kinds, setting_args_add, config};
    maintenance->sweep = sweep_new(maintenance->pg, &maintenance->dispatch, &kinds, config->outcome_retention_ms);
    maintenance->service = service_new(process, &work, maintenance);
    return maintenance;
}

void maintenance_start(struct maintenance *maintenance, struct mailbox *loop)
{
    service_start(maintenance->service, loop);
}

void maintenance_ask(struct maintenance *maintenance, enum maintenance_wish wish)
{
    service_ask(maintenance->service, (int)wish);
}

void maintenance_stop(struct maintenance *maintenance)
{
    service_stop(maintenance->service);
}

void maintenance_drop(struct maintenance *maintenance)
{
    if (maintenance == NULL)
        return;
    service_drop(maintenance->service);
    sweep_drop(maintenance->sweep);
    orphans_drop(maintenance->orphans);
    redis_drop(maintenance->redis);
    pg_drop(maintenance->lock);
    pg_drop(maintenance->pg);
    free(maintenance);
}
