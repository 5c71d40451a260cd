#include "worker/process.h"

#include <ev.h>
#include <signal.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "worker/pool.h"

struct watch {
    struct pool *pool;
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

int process_run(struct process *process)
{
    /* Not the default loop: that one waits for every child, also those whose executors wait for them. */
    struct ev_loop *loop = ev_loop_new(EVFLAG_NOSIGMASK);
    struct service *service = process->suspects ? NULL : service_new(process);
    struct watch watch = {pool_new(loop, process, service), 0};
    ev_signal terminate, interrupt;
    ev_signal_init(&terminate, on_terminate, SIGTERM);
    ev_signal_init(&interrupt, on_terminate, SIGINT);
    terminate.data = interrupt.data = &watch;
    ev_signal_start(loop, &terminate);
    ev_signal_start(loop, &interrupt);
    ev_run(loop, 0);
    service_drop(service);
    pool_drop(watch.pool);
    ev_signal_stop(loop, &terminate);
    ev_signal_stop(loop, &interrupt);
    ev_loop_destroy(loop);
    return 0;
}
