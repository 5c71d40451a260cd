/*
 * Slows down guessing of passwords without locking out the name's owner: so many tries a minute from one address; and
 * once there were so many for one name from anywhere, each address has one more for it and then waits, so that guessing
 * costs an address for each try and the owner, who knows the password, needs but one. Shared by all executors of a
 * process, guarded against threads.
 *
 * Counts stand in count-min sketches (Cormode, Muthukrishnan 2005) whose cells run out: memory of a fixed size, from
 * which no address can push out another's count. Where things share all their cells the count is too high, never too
 * low; which cells a name or an address has depends on a random salt, so that it cannot be chosen from outside.
 */
#ifndef REPRISE_DASHBOARD_LOGIN_THROTTLE_H
#define REPRISE_DASHBOARD_LOGIN_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#define LOGIN_THROTTLE_WINDOW_MS INT64_C(60000)
#define LOGIN_THROTTLE_PER_ADDRESS 5
#define LOGIN_THROTTLE_PER_NAME 30

struct login_throttle;
struct login_throttle *login_throttle_new(void);
/* Takes NULL. */
void login_throttle_drop(struct login_throttle *throttle);

/* All times are clock_mono_ms. A count lasts until LOGIN_THROTTLE_WINDOW_MS after the last try that was let through.
 *
 * Counts a try of an address, before anything of it is read; false: too many of late, and `*wait_ms` says how long to
 * wait. */
bool login_throttle_address(struct login_throttle *throttle, const char *address, int64_t now_ms, int64_t *wait_ms);

enum login_throttle_result { LOGIN_THROTTLE_FREE, LOGIN_THROTTLE_ONCE, LOGIN_THROTTLE_WAIT };
/* Counts a try for a name, after login_throttle_address. LOGIN_THROTTLE_ONCE: there were many of late, and this address
 * has no further one in the next `*wait_ms`; LOGIN_THROTTLE_WAIT: it has used up even that. */
enum login_throttle_result login_throttle_name(struct login_throttle *throttle, const char *address, const char *name,
                                               int64_t now_ms, int64_t *wait_ms);
/* The login succeeded: what was counted for the address and the name is deleted. */
void login_throttle_forgive(struct login_throttle *throttle, const char *address, const char *name);

#endif
