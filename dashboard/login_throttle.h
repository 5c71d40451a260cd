/*
 * Slows down guessing of passwords without locking out the name's owner: so many tries a minute from one address; and
 * once there were so many for one name from anywhere, each address has one more for it and then waits, so that the one
 * who guesses pays an address for each try and the owner, who knows the password, needs but one. Shared by all
 * executors of a process; memory of a fixed size, from which no address can push out another's count.
 */
#ifndef REPRISE_DASHBOARD_LOGIN_THROTTLE_H
#define REPRISE_DASHBOARD_LOGIN_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#define GUARD_WINDOW_MS INT64_C(60000)
#define GUARD_PER_ADDRESS 5
#define GUARD_PER_NAME 30

struct guard;
struct guard *guard_new(void);
void guard_drop(struct guard *guard);

/* All times are clock_mono_ms. A count lasts until GUARD_WINDOW_MS after the last try that was let through.
 *
 * Counts a try of an address, before anything of it is read; false: too many of late, and `*wait_ms` says for how long.
 */
bool guard_address(struct guard *guard, const char *address, int64_t now_ms, int64_t *wait_ms);

enum guard_name { GUARD_FREE, GUARD_ONCE, GUARD_WAIT };
/* Counts a try for a name, after guard_address. GUARD_ONCE: there were many of late, and this address has no further
 * one in the next `*wait_ms`; GUARD_WAIT: it has used up even that. */
enum guard_name guard_name(struct guard *guard, const char *address, const char *name, int64_t now_ms,
                           int64_t *wait_ms);
/* It succeeded: what was counted for the address and the name is forgotten. */
void guard_forgive(struct guard *guard, const char *address, const char *name);

#endif
