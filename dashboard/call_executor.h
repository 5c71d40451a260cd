/*
 * Executors: threads that answer calls, each with connections of its own to PostgreSQL and Redis. They take calls from
 * their lane's mailbox and put them, answered, into the loop's.
 */
#ifndef REPRISE_DASHBOARD_CALL_EXECUTOR_H
#define REPRISE_DASHBOARD_CALL_EXECUTOR_H

#include <stdatomic.h>

#include "common/base/config_live.h"
#include "common/base/crypto.h"
#include "common/loop/mailbox.h"
#include "common/queue/dispatch.h"
#include "dashboard/call.h"
#include "dashboard/login_throttle.h"

/* What all executors share: set before they start and not changed, but for what guards itself. */
struct office {
    struct config_live *settings; /* see office_config */
    const struct redis_address *redis;
    const struct crypto_keys *keys;
    struct guard *guard;
    struct mailbox *lanes[LANE_COUNT]; /* calls to be answered */
    struct mailbox *answered;          /* calls for the loop */
    atomic_bool prepared;              /* the database is ready for the routes (preparation.h) */
    bool loopback;                     /* the program listens on loopback only */
};

/* The settings as they are now. They may be others at the next call (SIGHUP), but what was returned stays as it is. */
static inline const struct config *office_config(const struct office *office)
{
    return config_now(office->settings);
}

/* What a handler works with. */
struct desk {
    struct office *office;
    enum lane lane;
    struct pg *pg; /* ready when a handler begins */
    struct dispatch dispatch;
    struct call *next; /* taken already, but it did not go with those before it */
    void *thread;
};

/* Put into a lane: one executor of it ends. */
extern struct call desk_stop;

/* Starts the executors of all lanes; `*count` of them. */
struct desk **desks_open(struct office *office, size_t *count);
/* Each ends after the calls that wait; returns when all have. */
void desks_close(struct desk **desks, size_t count);

#endif
