/*
 * A blocking client for Redis, owned by one thread: for programs and for the service executor. The loop has its own
 * (common/loop/redis_async.h). Commands are given as an argument vector; scripts are called by their SHA and reloaded
 * on NOSCRIPT. A request that timed out or was cut has an unknown outcome: ERR_UNREACHABLE, and the connection is
 * closed. Any client that can write to Redis can make a reply of gigabytes: one with more than REDIS_REPLY_MAX bytes
 * is not collected (ERR_PERMANENT, and the connection is closed). The program must ignore SIGPIPE.
 */
#ifndef REPRISE_STORE_REDIS_H
#define REPRISE_STORE_REDIS_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/text.h"

/* Where Redis is: parsed from redis.url. */
struct redis_address {
    char *unix_path; /* or: */
    char *host;
    int port;
    bool tls;
    char *user, *password; /* NULL = none */
    int database;
};
/* unix://[[user]:password@]/path[?db=N], redis://[[user]:password@]host[:port][/db], rediss://…; %XX in user, password
 * and path. ERR_USAGE says what is wrong, without showing any of it; rediss:// without TLS built in says so. */
MUST_CHECK enum err redis_address_parse(const char *url, struct redis_address *address, struct err_info *error);
void redis_address_fini(struct redis_address *address);
/* For loops, which must not wait for a name server: looks the host up once, here (blocking). With TLS the name stays,
 * for the certificate. ERR_UNREACHABLE. */
MUST_CHECK enum err redis_address_resolve(struct redis_address *address, struct err_info *error);

/* An argument vector that is built up: numbers are formatted, bytes are copied. */
struct redis_args;
struct redis_args *redis_args_new(void);
void redis_args_drop(struct redis_args *args);
void redis_args_reset(struct redis_args *args);
void redis_arg(struct redis_args *args, const char *text);
void redis_arg_len(struct redis_args *args, const char *bytes, size_t len);
void redis_arg_int(struct redis_args *args, int64_t number);
void redis_argf(struct redis_args *args, const char *format, ...) PRINTF_LIKE(2, 3);
int redis_args_count(const struct redis_args *args);
const char **redis_args_values(struct redis_args *args); /* for hiredis; valid until the next change */
const size_t *redis_args_lengths(const struct redis_args *args);

/* The SHA-1 of a script's text in hex, as EVALSHA wants it; computed once, safe from any thread. */
const char *redis_script_sha(const struct lua *script);

#define REDIS_REPLY_MAX (64 * 1024 * 1024)

struct redis;
/* Never fails and does not connect yet. `address` is borrowed and must outlive it. Both limits are above 0. */
struct redis *redis_new(const struct redis_address *address, int64_t connect_ms, int64_t command_ms);
void redis_drop(struct redis *redis);
/* Connects where needed (authenticates, selects). ERR_UNREACHABLE with the reason. */
MUST_CHECK enum err redis_ready(struct redis *redis, struct err_info *error);

/* One command; connects first where needed. `*reply` is the caller's (freeReplyObject); NULL `reply` = it is not
 * wanted. An error reply is ERR_PERMANENT with Redis' text (ERR_RETRY for LOADING, BUSY, TRYAGAIN, CLUSTERDOWN,
 * MASTERDOWN, OOM, READONLY, MISCONF). */
MUST_CHECK enum err redis_run(struct redis *redis, struct redis_args *args, redisReply **reply, struct err_info *error);
/* A script: `args` holds the keys first, then the arguments. */
MUST_CHECK enum err redis_run_script(struct redis *redis, const struct lua *script, int keys, struct redis_args *args,
                                     redisReply **reply, struct err_info *error);
/* The same script many times in one message, `args[i]` as for one. All calls are made, whatever becomes of the others;
 * the first error is returned. Replies are not kept. */
MUST_CHECK enum err redis_run_scripts(struct redis *redis, const struct lua *script, int keys,
                                      struct redis_args *const *args, size_t count, struct err_info *error);

/* Readers of replies that tolerate any shape: "" / 0 / NULL where it is something else. Bytes with
 * a NUL among them are no text: cut at it they would be taken for another. */
const char *redis_text(const redisReply *reply);
int64_t redis_int(const redisReply *reply); /* integer replies and numbers in strings */
size_t redis_count(const redisReply *reply);
const redisReply *redis_item(const redisReply *reply, size_t index);

/* ---- TLS --------------------------------------------------------------------------------------------------------- */

/* TLS on a fresh connection to Redis, in builds that have it (rediss:// is refused by the others). */

/* Begins TLS on `context`, blocking or not; the certificate must be of `host` and signed by an authority that the
 * system trusts. ERR_UNREACHABLE with the reason; the context is still the caller's. */
MUST_CHECK enum err redis_tls_start(redisContext *context, const char *host, struct err_info *error);

#endif
