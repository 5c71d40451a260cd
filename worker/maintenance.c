#include "worker/maintenance.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/definitions/definition_sync.h"
#include "common/definitions/inbox.h"
#include "common/definitions/schedule.h"
#include "common/kinds/kinds.h"
#include "common/kinds/setting_args.h"
#include "common/loop/mailbox.h"
#include "common/queue/key_repair.h"
#include "common/queue/orphans.h"
#include "common/queue/rebuild.h"
#include "common/queue/sweep.h"
#include "embedded/sql_deliveries.h"
#include "embedded/sql_history.h"
#include "embedded/sql_queue.h"
#include "worker/message.h"

#define TICK_MS 1000
#define INBOX_LOOK_MS 25  /* how long a request may lie in an idle worker's inbox */
#define INBOX_TURN_MS 200 /* at a stretch, before others get their turn */
#define REDIS_COMMAND_MS 2000
#define POLICY_EVERY_MS 60000
#define CLOCK_OFF_MS 30000 /* far less than the minutes that apps allow, far more than a sweep can take by itself */
#define DEFINITION_SYNC_TURN_MS 1000 /* how long the sweep may wait for another's re-sync */
#define DEFINITION_SYNC_AGAIN_MS 5000

enum errand_kind { ERRAND_CANCEL, ERRAND_PUSH_ON, ERRAND_RESYNC, ERRAND_MEND_KEYS, ERRAND_STOP };

struct errand {
    enum errand_kind kind;
};

struct service {
    struct process *process;
    pthread_t thread;
    struct mailbox *errands;
    struct mailbox *tell; /* of the end; set before ERRAND_STOP is sent */
    struct pg *pg, *lock;
    struct redis *redis;
    struct dispatch dispatch;
    struct inbox inbox;
    struct sweep *sweep;
    struct orphans *orphans;
    struct schedule schedule;
    bool inbox_more;   /* requests are known to wait, perhaps in our list since before the inbox was closed */
    int64_t tick_ms;   /* when the work of each second is due next */
    bool ticks;        /* … and it is done in this round */
    bool flags_wanted; /* somebody has seen a cancel flag */
    bool resync_wanted;
    int64_t resync_ms; /* not before */
    int64_t swept_ms, policy_ms;
    bool policy_warned, clock_warned;
    bool in_trouble;
    bool keys_spoilt; /* there may be keys of a wrong type: the next round looks */
};

static void send_errand(struct service *service, enum errand_kind kind)
{
    struct errand *errand = mem_zalloc(sizeof *errand);
    errand->kind = kind;
    mailbox_put(service->errands, errand);
}

/* A trouble is told once when it begins and once when it is over. */
static void note(struct service *service, enum err err, const struct err_info *error)
{
    if (err != ERR_OK && !service->in_trouble)
        log_warn("service work waits: %s", error->text);
    else if (err == ERR_OK && service->in_trouble)
        log_info("service work goes on");
    service->in_trouble = err != ERR_OK;
    service->keys_spoilt = service->keys_spoilt || (err != ERR_OK && key_repair_is_blamed(error->text));
    if (err != ERR_OK)
        trouble_note(&service->process->trouble, error->text);
}

static enum err mend_keys_if_spoilt(struct service *service, struct err_info *error)
{
    if (!service->keys_spoilt)
        return ERR_OK;
    enum err err = key_repair_run(&service->dispatch, error);
    service->keys_spoilt = err != ERR_OK;
    return err;
}

static bool is_stopping(const struct service *service)
{
    return atomic_load(&service->process->stopping);
}

static const char *allowed_definitions(const void *process)
{
    return process_config(process)->inbox_definitions;
}

static enum err take_in(struct service *service, struct err_info *error)
{
    const struct config *config = process_config(service->process);
    struct inbox_turn turn;
    service->inbox.closed = !config->inbox_enabled;
    if (service->inbox.closed && !service->inbox_more)
        return ERR_OK;
    service->inbox.max_bytes = config->inbox_max_bytes;
    enum err err = inbox_take_turn(&service->inbox, INBOX_TURN_MS, &turn, error);
    service->inbox_more = turn.more;
    if (turn.unstarted > 0)
        service->swept_ms = 0;
    return err;
}

/* With any other policy Redis may evict a queue. That loses nothing, but the rebuild that follows costs time. */
static enum err watch_policy(struct service *service, struct err_info *error)
{
    if (service->policy_ms != 0 && clock_mono_ms() - service->policy_ms < POLICY_EVERY_MS)
        return ERR_OK;
    service->policy_ms = clock_mono_ms();
    char policy[DISPATCH_POLICY_MAX];
    enum err err = dispatch_policy(&service->dispatch, policy, error);
    if (err != ERR_OK)
        return err == ERR_UNREACHABLE ? err : ERR_OK; /* CONFIG may be forbidden here: doctor says so */
    bool wrong = strcmp(policy, "noeviction") != 0;
    if (wrong && !service->policy_warned)
        log_warn("Redis has maxmemory-policy %s: it may evict queues; set it to noeviction", policy);
    service->policy_warned = wrong;
    return ERR_OK;
}

/* Requests to client apps carry this host's time, and an app refuses one that is minutes off. The heartbeat tells it,
 * and doctor. */
static enum err watch_clock(struct service *service, struct err_info *error)
{
    PGresult *row = NULL;
    int64_t before_us = clock_wall_us();
    enum err err = pg_exec(service->pg, &sql_queue_clock, NULL, &row, error);
    int64_t off_us = err == ERR_OK ? (before_us + clock_wall_us()) / 2 - pg_int8(row, 0, 0) : 0;
    PQclear(row);
    int64_t off_ms = (off_us < 0 ? -off_us : off_us) / 1000;
    bool wrong = off_ms > CLOCK_OFF_MS;
    char length[CLOCK_ISO_MAX], text[200];
    snprintf(text, sizeof text,
             "this host's clock is %s %s PostgreSQL's, and client apps refuse requests that are minutes off",
             clock_human_ms(off_ms, length), off_us < 0 ? "behind" : "ahead of");
    if (wrong && !service->clock_warned)
        log_warn("%s", text);
    service->clock_warned = wrong;
    if (wrong)
        trouble_note(&service->process->trouble, text);
    return err;
}

static enum err sweep_if_due(struct service *service, struct err_info *error)
{
    if (clock_mono_ms() - service->swept_ms < SWEEP_MS)
        return ERR_OK;
    bool more = false;
    sweep_keep(service->sweep, process_config(service->process)->outcome_retention_ms);
    enum err err = watch_clock(service, error);
    if (err == ERR_OK)
        err = sweep_pass(service->sweep, &more, error);
    if (err == ERR_OK)
        err = pg_exec(service->pg, &sql_history_fold_sums, NULL, NULL, error);
    if (err == ERR_OK)
        err = pg_exec(service->pg, &sql_deliveries_fold_sums, NULL, NULL, error);
    if (err == ERR_OK)
        err = pg_exec(service->pg, &sql_queue_fold_activity, NULL, NULL, error);
    service->swept_ms = more ? 0 : clock_mono_ms();
    return err;
}

static enum err start_scheduled(struct service *service, struct err_info *error)
{
    int started = 0;
    const struct config *config = process_config(service->process);
    if (!config->schedule_enabled)
        return ERR_OK;
    service->schedule.context = config;
    enum err err = schedule_pass(&service->schedule, &started, error);
    if (started > 0)
        service->swept_ms = 0; /* what was accepted wants planning */
    return err;
}

/* Stays wanted until it has succeeded. What hinders it hinders nothing else: another's re-sync that takes long. */
static void resync_if_wanted(struct service *service)
{
    const struct config *config = process_config(service->process);
    struct definition_sync resync = {service->pg,
                                     &service->dispatch,
                                     &kinds_names,
                                     config->definitions_dir,
                                     config->definitions_roots,
                                     DEFINITION_SYNC_TURN_MS};
    struct definition_sync_report report;
    struct err_info error = {0};
    if (!service->resync_wanted || clock_mono_ms() < service->resync_ms)
        return;
    service->resync_wanted = definition_sync(&resync, &report, &error) != ERR_OK;
    service->resync_ms = clock_mono_ms() + (service->resync_wanted ? DEFINITION_SYNC_AGAIN_MS : 0);
    if (service->resync_wanted)
        log_warn("%s; it is tried again", error.text);
    else
        definition_sync_report_fini(&report);
}

static enum err stores_ready(struct service *service, struct err_info *error)
{
    enum err err = pg_ready(service->pg, error);
    return err == ERR_OK ? redis_ready(service->redis, error) : err;
}

static enum err look_at_stores(struct service *service, struct err_info *error)
{
    bool rebuilt = false;
    enum err err = stores_ready(service, error);
    if (err == ERR_OK)
        err = mend_keys_if_spoilt(service, error);
    if (err != ERR_OK || !service->ticks)
        return err;
    err = watch_policy(service, error);
    if (err == ERR_OK)
        err = rebuild_if_needed(&service->dispatch, service->pg, service->lock, &rebuilt, error);
    if (rebuilt)
        sweep_walk_soon(service->sweep);
    return err;
}

static enum err heed_cancel_flags(struct service *service, struct err_info *error)
{
    if (!service->ticks && !service->flags_wanted)
        return ERR_OK;
    service->flags_wanted = false;
    return sweep_cancel_flags(service->sweep, error);
}

static enum err look_for_orphans(struct service *service, struct err_info *error)
{
    return service->ticks ? orphans_look(service->orphans, error) : ERR_OK;
}

static enum err resync_in_turn(struct service *service, struct err_info *error)
{
    (void)error;
    resync_if_wanted(service);
    return ERR_OK;
}

static enum err schedule_in_turn(struct service *service, struct err_info *error)
{
    return service->ticks ? start_scheduled(service, error) : ERR_OK;
}

/* Each has its turn in every round, and keeps it short, so that none of them, however much of it there is, holds up the
 * others. */
static enum err (*const turns[])(struct service *service, struct err_info *error) = {
    look_at_stores, heed_cancel_flags, take_in, look_for_orphans, resync_in_turn, schedule_in_turn, sweep_if_due,
};

/* A drain does not wait for the rest of a round: other workers do it. */
static enum err round_of_work(struct service *service, struct err_info *error)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < sizeof turns / sizeof *turns && err == ERR_OK && !is_stopping(service); i++)
        err = turns[i](service, error);
    return err;
}

/* Only notes what is wanted; the next round, which comes at once, does it. Takes it; false: stop. */
static bool heed_errand(struct service *service, struct errand *errand)
{
    enum errand_kind kind = errand->kind;
    if (kind == ERRAND_PUSH_ON && !service->in_trouble)
        service->swept_ms = 0;
    service->flags_wanted = service->flags_wanted || kind == ERRAND_CANCEL;
    service->resync_wanted = service->resync_wanted || kind == ERRAND_RESYNC;
    service->keys_spoilt = service->keys_spoilt || kind == ERRAND_MEND_KEYS;
    free(errand);
    return kind != ERRAND_STOP;
}

/* In trouble all of it waits for the tick. */
static int64_t wait_ms(const struct service *service)
{
    int64_t until_tick = service->tick_ms - clock_mono_ms();
    bool open = process_config(service->process)->inbox_enabled;
    int64_t wait = service->in_trouble                             ? until_tick
                   : service->inbox_more || service->swept_ms == 0 ? 0
                   : open && until_tick > INBOX_LOOK_MS            ? INBOX_LOOK_MS
                                                                   : until_tick;
    return wait < 0 ? 0 : wait;
}

/* Hears all that has been sent; false: stop. */
static bool hear_errands(struct service *service)
{
    struct errand *errand = mailbox_take(service->errands, wait_ms(service));
    while (errand != NULL) {
        if (!heed_errand(service, errand))
            return false;
        errand = mailbox_take(service->errands, 0);
    }
    return true;
}

static void *service_end(struct service *service)
{
    mailbox_put(service->tell, work_new(WORK_SERVICE_ENDED, NULL, NULL));
    return NULL;
}

static void *service_main(void *context)
{
    struct service *service = context;
    while (hear_errands(service)) {
        struct err_info error = {0};
        service->ticks = clock_mono_ms() >= service->tick_ms;
        if (service->in_trouble && !service->ticks)
            continue;
        if (service->ticks)
            service->tick_ms = clock_mono_ms() + TICK_MS;
        enum err err = round_of_work(service, &error);
        note(service, err, &error);
        if (err != ERR_OK)
            service->swept_ms = clock_mono_ms(); /* no hurry before the next tick */
    }
    return service_end(service);
}

struct service *service_new(struct process *process)
{
    const struct config *config = process_config(process);
    struct service *service = mem_zalloc(sizeof *service);
    service->process = process;
    service->errands = mailbox_new(NULL, NULL);
    service->pg = pg_new(config->postgres_url, "reprise service", PG_LIMITS_SERVICE);
    service->lock = pg_new(config->postgres_url, "reprise rebuild", PG_LIMITS_HOT);
    service->redis = redis_new(process->redis, REDIS_COMMAND_MS, REDIS_COMMAND_MS);
    service->dispatch = (struct dispatch){service->redis, config->redis_prefix};
    service->inbox = (struct inbox){.dispatch = &service->dispatch,
                                    .pg = service->pg,
                                    .kinds = &kinds,
                                    .allowed = allowed_definitions,
                                    .context = process,
                                    .worker = process->worker};
    service->orphans = orphans_new(service->pg, &service->dispatch);
    service->schedule = (struct schedule){service->pg, &kinds, setting_args_add, config};
    service->sweep = sweep_new(service->pg, &service->dispatch, &kinds, config->outcome_retention_ms);
    int failed = pthread_create(&service->thread, NULL, service_main, service);
    if (failed != 0) {
        log_error("cannot start the service thread: %s", strerror(failed));
        abort();
    }
    return service;
}

void service_cancel_flags(struct service *service)
{
    send_errand(service, ERRAND_CANCEL);
}

void service_push_on(struct service *service)
{
    send_errand(service, ERRAND_PUSH_ON);
}

void service_mend_keys(struct service *service)
{
    send_errand(service, ERRAND_MEND_KEYS);
}

void service_resync(struct service *service)
{
    send_errand(service, ERRAND_RESYNC);
}

void service_stop(struct service *service, struct mailbox *tell)
{
    service->tell = tell;
    send_errand(service, ERRAND_STOP);
}

void service_drop(struct service *service)
{
    if (service == NULL)
        return;
    pthread_join(service->thread, NULL);
    for (struct errand *errand; (errand = mailbox_take(service->errands, 0)) != NULL;)
        free(errand);
    mailbox_drop(service->errands);
    sweep_drop(service->sweep);
    orphans_drop(service->orphans);
    redis_drop(service->redis);
    pg_drop(service->lock);
    pg_drop(service->pg);
    free(service);
}
