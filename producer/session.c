/*
 * What a run of the program needs: connections, made when they are first wanted, the schema looked at once, secrets
 * from stdin, a person's consent and interruption, and the ids behind the names that a person types. Nothing here
 * prints a result.
 */
#include "producer/session.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/kinds/kinds.h"
#include "common/queue/redis_owner.h"
#include "common/store/migrate.h"
#include "embedded/sql_producer.h"
#include "producer/out.h"

/* A person waits: what does not answer by then is said to be unreachable. */
#define REDIS_CONNECT_MS 2000
#define REDIS_COMMAND_MS 5000

void session_init(struct session *session)
{
    session->dispatch = (struct dispatch){NULL, session->config.redis_prefix};
}

void session_fini(struct session *session)
{
    pg_drop(session->pg);
    redis_drop(session->dispatch.redis);
    redis_address_fini(&session->redis_address);
    config_fini(&session->config);
}

const char *session_word(const struct session *session, int index)
{
    return index < session->arguments.word_count ? session->arguments.words[index] : NULL;
}

enum err session_postgres_as_it_is(struct session *session, struct err_info *error)
{
    if (session->pg == NULL)
        session->pg = pg_new(session->config.postgres_url, "reprise producer", PG_LIMITS_PROGRAM);
    return pg_ready(session->pg, error);
}

enum err session_postgres(struct session *session, struct err_info *error)
{
    struct migrate_done done;
    enum err err = session_postgres_as_it_is(session, error);
    if (err != ERR_OK || session->has_schema)
        return err;
    err = migrate_ensure(session->pg, MIGRATE_NEW, &done, error);
    if (err == ERR_OK && done.applied > 0)
        out_note("The database had no schema yet; it was made, version %d.", done.version);
    session->has_schema = err == ERR_OK;
    return err;
}

enum err session_redis(struct session *session, struct err_info *error)
{
    if (session->dispatch.redis != NULL)
        return ERR_OK;
    enum err err = redis_address_parse(session->config.redis_url, &session->redis_address, error);
    if (err != ERR_OK)
        return err_prefix(error, "redis.url");
    session->dispatch.redis = redis_new(&session->redis_address, REDIS_CONNECT_MS, REDIS_COMMAND_MS);
    return ERR_OK;
}

enum err session_own_redis(struct session *session, struct err_info *error)
{
    struct err_info why = {0};
    enum err err = session_redis(session, error);
    if (err == ERR_OK && redis_owner_check(&session->dispatch, session->pg, &why) == ERR_CONFLICT) {
        *error = why;
        err = why.code;
    }
    return err;
}

enum err session_resync(struct session *session, enum definition_sync_older older,
                        struct definition_sync_report *report, struct err_info *error)
{
    const struct config *config = &session->config;
    struct definition_sync resync = {.pg = session->pg,
                                     .dispatch = &session->dispatch,
                                     .names = &kinds_names,
                                     .directory = config->definitions_dir,
                                     .roots = config->definitions_roots,
                                     .older = older};
    return definition_sync(&resync, report, error);
}

enum err session_first_definitions(struct session *session, struct err_info *error)
{
    struct definition_sync_report report;
    bool first = false;
    enum err err = session_postgres(session, error);
    if (err == ERR_OK)
        err = definition_sync_is_first(session->pg, &first, error);
    if (err != ERR_OK || !first)
        return err;
    err = session_resync(session, DEFINITION_SYNC_OLDER_YIELDS, &report, error);
    if (err == ERR_OK)
        definition_sync_report_fini(&report);
    return err;
}

enum err session_definition(struct session *session, const char *handle, struct registered_definition *found,
                            struct err_info *error)
{
    enum err err = session_postgres(session, error);
    if (err == ERR_OK)
        err = definition_registry_find(session->pg, handle, found, error);
    if (err != ERR_NOT_FOUND)
        return err;
    err = session_first_definitions(session, error);
    return err == ERR_OK ? definition_registry_find(session->pg, handle, found, error) : err;
}

enum err session_keys(const struct session *session, struct crypto_keys *keys, struct err_info *error)
{
    enum err err = crypto_keys_read(keys, session->config.encryption_key, session->config.encryption_key_old, error);
    if (err == ERR_OK && !keys->has_current)
        err =
            err_set(error, ERR_USAGE,
                    "there is no encryption.key, and secrets are stored sealed: make one with `openssl rand -hex 32`, "
                    "keep it safe, and set REPRISE_ENCRYPTION_KEY to it here and for the workers");
    return err;
}

char *session_requester(void)
{
    char host[128] = "";
    const struct passwd *user = getpwuid(geteuid());
    gethostname(host, sizeof host - 1);
    struct buf text = BUF_INIT;
    buf_addf(&text, "producer: %s@%s", user == NULL ? "?" : user->pw_name, host);
    return buf_take(&text);
}

static enum err check_secret(const char *what, const char *secret, size_t least, size_t most, struct err_info *error)
{
    size_t len = strlen(secret);
    if (len < least || len > most)
        return err_set(error, ERR_USAGE, "%s on stdin has %zu characters; it must have %zu to %zu", what, len, least,
                       most);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)secret[i] < ' ' || secret[i] == 0x7F)
            return err_set(error, ERR_USAGE, "%s on stdin holds a control character", what);
    return ERR_OK;
}

enum err session_read_secret(const char *what, size_t least, size_t most, char **secret, struct err_info *error)
{
    size_t room = 0;
    *secret = NULL;
    ssize_t len = getline(secret, &room, stdin);
    if (len < 0) {
        free(*secret);
        *secret = NULL;
        return err_set(error, ERR_USAGE, "%s is expected on stdin, which is empty", what);
    }
    (*secret)[strcspn(*secret, "\r\n")] = '\0';
    enum err err = check_secret(what, *secret, least, most, error);
    if (err != ERR_OK) {
        crypto_wipe(*secret, room);
        free(*secret);
        *secret = NULL;
    }
    return err;
}

bool session_can_ask(void)
{
    return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

enum err session_confirm(const struct session *session, const char *question, struct err_info *error)
{
    if (session_has(session, OPTION_YES))
        return ERR_OK;
    if (!session_can_ask())
        return err_set(error, ERR_USAGE, "%s There is no terminal to ask on: pass --yes if that is wanted", question);
    struct buf safe = BUF_INIT;
    out_add_safe(&safe, question);
    fprintf(stderr, "%s Go on? [y/N] ", safe.data == NULL ? "" : safe.data);
    buf_fini(&safe);
    char *answer = NULL;
    size_t room = 0;
    bool yes = getline(&answer, &room, stdin) > 0 &&
               (strncasecmp(answer, "y\n", 2) == 0 || strncasecmp(answer, "yes\n", 4) == 0);
    free(answer);
    return yes ? ERR_OK : err_set(error, ERR_INTERRUPTED, "nothing was done");
}

/* ---- Ctrl-C ------------------------------------------------------------------------------------------------------ */

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

void session_catch_interrupt(void)
{
    /* Without SA_RESTART: a nap ends at once. A second Ctrl-C does what it always does. */
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
}

bool session_interrupted(void)
{
    return interrupted != 0;
}

void session_nap(int64_t ms)
{
    struct timespec length = {.tv_sec = (time_t)(ms / CLOCK_MS_PER_S),
                              .tv_nsec = (long)(ms % CLOCK_MS_PER_S) * 1000000};
    if (!session_interrupted())
        nanosleep(&length, NULL);
}

/* ---- name lookup ------------------------------------------------------------------------------------------------- */

/* Takes the one row there must be; `what` is "app" or "repository". */
static enum err only_one(const PGresult *result, const char *what, const char *text, char id[ID_MAX],
                         struct err_info *error)
{
    if (pg_rows(result) == 0)
        return err_set(error, ERR_NOT_FOUND, "there is no %s \"%s\"", what, text);
    if (pg_rows(result) > 1)
        return err_set(error, ERR_CONFLICT, "more than one %s is called \"%s\": give its id, such as %s or %s", what,
                       text, pg_text(result, 0, 0), pg_text(result, 1, 0));
    snprintf(id, ID_MAX, "%s", pg_text(result, 0, 0));
    return ERR_OK;
}

enum err name_lookup_app(struct session *session, const char *text, char app_id[ID_MAX], struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, text);
    PGresult *result = NULL;
    enum err err = pg_exec(session->pg, &sql_producer_app_find, args, &result, error);
    if (err == ERR_OK)
        err = only_one(result, "app", text, app_id, error);
    if (err == ERR_NOT_FOUND)
        err_set(error, err, "there is no app \"%s\"; see: producer apps", text);
    PQclear(result);
    pg_args_drop(args);
    return err;
}

enum err name_lookup_repository(struct session *session, const char *app_id, const char *text,
                                char repository_id[ID_MAX], struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, app_id);
    pg_arg_text(args, text);
    PGresult *result = NULL;
    enum err err = pg_exec(session->pg, &sql_producer_repository_find, args, &result, error);
    if (err == ERR_OK)
        err = only_one(result, "repository", text, repository_id, error);
    if (err == ERR_NOT_FOUND)
        err_set(error, err, "the app %s watches no repository \"%s\"; see: producer repositories %s", app_id, text,
                app_id);
    PQclear(result);
    pg_args_drop(args);
    return err;
}

enum err name_lookup_operation(const char *text, struct err_info *error)
{
    if (id_is_operation(text))
        return ERR_OK;
    return err_set(error, ERR_USAGE, "\"%s\" is no operation's id: op_ and 26 characters; see: producer operations",
                   text);
}
