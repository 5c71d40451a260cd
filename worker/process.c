#include "worker/process.h"

#include <ev.h>
#include <signal.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/definitions/definition_versions.h"
#include "worker/loads.h"
#include "worker/pool.h"

#define SIGNALS 4

struct watch {
    struct process *process;
    struct pool *pool;
    struct service *service; /* NULL of the suspects' process */
    int terminations;
    ev_signal signals[SIGNALS];
};

/* The first asks for a drain, the second ends it. */
static void on_terminate(struct ev_loop *loop, ev_signal *signal, int events)
{
    (void)loop;
    (void)events;
    struct watch *watch = signal->data;
    bool first = watch->terminations++ == 0;
    log_info(first ? "draining: what is in hand is finished, nothing new is taken" : "ending at once");
    pool_stop(watch->pool, first ? POOL_DRAIN : POOL_AT_ONCE);
}

/* Settings are read again; the supervisor has told of what changed. */
static void on_settings(struct ev_loop *loop, ev_signal *signal, int events)
{
    (void)loop;
    (void)events;
    struct watch *watch = signal->data;
    (void)config_live_hang_up(watch->process->settings, CONFIG_TELL_BRIEFLY);
}

/* Definitions are read again, from where the settings are now. */
static void on_hang_up(struct ev_loop *loop, ev_signal *signal, int events)
{
    struct watch *watch = signal->data;
    on_settings(loop, signal, events);
    if (watch->service != NULL)
        service_resync(watch->service);
}

struct heard {
    int number;
    void (*call)(struct ev_loop *loop, ev_signal *signal, int events);
};
static const struct heard heard[SIGNALS] = {
    {SIGTERM, on_terminate}, {SIGINT, on_terminate}, {SIGHUP, on_hang_up}, {PROCESS_SETTINGS_SIGNAL, on_settings}};

/* The supervisor left them blocked, so that none is lost, nor ends us, before there is somebody to hear it. */
static void accept_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaddset(&signals, heard[i].number);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

static void listen_to_signals(struct ev_loop *loop, struct watch *watch)
{
    for (size_t i = 0; i < SIGNALS; i++) {
        ev_signal_init(&watch->signals[i], heard[i].call, heard[i].number);
        watch->signals[i].data = watch;
        ev_signal_start(loop, &watch->signals[i]);
    }
    accept_signals();
}

int process_run(struct process *process)
{
    /* Not the default loop: that one waits for every child, also those whose executors wait for them. */
    struct ev_loop *loop = ev_loop_new(EVFLAG_NOSIGMASK);
    process->versions = versions_new();
    process->loads = loads_new();
    struct service *service = process->suspects ? NULL : service_new(process);
    struct watch watch = {.process = process, .service = service};
    watch.pool = pool_new(loop, process, service);
    listen_to_signals(loop, &watch);
    ev_run(loop, 0);
    service_drop(service);
    pool_drop(watch.pool);
    for (size_t i = 0; i < SIGNALS; i++)
        ev_signal_stop(loop, &watch.signals[i]);
    loads_drop(process->loads);
    versions_drop(process->versions);
    ev_loop_destroy(loop);
    return 0;
}
