/*
 * The administrator's password, of which only a scrypt hash exists: "scrypt:N:r:p:salt:hash", salt and hash in hex.
 */
#ifndef REPRISE_DASHBOARD_PASSWORD_H
#define REPRISE_DASHBOARD_PASSWORD_H

#include <stdbool.h>

#include "common/base/err.h"

#define PASSWORD_LEAST 8
#define PASSWORD_MOST 1024
#define PASSWORD_HASH_MAX 256

/* A new hash with a salt of its own. ERR_USAGE where the password is too short or too long. */
MUST_CHECK enum err password_hash(const char *password, char out[PASSWORD_HASH_MAX], struct err_info *error);
/* ERR_USAGE if `hash` is not one that password_hash writes: parameters from elsewhere could cost any amount of memory.
 */
MUST_CHECK enum err password_check_hash(const char *hash, struct err_info *error);
/* Takes the same time whatever the password. Tens of milliseconds and 32 MiB: one at a time is enough. */
bool password_matches(const char *password, const char *hash);

/* The next line of stdin without its end, the caller's to free; NULL where there is none. On a terminal it is asked for
 * with `prompt` and not shown. A signal that ends the program meanwhile leaves a terminal that shows what is typed. */
char *password_read(const char *prompt);

#endif
