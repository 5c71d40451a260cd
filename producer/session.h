/*
 * One run of the program: what it was asked, its settings, and its connections, made when they are first wanted.
 */
#ifndef REPRISE_PRODUCER_SESSION_H
#define REPRISE_PRODUCER_SESSION_H

#include "common/base/config.h"
#include "common/base/crypto.h"
#include "common/base/ids.h"
#include "common/definitions/definition_registry.h"
#include "common/definitions/definition_sync.h"
#include "common/queue/dispatch.h"
#include "common/store/pg.h"
#include "producer/command.h"
#include "producer/option.h"

struct session {
    const struct command *command;
    struct arguments arguments;
    struct config config;
    bool json;
    int exit_code; /* of a run that did its work but whose result is a failure */

    struct pg *pg;
    bool has_schema; /* session_postgres has looked */
    struct redis_address redis_address;
    struct dispatch dispatch; /* `redis` NULL until session_redis */
};

/* The settings must be read. session_fini is owed. */
void session_init(struct session *session);
void session_fini(struct session *session);

static inline bool session_has(const struct session *session, enum option_id id)
{
    return option_given(&session->arguments, id);
}
/* The word at `index`; NULL if there is none. */
const char *session_word(const struct session *session, int index);

/* Connects to PostgreSQL, and makes the schema in a database that has none. ERR_UNREACHABLE; with both versions
 * ERR_BUSY where the schema is older than this program (it is left alone: only `migrate` and workers bring it up to
 * date) and ERR_CONFLICT where it is newer. */
MUST_CHECK enum err session_postgres(struct session *session, struct err_info *error);
/* The same without a look at the schema. */
MUST_CHECK enum err session_postgres_as_it_is(struct session *session, struct err_info *error);
/* Makes the client; it connects when it is used. ERR_USAGE: redis.url. */
MUST_CHECK enum err session_redis(struct session *session, struct err_info *error);
/* The same for a command that asks for work, after session_postgres. ERR_CONFLICT: Redis belongs to another
 * installation, whose workers would be sent what is asked for here. One that is away is no error. */
MUST_CHECK enum err session_own_redis(struct session *session, struct err_info *error);
/* Brings the files of definitions.dir and the database together; after session_redis the change is published. On
 * success definition_sync_report_fini is owed. Connected must be. */
MUST_CHECK enum err session_resync(struct session *session, enum definition_sync_older older,
                                   struct definition_sync_report *report, struct err_info *error);
/* Does so where no definition was ever loaded, so that a database that is new can be used at once. Connects. */
MUST_CHECK enum err session_first_definitions(struct session *session, struct err_info *error);
/* What is in force under this name; connects. As definition_registry_find; on success registered_definition_fini is
 * owed. */
MUST_CHECK enum err session_definition(struct session *session, const char *handle, struct registered_definition *found,
                                       struct err_info *error);
/* The keys of secrets. ERR_USAGE says how to make one where there is none; wipe them after use. */
MUST_CHECK enum err session_keys(const struct session *session, struct crypto_keys *keys, struct err_info *error);
/* Who asks: "producer: <user>@<host>". The caller's. */
char *session_requester(void);

/* A line from stdin without its end: a secret that must not stand among the arguments. The caller wipes and frees it.
 * ERR_USAGE unless `least` to `most` characters, none of them a control character; `what` names it. */
MUST_CHECK enum err session_read_secret(const char *what, size_t least, size_t most, char **secret,
                                        struct err_info *error);
/* True if a person sits at a terminal. */
bool session_can_ask(void);
/* Shows a question on the terminal; ERR_OK if the answer is yes (or --yes was given), ERR_INTERRUPTED if it is not.
 * Without a terminal: ERR_USAGE. */
MUST_CHECK enum err session_confirm(const struct session *session, const char *question, struct err_info *error);

/* From now on Ctrl-C only raises a flag that session_interrupted tells. */
void session_catch_interrupt(void);
bool session_interrupted(void);
/* Sleeps, unless interrupted. */
void session_nap(int64_t ms);

/* ---- name lookup ------------------------------------------------------------------------------------------------- */

/* What a person calls an app or a repository, turned into its id. */

/* By id, or by a name that only one app has. ERR_NOT_FOUND; ERR_CONFLICT names the ids where several have that name. */
MUST_CHECK enum err name_lookup_app(struct session *session, const char *text, char app_id[ID_MAX],
                                    struct err_info *error);

/* By id, URL or owner/name, among what the app watches. */
MUST_CHECK enum err name_lookup_repository(struct session *session, const char *app_id, const char *text,
                                           char repository_id[ID_MAX], struct err_info *error);

/* An operation's id must look like one. ERR_USAGE. */
MUST_CHECK enum err name_lookup_operation(const char *text, struct err_info *error);

#endif
