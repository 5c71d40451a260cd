/*
 * What the maintenance thread does in its rounds. Called by maintenance.c alone, on its thread.
 *
 * Each task is short and may be repeated: it finds in the stores what is to be done, and what it does not reach is done
 * by its next turn or by another worker. None may wait for another worker's work, and none may decide anything that
 * PostgreSQL does not confirm.
 */
#include "worker/maintenance_tasks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/definitions/definition_sync.h"
#include "common/definitions/inbox.h"
#include "common/definitions/schedule.h"
#include "common/kinds/kinds.h"
#include "common/queue/orphans.h"
#include "common/queue/rebuild.h"
#include "common/queue/sweep.h"
#include "common/queue/sweep_walk.h"
#include "embedded/sql_deliveries.h"
#include "embedded/sql_history.h"
#include "embedded/sql_queue.h"

#define INBOX_TURN_MS 200 /* at a stretch, before others get their turn */
#define REDIS_COMMAND_MS 2000
#define POLICY_EVERY_MS 60000
#define CLOCK_OFF_MS 30000 /* far less than the minutes that apps allow, far more than a sweep can take by itself */
#define DEFINITION_SYNC_TURN_MS 1000 /* how long the sweep may wait for another worker's re-sync of definitions */
#define DEFINITION_SYNC_AGAIN_MS 5000

struct maintenance_tasks {
    struct process_state *process;
    struct pg *pg, *lock; /* lock: of a rebuild */
    struct redis *redis;
    struct dispatch dispatch;
    struct inbox inbox;
    struct sweep *sweep;
    struct orphans *orphans;
    struct schedule schedule;
    bool ticks;              /* the tasks of each second are done in this round */
    bool inbox_empty;        /* it was looked at and found empty, and no wish has said otherwise since */
    bool inbox_more;         /* requests are known to wait, perhaps in our list since before the inbox was closed */
    bool flags_wanted;       /* a thread has seen a cancel flag */
    bool keys_spoilt;        /* there may be keys of a wrong type */
    bool definitions_wanted; /* they are to be read again */
    int64_t definitions_ms;  /* … but not before (clock_mono_ms) */
    int64_t swept_ms;        /* clock_mono_ms; 0 = a sweep is wanted now */
    int64_t policy_ms;       /* when Redis' policy was read (clock_mono_ms); 0 = never */
    bool policy_warned, clock_warned;
};

static enum err repair_keys_if_spoilt(struct maintenance_tasks *tasks, struct err_info *error)
{
    if (!tasks->keys_spoilt)
        return ERR_OK;
    enum err err = key_repair_run(&tasks->dispatch, error);
    tasks->keys_spoilt = err != ERR_OK;
    return err;
}

static const char *allowed_definitions(const void *process)
{
    return process_config(process)->inbox_definitions;
}

static enum err task_inbox(struct maintenance_tasks *tasks, struct err_info *error)
{
    const struct config *config = process_config(tasks->process);
    struct inbox_turn turn;
    tasks->inbox.closed = !config->inbox_enabled;
    if (tasks->inbox.closed && !tasks->inbox_more)
        return ERR_OK;
    tasks->inbox.max_bytes = config->inbox_max_bytes;
    if (tasks->inbox_empty && !tasks->inbox_more && !tasks->ticks)
        return ERR_OK;
    enum err err = inbox_take_turn(&tasks->inbox, INBOX_TURN_MS, &turn, error);
    tasks->inbox_more = turn.more;
    tasks->inbox_empty = err == ERR_OK && !turn.more;
    if (turn.unstarted > 0)
        tasks->swept_ms = 0;
    return err;
}

/* With any other policy Redis may evict a queue. That loses nothing, but the rebuild that follows costs time. */
static enum err watch_redis_policy(struct maintenance_tasks *tasks, struct err_info *error)
{
    if (tasks->policy_ms != 0 && clock_mono_ms() - tasks->policy_ms < POLICY_EVERY_MS)
        return ERR_OK;
    tasks->policy_ms = clock_mono_ms();
    char policy[DISPATCH_POLICY_MAX];
    enum err err = dispatch_policy(&tasks->dispatch, policy, error);
    if (err != ERR_OK)
        return err == ERR_UNREACHABLE ? err : ERR_OK; /* CONFIG may be forbidden here: doctor says so */
    bool wrong = strcmp(policy, "noeviction") != 0;
    if (wrong && !tasks->policy_warned)
        log_warn("Redis has maxmemory-policy %s: it may evict queues; set it to noeviction", policy);
    tasks->policy_warned = wrong;
    return ERR_OK;
}

/* Requests to client apps carry this host's time, and an app refuses one that is minutes off. The heartbeat and
 * the doctor report it. */
static enum err watch_clock(struct maintenance_tasks *tasks, struct err_info *error)
{
    PGresult *row = NULL;
    int64_t before_us = clock_wall_us();
    enum err err = pg_exec(tasks->pg, &sql_queue_clock, NULL, &row, error);
    int64_t off_us = err == ERR_OK ? (before_us + clock_wall_us()) / 2 - pg_int8(row, 0, 0) : 0;
    PQclear(row);
    int64_t off_ms = (off_us < 0 ? -off_us : off_us) / 1000;
    bool wrong = off_ms > CLOCK_OFF_MS;
    char length[CLOCK_ISO_MAX], text[200];
    snprintf(text, sizeof text,
             "this host's clock is %s %s PostgreSQL's, and client apps refuse requests that are minutes off",
             clock_human_ms(off_ms, length), off_us < 0 ? "behind" : "ahead of");
    if (wrong && !tasks->clock_warned)
        log_warn("%s", text);
    tasks->clock_warned = wrong;
    if (wrong)
        health_note_add(&tasks->process->health, text);
    return err;
}

static enum err task_sweep(struct maintenance_tasks *tasks, struct err_info *error)
{
    if (clock_mono_ms() - tasks->swept_ms < SWEEP_MS)
        return ERR_OK;
    bool more = false;
    sweep_keep(tasks->sweep, process_config(tasks->process)->outcome_retention_ms);
    enum err err = watch_clock(tasks, error);
    if (err == ERR_OK)
        err = sweep_pass(tasks->sweep, &more, error);
    if (err == ERR_OK)
        err = pg_exec(tasks->pg, &sql_history_fold_sums, NULL, NULL, error);
    if (err == ERR_OK)
        err = pg_exec(tasks->pg, &sql_deliveries_fold_sums, NULL, NULL, error);
    if (err == ERR_OK)
        err = pg_exec(tasks->pg, &sql_queue_fold_activity, NULL, NULL, error);
    tasks->swept_ms = more ? 0 : clock_mono_ms();
    return err;
}

static enum err start_scheduled_operations(struct maintenance_tasks *tasks, struct err_info *error)
{
    int started = 0;
    const struct config *config = process_config(tasks->process);
    if (!config->schedule_enabled)
        return ERR_OK;
    tasks->schedule.context = config;
    enum err err = schedule_pass(&tasks->schedule, &started, error);
    if (started > 0)
        tasks->swept_ms = 0; /* what was accepted wants planning */
    return err;
}

/* Stays wanted until it has succeeded. What hinders it hinders nothing else: another's re-sync that takes long. */
static void sync_definitions(struct maintenance_tasks *tasks)
{
    const struct config *config = process_config(tasks->process);
    struct definition_sync sync = {tasks->pg,
                                   &tasks->dispatch,
                                   &kinds_names,
                                   config->definitions_dir,
                                   config->definitions_roots,
                                   DEFINITION_SYNC_TURN_MS};
    struct definition_sync_report report;
    struct err_info error = {0};
    if (!tasks->definitions_wanted || clock_mono_ms() < tasks->definitions_ms)
        return;
    tasks->definitions_wanted = definition_sync(&sync, &report, &error) != ERR_OK;
    tasks->definitions_ms = clock_mono_ms() + (tasks->definitions_wanted ? DEFINITION_SYNC_AGAIN_MS : 0);
    if (tasks->definitions_wanted)
        log_warn("%s; it is tried again", error.text);
    else
        definition_sync_report_fini(&report);
}

static enum err stores_ready(struct maintenance_tasks *tasks, struct err_info *error)
{
    enum err err = pg_ready(tasks->pg, error);
    return err == ERR_OK ? redis_ready(tasks->redis, error) : err;
}

static enum err task_stores(struct maintenance_tasks *tasks, struct err_info *error)
{
    bool rebuilt = false;
    enum err err = stores_ready(tasks, error);
    if (err == ERR_OK)
        err = repair_keys_if_spoilt(tasks, error);
    if (err != ERR_OK || !tasks->ticks)
        return err;
    err = watch_redis_policy(tasks, error);
    if (err == ERR_OK)
        err = rebuild_if_needed(&tasks->dispatch, tasks->pg, tasks->lock, &rebuilt, error);
    if (rebuilt)
        sweep_walk_soon(tasks->sweep);
    return err;
}

static enum err task_cancel_flags(struct maintenance_tasks *tasks, struct err_info *error)
{
    if (!tasks->ticks && !tasks->flags_wanted)
        return ERR_OK;
    tasks->flags_wanted = false;
    return sweep_cancel_flags(tasks->sweep, error);
}

static enum err task_orphans(struct maintenance_tasks *tasks, struct err_info *error)
{
    return tasks->ticks ? orphans_look(tasks->orphans, error) : ERR_OK;
}

static enum err task_definitions(struct maintenance_tasks *tasks, struct err_info *error)
{
    (void)error;
    sync_definitions(tasks);
    return ERR_OK;
}

static enum err task_schedules(struct maintenance_tasks *tasks, struct err_info *error)
{
    return tasks->ticks ? start_scheduled_operations(tasks, error) : ERR_OK;
}

/* ---- the round --------------------------------------------------------------------------------------------------- */

static enum err (*const turns[])(struct maintenance_tasks *tasks, struct err_info *error) = {
    task_stores, task_cancel_flags, task_inbox, task_orphans, task_definitions, task_schedules, task_sweep,
};

enum err maintenance_tasks_round(struct maintenance_tasks *tasks, bool ticks, struct err_info *error)
{
    enum err err = ERR_OK;
    tasks->ticks = ticks;
    for (size_t i = 0; i < sizeof turns / sizeof *turns && err == ERR_OK && !process_is_stopping(tasks->process); i++)
        err = turns[i](tasks, error);
    if (err != ERR_OK) {
        tasks->keys_spoilt = tasks->keys_spoilt || key_repair_is_blamed(error->text);
        tasks->swept_ms = clock_mono_ms(); /* no hurry before the next tick */
    }
    return err;
}

void maintenance_tasks_want(struct maintenance_tasks *tasks, enum maintenance_wish wish)
{
    if (wish == MAINTENANCE_PLANS)
        tasks->swept_ms = 0;
    if (wish == MAINTENANCE_INBOX)
        tasks->inbox_empty = false;
    tasks->flags_wanted = tasks->flags_wanted || wish == MAINTENANCE_CANCEL_FLAGS;
    tasks->definitions_wanted = tasks->definitions_wanted || wish == MAINTENANCE_DEFINITIONS;
    tasks->keys_spoilt = tasks->keys_spoilt || wish == MAINTENANCE_KEYS;
}

bool maintenance_tasks_inbox_is_empty(const struct maintenance_tasks *tasks)
{
    return tasks->inbox_empty && process_config(tasks->process)->inbox_enabled;
}

bool maintenance_tasks_hurry(const struct maintenance_tasks *tasks)
{
    return tasks->inbox_more || tasks->swept_ms == 0;
}

struct maintenance_tasks *maintenance_tasks_new(struct process_state *process)
{
    const struct config *config = process_config(process);
    struct maintenance_tasks *tasks = mem_zalloc(sizeof *tasks);
    tasks->process = process;
    tasks->pg = pg_new(config->postgres_url, "reprise service", PG_LIMITS_SERVICE);
    tasks->lock = pg_new(config->postgres_url, "reprise rebuild", PG_LIMITS_HOT);
    tasks->redis = redis_new(process->redis, REDIS_COMMAND_MS, REDIS_COMMAND_MS);
    tasks->dispatch = (struct dispatch){tasks->redis, config->redis_prefix};
    tasks->inbox = (struct inbox){.dispatch = &tasks->dispatch,
                                  .pg = tasks->pg,
                                  .kinds = &kinds,
                                  .allowed = allowed_definitions,
                                  .context = process,
                                  .worker = process->worker};
    tasks->orphans = orphans_new(tasks->pg, &tasks->dispatch);
    tasks->schedule = (struct schedule){tasks->pg, &kinds, setting_args_add, config};
    tasks->sweep = sweep_new(tasks->pg, &tasks->dispatch, &kinds, config->outcome_retention_ms);
    return tasks;
}

void maintenance_tasks_drop(struct maintenance_tasks *tasks)
{
    sweep_drop(tasks->sweep);
    orphans_drop(tasks->orphans);
    redis_drop(tasks->redis);
    pg_drop(tasks->lock);
    pg_drop(tasks->pg);
    free(tasks);
}
