/* Registering which repository an app watches, and ending that. */
#ifndef REPRISE_REGISTRY_WATCH_H
#define REPRISE_REGISTRY_WATCH_H

#include <json-c/json_object.h>

#include "common/base/buf.h"
#include "common/base/config.h"
#include "common/base/crypto.h"
#include "common/base/ids.h"
#include "common/store/pg.h"

#define WATCH_TOKEN_LEAST 1
#define WATCH_TOKEN_MOST 500

struct watch {
    char app_id[ID_MAX], repository_id[ID_MAX]; /* the latter is filled in */
    const char *url, *branch;                   /* `branch` NULL = the remote's HEAD */
    const char *token;                          /* for a private one, stored sealed; NULL = none */
    struct buf owner, name;                     /* filled in by watch_check */
};
void watch_fini(struct watch *watch);

/* May it be fetched? Fills in owner and name. `config` has the rules (git.…). ERR_USAGE says which is broken. */
MUST_CHECK enum err watch_check(struct watch *watch, const struct config *config, struct err_info *error);
/* Writes it, checked before; the app must exist. A repository is one row for all that watch it, and has one branch.
 * ERR_CONFLICT: the app watches it already, or it is watched at another branch; ERR_NOT_FOUND: no such app. */
MUST_CHECK enum err watch_register(struct pg *pg, struct watch *watch, const struct crypto_keys *keys,
                                   struct err_info *error);

/* {repository_id, app_id, url, owner, name, branch} of one that was registered; the caller's. */
struct json_object *watch_json(const struct watch *watch);

/* Removes an app with all its links (`repository_id` NULL), or one link, in bounded steps, each a transaction that also
 * deletes what the app was sent; then the repositories that no app watches any more. A job that runs meanwhile is told
 * by its next checkpoint. Harmless to repeat. */
MUST_CHECK enum err watch_remove(struct pg *pg, const char *app_id, const char *repository_id, struct err_info *error);

#endif
