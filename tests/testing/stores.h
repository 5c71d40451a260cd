/*
 * A real PostgreSQL and a real Redis for a test program, through scripts/private-stores.sh. Where they are not
 * installed the program ends with 77, which CTest counts as skipped; where they do not start it ends with 1.
 */
#ifndef REPRISE_TESTING_STORES_H
#define REPRISE_TESTING_STORES_H

#include <sys/types.h>

struct stores;

/* A database and a key prefix of one's own: on the pair of servers that REPRISE_TEST_STORES names (a directory of
 * private-stores.sh) or, without it, on a pair that starts now and goes with this process, however it ends. */
struct stores *stores_new(void);
/* Always a pair of servers of one's own, for tests that end them. Durable: what was acknowledged survives SIGKILL. */
enum stores_kind { STORES_FAST, STORES_DURABLE };
struct stores *stores_new_private(enum stores_kind kind);
/* Drops the database, or ends the pair and removes what it wrote; takes NULL. */
void stores_drop(struct stores *stores);

/* Borrowed until stores_drop. */
const char *stores_postgres_url(const struct stores *stores); /* an empty database, its role may do everything */
const char *stores_redis_url(const struct stores *stores);    /* unix:///… */
const char *stores_prefix(const struct stores *stores);       /* of all keys, with a hash tag: "{test_…}" */
const char *stores_dir(const struct stores *stores);          /* of the servers' sockets and logs */

/* ---- only of a private pair ------------------------------------------------------------------------------ */

enum store { STORE_POSTGRES, STORE_REDIS };
pid_t stores_pid(const struct stores *stores, enum store store);
/* Sends the signal and waits until the process is gone. */
void stores_end(struct stores *stores, enum store store, int signal);
/* Starts what has ended, on the data that it left, and waits until it answers. */
void stores_start(struct stores *stores);

/* A cmocka group's setup and teardown: `*state` becomes stores_new(), or a private, fast pair. */
int stores_setup(void **state);
int stores_setup_private(void **state);
int stores_teardown(void **state);

#endif
