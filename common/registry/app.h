/* Registering a client app. */
#ifndef REPRISE_REGISTRY_APP_H
#define REPRISE_REGISTRY_APP_H

#include "common/base/crypto.h"
#include "common/base/ids.h"
#include "common/store/pg.h"

#define APP_KEY_LEAST 16
#define APP_KEY_MOST 500

struct app {
    char app_id[ID_MAX]; /* "" = one is made */
    const char *name, *base_url;
    const char *email, *website, *description; /* NULL = none */
};

/* ERR_USAGE: a text that is too long or holds control characters, an empty name, an id that is none. */
MUST_CHECK enum err app_check(const struct app *app, struct err_info *error);
/* May requests go to its base URL? `allow_private` is deliver.allow_private. ERR_USAGE, ERR_PERMANENT. */
MUST_CHECK enum err app_check_url(const struct app *app, const char *allow_private, struct err_info *error);

/* A new client key, 48 characters; the caller's, who wipes it. */
char *app_new_key(void);

/* Writes it, checked before; fills in the id where there was none. `key` is stored sealed. ERR_CONFLICT: the name or
 * the id is taken; ERR_USAGE: no key to seal with. */
MUST_CHECK enum err app_register(struct pg *pg, struct app *app, const char *key, const struct crypto_keys *keys,
                                 struct err_info *error);

/* Puts another key in place of the app's: its requests are signed with that one from now on. `*name` is the app's, the
 * caller's. ERR_NOT_FOUND; ERR_USAGE: no key to seal with. */
MUST_CHECK enum err app_replace_key(struct pg *pg, const char *app_id, const char *key, const struct crypto_keys *keys,
                                    char **name, struct err_info *error);

#endif
