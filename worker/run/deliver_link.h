/*
 * A link as its job needs it: where the files come from, where they go, what the app is known to hold. It has the app's
 * key and the token in plain text, which are decrypted here, by the executor that uses them, and wiped when it has
 * done.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_LINK_H
#define REPRISE_WORKER_RUN_DELIVER_LINK_H

#include "common/base/crypto.h"
#include "common/deliveries/body.h"
#include "common/deliveries/circuit.h"
#include "common/store/pg.h"

struct deliver_link {
    char *app_id, *repository_id;
    int64_t incarnation; /* tells it apart from one that is added after it was removed */
    char *base_url;      /* without a '/' at its end */
    char *url, *owner, *name;
    char *branch;                      /* NULL = the remote's HEAD */
    char *synced_commit, *synced_tree; /* NULL = the app is not known to hold exactly a tree */
    int64_t files, bytes;              /* of that tree */
    char *withheld, *withheld_limits;  /* of that tree, what is too large, and by which limits; NULL = nothing */
    bool holds_anything;               /* there are deliveries */
    struct circuit circuit;
    int64_t now_us; /* PostgreSQL's clock when the link was read */
    char *auth_key;
    char *token; /* NULL = none */
};

/* Reads the link of a job's key, "<app_id>/<repository_id>". ERR_NOT_FOUND: app, repository or link is gone. ERR_USAGE:
 * this worker has no key that opens a secret; ERR_PERMANENT: a secret is malformed. deliver_link_fini is
 * owed in all cases. */
MUST_CHECK enum err deliver_link_load(struct pg *pg, const struct crypto_keys *keys, const char *key,
                                      struct deliver_link *link, struct err_info *error);
void deliver_link_fini(struct deliver_link *link);

/* As it stands in every request. */
struct body_repository deliver_link_repository(const struct deliver_link *link);

/* A sealed secret in plain text, owned by the caller (deliver_secret_drop); sealed NULL stays NULL. */
MUST_CHECK enum err deliver_secret_open(const struct crypto_keys *keys, const struct crypto_secret *secret,
                                        char **plain, struct err_info *error);
void deliver_secret_drop(char *plain);

#endif
