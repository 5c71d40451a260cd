/*
 * A link as its job needs it: where the files come from, where they go, what the app is known to hold, and at which
 * paths that is not known. It has the app's key and the token in plain text: they are decrypted here, by the executor
 * that uses them, and wiped by deliver_link_fini.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_LINK_H
#define REPRISE_WORKER_RUN_DELIVER_LINK_H

#include "common/base/crypto.h"
#include "common/deliveries/body.h"
#include "common/deliveries/circuit.h"
#include "common/store/pg.h"

/* Unconfirmed paths: another attempt announced that it would send something there, and no answer was recorded and no
 * settle as synced has come since, so what the app holds there is not known. Each is sent once by this attempt,
 * whatever its sha; one that is not in the tree, as a delete. There are at most a few hundred for each attempt that
 * failed or died since the link was last synced. */
struct unconfirmed_path {
    uint8_t digest[SHA256_BYTES]; /* of the path */
    char *path;
    char *sha;    /* one that the app may hold; NULL = none is known */
    bool is_sent; /* handed to the outbox by this attempt */
};

struct unconfirmed {
    struct unconfirmed_path *list; /* ascending by digest */
    size_t count;
};

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
    struct unconfirmed unconfirmed;    /* read apart from the link, once the tree is fetched */
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
/* As if the app had never been sent anything. In memory only. */
void deliver_link_clear(struct deliver_link *link);

/* From the rows of sql/deliveries/record.sql, other_intents; deliver_link_fini frees them. */
void unconfirmed_read(const PGresult *rows, struct unconfirmed *unconfirmed);
/* NULL = it is not one of them. */
struct unconfirmed_path *unconfirmed_find(const struct unconfirmed *unconfirmed, const uint8_t digest[SHA256_BYTES]);

/* As it stands in every request. */
struct body_repository deliver_link_repository(const struct deliver_link *link);

/* A sealed secret in plain text, owned by the caller (deliver_secret_drop); sealed NULL stays NULL. */
MUST_CHECK enum err deliver_secret_open(const struct crypto_keys *keys, const struct crypto_secret *secret,
                                        char **plain, struct err_info *error);
void deliver_secret_drop(char *plain);

#endif
