/*
 * Slows down whoever guesses passwords: so many tries a minute from one address, so many failures for one name from
 * anywhere. Shared by all executors of a process, and bounded in memory: where it is full the oldest entry goes.
 */
#ifndef REPRISE_DASHBOARD_GUARD_H
#define REPRISE_DASHBOARD_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#define GUARD_WINDOW_MS INT64_C(60000)
#define GUARD_PER_ADDRESS 5
#define GUARD_PER_NAME 30

struct guard;
struct guard *guard_new(void);
void guard_drop(struct guard *guard);

/* Counts a try; false: too many of late, and `*wait_ms` says for how long. `now_ms` is clock_mono_ms. */
bool guard_try(struct guard *guard, const char *address, const char *name, int64_t now_ms, int64_t *wait_ms);
/* It succeeded: what was counted for the address and the name is forgotten. */
void guard_forgive(struct guard *guard, const char *address, const char *name);

#endif
