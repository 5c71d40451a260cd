/*
 * A worker process from its first line to its last: loop, service threads and pool, in this order, and back in reverse
 * once the pool has ended. Signals arrive as events of the loop and only start something. Called by supervisor.c in the
 * child that it has forked.
 */
#include "worker/process.h"

#include <ev.h>
#include <signal.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/definitions/definition_registry.h"
#include "worker/inbox_service.h"
#include "worker/inflight.h"
#include "worker/maintenance.h"
#include "worker/pool.h"

#define SIGNALS 4

struct signal_watch {
    struct process_state *process;
    struct pool *pool;
    struct maintenance *maintenance; /* NULL in the quarantine process */
    int terminations;
    ev_signal signals[SIGNALS];
};

/* The first asks for a drain, the second ends it. */
static void on_terminate(struct ev_loop *loop, ev_signal *signal, int events)
{
    (void)loop;
    (void)events;
    struct signal_watch *watch = signal->data;
    bool first = watch->terminations++ == 0;
    log_info(first ? "draining: what is in hand is finished, nothing new is taken" : "ending at once");
    pool_stop(watch->pool, first ? POOL_DRAIN : POOL_AT_ONCE);
}

/* Settings are read again; the supervisor has logged what changed. */
static void on_settings(struct ev_loop *loop, ev_signal *signal, int events)
{
    (void)loop;
    (void)events;
    struct signal_watch *watch = signal->data;
    (void)config_live_hang_up(watch->process->settings, CONFIG_TELL_BRIEFLY);
}

/* Definitions are read again, from where the settings are now. */
static void on_hang_up(struct ev_loop *loop, ev_signal *signal, int events)
{
    struct signal_watch *watch = signal->data;
    on_settings(loop, signal, events);
    if (watch->maintenance != NULL)
        maintenance_ask(watch->maintenance, MAINTENANCE_DEFINITIONS);
}

struct signal_row {
    int number;
    void (*call)(struct ev_loop *loop, ev_signal *signal, int events);
};
static const struct signal_row signal_rows[SIGNALS] = {
    {SIGTERM, on_terminate}, {SIGINT, on_terminate}, {SIGHUP, on_hang_up}, {PROCESS_SETTINGS_SIGNAL, on_settings}};

/* The supervisor left them blocked, so that none is lost, nor ends the process, before its watcher is there. */
static void unblock_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaddset(&signals, signal_rows[i].number);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

static void watch_signals(struct ev_loop *loop, struct signal_watch *watch)
{
    for (size_t i = 0; i < SIGNALS; i++) {
        ev_signal_init(&watch->signals[i], signal_rows[i].call, signal_rows[i].number);
        watch->signals[i].data = watch;
        ev_signal_start(loop, &watch->signals[i]);
    }
    unblock_signals();
}

int process_run(struct process_state *process)
{
    /* Not libev's default loop: it would wait for every child, also for those that an executor waits for. */
    struct ev_loop *loop = ev_loop_new(EVFLAG_NOSIGMASK);
    process->versions = versions_new();
    process->due_loads = due_loads_new();
    struct maintenance *maintenance = process->quarantine ? NULL : maintenance_new(process);
    struct inbox_service *inbox = process->quarantine ? NULL : inbox_service_new(process, maintenance);
    struct signal_watch watch = {.process = process, .maintenance = maintenance};
    watch.pool = pool_new(loop, process, maintenance, inbox);
    watch_signals(loop, &watch);
    ev_run(loop, 0);
    inbox_service_drop(inbox);
    maintenance_drop(maintenance);
    pool_drop(watch.pool);
    for (size_t i = 0; i < SIGNALS; i++)
        ev_signal_stop(loop, &watch.signals[i]);
    due_loads_drop(process->due_loads);
    versions_drop(process->versions);
    ev_loop_destroy(loop);
    return atomic_load(&process->refused) ? err_exit_code(ERR_CONFLICT) : 0;
}
