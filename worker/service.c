#include "worker/service.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/kinds/kinds.h"
#include "common/kinds/setting_args.h"
#include "common/loop/mailbox.h"
#include "common/queue/inbox.h"
#include "common/queue/key_types.h"
#include "common/queue/orphans.h"
#include "common/queue/rebuild.h"
#include "common/queue/resync.h"
#include "common/queue/schedule.h"
#include "common/queue/sweep.h"
#include "embedded/sql.h"
#include "worker/work.h"

#define TICK_MS 1000
#define REDIS_COMMAND_MS 2000
#define POLICY_EVERY_MS 60000
#define RESYNC_TURN_MS 1000 /* how long the sweep may wait for another's re-sync */
#define RESYNC_AGAIN_MS 5000

enum errand_kind { ERRAND_INBOX, ERRAND_CANCEL, ERRAND_PUSH_ON, ERRAND_RESYNC, ERRAND_MEND_KEYS, ERRAND_STOP };

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
    bool inbox_owed; /* something was taken in, perhaps before the inbox was closed */
    bool resync_wanted;
    int64_t resync_ms; /* not before */
    int64_t swept_ms, policy_ms;
    bool policy_warned;
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
    service->keys_spoilt = service->keys_spoilt || (err != ERR_OK && key_types_blamed(error->text));
    if (err != ERR_OK)
        trouble_note(&service->process->trouble, error->text);
}

static enum err mend_keys_if_spoilt(struct service *service, struct err_info *error)
{
    if (!service->keys_spoilt)
        return ERR_OK;
    enum err err = key_types_mend(&service->dispatch, error);
    service->keys_spoilt = err != ERR_OK;
    return err;
}

static const char *allowed_definitions(const void *process)
{
    return process_config(process)->inbox_definitions;
}

static enum err take_in(struct service *service, struct err_info *error)
{
    int accepted = 0;
    if (!process_config(service->process)->inbox_enabled && !service->inbox_owed)
        return ERR_OK;
    enum err err = inbox_process(&service->inbox, &accepted, error);
    service->inbox_owed = service->inbox_owed && err != ERR_OK;
    if (accepted > 0)
        service->swept_ms = 0; /* what was accepted wants planning */
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

static enum err sweep_if_due(struct service *service, struct err_info *error)
{
    if (clock_mono_ms() - service->swept_ms < SWEEP_MS)
        return ERR_OK;
    bool more = false;
    sweep_keep(service->sweep, process_config(service->process)->outcome_retention_ms);
    enum err err = sweep_pass(service->sweep, &more, error);
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
    struct resync resync = {
        service->pg,   &service->dispatch, &kinds_names, config->definitions_dir, config->definitions_roots,
        RESYNC_TURN_MS};
    struct resync_report report;
    struct err_info error = {0};
    if (!service->resync_wanted || clock_mono_ms() < service->resync_ms)
        return;
    service->resync_wanted = resync_definitions(&resync, &report, &error) != ERR_OK;
    service->resync_ms = clock_mono_ms() + (service->resync_wanted ? RESYNC_AGAIN_MS : 0);
    if (service->resync_wanted)
        log_warn("%s; it is tried again", error.text);
    else
        resync_report_fini(&report);
}

static enum err stores_ready(struct service *service, struct err_info *error)
{
    enum err err = pg_ready(service->pg, error);
    return err == ERR_OK ? redis_ready(service->redis, error) : err;
}

/* One round of everything, in the order of urgency. */
static enum err round_of_work(struct service *service, struct err_info *error)
{
    bool rebuilt = false;
    enum err err = stores_ready(service, error);
    if (err == ERR_OK)
        err = watch_policy(service, error);
    if (err == ERR_OK)
        err = mend_keys_if_spoilt(service, error);
    if (err == ERR_OK)
        err = rebuild_if_needed(&service->dispatch, service->pg, service->lock, &rebuilt, error);
    if (err == ERR_OK)
        err = sweep_cancel_flags(service->sweep, error);
    if (err == ERR_OK)
        err = take_in(service, error);
    if (err == ERR_OK)
        err = orphans_look(service->orphans, error);
    if (err == ERR_OK)
        resync_if_wanted(service);
    if (err == ERR_OK)
        err = start_scheduled(service, error);
    if (err == ERR_OK)
        err = sweep_if_due(service, error);
    return err;
}

static enum err do_errand(struct service *service, enum errand_kind kind, struct err_info *error)
{
    enum err err = stores_ready(service, error);
    if (err != ERR_OK)
        return err;
    if (kind == ERRAND_PUSH_ON)
        service->swept_ms = 0; /* the sweep comes next */
    if (kind == ERRAND_RESYNC)
        resync_if_wanted(service);
    return kind == ERRAND_INBOX    ? take_in(service, error)
           : kind == ERRAND_CANCEL ? sweep_cancel_flags(service->sweep, error)
                                   : ERR_OK;
}

/* In trouble an errand waits for the next round, which does the work of all of them. Takes it; false: stop. */
static bool run_errand(struct service *service, struct errand *errand)
{
    struct err_info error = {0};
    enum errand_kind kind = errand->kind;
    service->resync_wanted = service->resync_wanted || kind == ERRAND_RESYNC;
    service->inbox_owed = service->inbox_owed || kind == ERRAND_INBOX;
    service->keys_spoilt = service->keys_spoilt || kind == ERRAND_MEND_KEYS;
    free(errand);
    bool stopping = kind == ERRAND_STOP || atomic_load(&service->process->stopping);
    if (!stopping && !service->in_trouble)
        note(service, do_errand(service, kind, &error), &error);
    return kind != ERRAND_STOP;
}

static void *service_end(struct service *service)
{
    mailbox_put(service->tell, work_new(WORK_SERVICE_ENDED, NULL, NULL));
    return NULL;
}

static void *service_main(void *context)
{
    struct service *service = context;
    int64_t next_ms = 0;
    for (;;) {
        int64_t wait_ms = service->swept_ms == 0 ? 0 : next_ms - clock_mono_ms();
        struct errand *errand = mailbox_take(service->errands, wait_ms < 0 ? 0 : wait_ms);
        struct err_info error = {0};
        if (errand != NULL) {
            if (!run_errand(service, errand))
                return service_end(service);
            continue;
        }
        next_ms = clock_mono_ms() + TICK_MS;
        enum err err = round_of_work(service, &error);
        note(service, err, &error);
        if (err != ERR_OK)
            service->swept_ms = clock_mono_ms(); /* no hurry before the next tick */
    }
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

void service_inbox(struct service *service)
{
    send_errand(service, ERRAND_INBOX);
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
