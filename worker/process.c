#include "worker/process.h"

#include <ev.h>
#include <signal.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/queue/versions.h"
#include "worker/pool.h"

struct watch {
    struct pool *pool;
    struct service *service; /* NULL of the suspects' process */
    int terminations;
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

/* Definitions are read again. */
static void on_hang_up(struct ev_loop *loop, ev_signal *signal, int events)
{
    (void)loop;
    (void)events;
    struct watch *watch = signal->data;
    if (watch->service != NULL)
        service_resync(watch->service);
}

/* The supervisor left it blocked, so that none is lost, nor ends us, before there is somebody to hear it. */
static void accept_hang_ups(void)
{
    sigset_t hang_up;
    sigemptyset(&hang_up);
    sigaddset(&hang_up, SIGHUP);
    pthread_sigmask(SIG_UNBLOCK, &hang_up, NULL);
}

int process_run(struct process *process)
{
    /* Not the default loop: that one waits for every child, also those whose executors wait for them. */
    struct ev_loop *loop = ev_loop_new(EVFLAG_NOSIGMASK);
    process->versions = versions_new();
    struct service *service = process->suspects ? NULL : service_new(process);
    struct watch watch = {pool_new(loop, process, service), service, 0};
    ev_signal terminate, interrupt, hang_up;
    ev_signal_init(&terminate, on_terminate, SIGTERM);
    ev_signal_init(&interrupt, on_terminate, SIGINT);
    ev_signal_init(&hang_up, on_hang_up, SIGHUP);
    terminate.data = interrupt.data = hang_up.data = &watch;
    ev_signal_start(loop, &terminate);
    ev_signal_start(loop, &interrupt);
    ev_signal_start(loop, &hang_up);
    accept_hang_ups();
    ev_run(loop, 0);
    service_drop(service);
    pool_drop(watch.pool);
    ev_signal_stop(loop, &terminate);
    ev_signal_stop(loop, &interrupt);
    ev_signal_stop(loop, &hang_up);
    versions_drop(process->versions);
    ev_loop_destroy(loop);
    return 0;
}
