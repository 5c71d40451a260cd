/*
 * The circuit breaker of a repository: after 5 failed fetches in a row it is left alone for 30 minutes, and every app
 * that watches it is told. A success closes it and forgets the failures. One that fails after the cool-down opens it
 * again; one that an administrator forced while it was open keeps it open for 30 minutes from then. The counting is
 * done by PostgreSQL (sql/deliveries/repository.sql, fetch_failed), since several jobs may fail at the same time; so is
 * `now`: all times are its Unix microseconds.
 */
#ifndef REPRISE_DELIVERIES_CIRCUIT_H
#define REPRISE_DELIVERIES_CIRCUIT_H

#include <stdint.h>

#define CIRCUIT_THRESHOLD 5
#define CIRCUIT_COOLDOWN_MS INT64_C(1800000)
#define CIRCUIT_US_PER_MS INT64_C(1000)

struct circuit {
    int consecutive_failures;
    int64_t open_until_us; /* 0 = never opened since the last success */
};

/* Who asked for a job. */
enum circuit_asker { CIRCUIT_SCHEDULE, CIRCUIT_ADMINISTRATOR };
/* How long a job must be put off: 0 = it may run. An administrator's request overrides an open circuit. */
static inline int64_t circuit_wait_ms(const struct circuit *circuit, enum circuit_asker asker, int64_t now_us)
{
    if (asker == CIRCUIT_ADMINISTRATOR || circuit->open_until_us <= now_us)
        return 0;
    /* Rounded up: a job that comes back a moment too early would be put off once more. */
    return (circuit->open_until_us - now_us + CIRCUIT_US_PER_MS - 1) / CIRCUIT_US_PER_MS;
}

#endif
