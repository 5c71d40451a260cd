/*
 * dashboard: the HTTP API and the web page. This file finds out what is wanted: to serve, to hash a password, to issue
 * a token.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/beginning.h"
#include "common/base/clock.h"
#include "common/base/crypto.h"
#include "common/base/log.h"
#include "common/queue/recipe.h"
#include "common/store/address.h"
#include "dashboard/password.h"
#include "dashboard/server.h"
#include "dashboard/token.h"

static void print_help(void)
{
    puts("usage: dashboard [--SETTING VALUE …]\n"
         "       dashboard hash-password\n"
         "       dashboard token --subject NAME --expires DURATION [--role viewer|operator|admin]\n"
         "       dashboard revoke-token TOKEN|ID\n"
         "       dashboard revoke-token --subject NAME\n"
         "\n"
         "Without a command it serves the HTTP API and the web page until it is stopped.\n"
         "\n"
         "  hash-password     reads a password (from a terminal without showing it, else a line of stdin) and prints\n"
         "                    its scrypt hash, for dashboard.password_hash (REPRISE_DASHBOARD_PASSWORD_HASH)\n"
         "  token             prints a JSON Web Token for a program that calls the API; needs REPRISE_JWT_SECRET.\n"
         "                    A viewer looks, an operator starts and stops work, an admin (the default) also changes\n"
         "                    apps, repositories and definitions. Its id is printed to stderr\n"
         "  revoke-token      revokes a token, or all that a subject was given until now, for all dashboards at once;\n"
         "                    needs PostgreSQL\n"
         "  --help            this text\n"
         "  --version         the version\n"
         "  --print-config    all settings with their values and where each comes from, secrets masked\n"
         "  --config FILE     the file of settings; else REPRISE_CONFIG, else /etc/reprise/reprise.yaml\n"
         "\n"
         "Settings (flag over environment over file; REPRISE_DASHBOARD_LISTEN is --dashboard-listen). At SIGHUP a\n"
         "running dashboard takes over those that are marked so; the rest counts from a restart:\n");
    for (const struct config_entry *entry = config_entries(); entry->name != NULL; entry++)
        printf("  %-34s %s%s%s%s\n", entry->name, entry->help, entry->fallback[0] == '\0' ? "" : "; default ",
               entry->secret ? "" : entry->fallback, entry->reloadable ? " (SIGHUP)" : "");
}

/* ---- hash-password ----------------------------------------------------------------------------------------------- */

static enum err hash_password(struct err_info *error)
{
    char hash[PASSWORD_HASH_MAX], *password = password_read("Password: ");
    if (password == NULL)
        return err_set(error, ERR_USAGE, "a password is expected on stdin, which is empty");
    enum err err = password_hash(password, hash, error);
    crypto_wipe(password, strlen(password));
    free(password);
    if (err == ERR_OK)
        puts(hash);
    return err;
}

/* ---- token ------------------------------------------------------------------------------------------------------- */

/* "--name value" or "--name=value" among the words; NULL if it is not there. */
static const char *option(int argc, char **argv, const char *name)
{
    size_t len = strlen(name);
    for (int i = 2; i < argc; i++) {
        if (strncmp(argv[i], name, len) != 0)
            continue;
        if (argv[i][len] == '=')
            return argv[i] + len + 1;
        if (argv[i][len] == '\0' && i + 1 < argc)
            return argv[i + 1];
    }
    return NULL;
}

/* It is in the token, too, but not in a form that a person reads. */
static void print_token_id(const struct config *config, const char *token)
{
    struct token_claims claims;
    struct err_info ignored;
    if (token_verify(config->jwt_secret, token, &claims, &ignored) == ERR_OK)
        fprintf(stderr, "To revoke it: dashboard revoke-token %s\n", claims.id);
}

static enum err issue_token(int argc, char **argv, const struct config *config, struct err_info *error)
{
    const char *subject = option(argc, argv, "--subject"), *expires = option(argc, argv, "--expires"),
               *role_word = option(argc, argv, "--role");
    enum role role = role_word == NULL ? ROLE_ADMIN : role_of(role_word);
    char *token = NULL;
    int64_t ms = 0;
    if (subject == NULL || expires == NULL)
        return err_set(error, ERR_USAGE,
                       "usage: dashboard token --subject NAME --expires DURATION (like 12h or 30d) "
                       "[--role viewer|operator|admin]");
    if (role == ROLE_NONE)
        return err_set(error, ERR_USAGE, "--role: \"%s\" is none of viewer, operator, admin", role_word);
    enum err err = duration_parse(expires, &ms, error);
    if (err == ERR_OK && ms < 1000)
        err = err_set(error, ERR_USAGE, "--expires: a token must live for a second or more");
    if (err == ERR_OK)
        err = token_issue(config->jwt_secret, &(struct token_grant){subject, role, ms}, &token, error);
    if (err == ERR_OK)
        puts(token);
    if (err == ERR_OK)
        print_token_id(config, token);
    free(token);
    return err;
}

static enum err revoke_token(int argc, char **argv, const struct config *config, struct err_info *error)
{
    const char *subject = option(argc, argv, "--subject");
    enum err err = subject != NULL ? token_revoke_subject(config, subject, error)
                   : argc == 3     ? token_revoke(config, argv[2], error)
                                   : err_set(error, ERR_USAGE,
                                             "usage: dashboard revoke-token TOKEN|ID, or: revoke-token --subject NAME");
    if (err == ERR_OK)
        puts(subject != NULL ? "All tokens that this subject was given until now are revoked."
                             : "The token is revoked.");
    return err;
}

/* ---- what is wanted ---------------------------------------------------------------------------------------------- */

static enum err run(int argc, char **argv, struct config_live *settings, struct err_info *error)
{
    const struct config *config = config_now(settings);
    const char *word = argc > 1 ? argv[1] : "";
    recipe_use_role(config->jobs_role, config->jobs_statement_timeout_ms);
    if (argc > 1)
        beginning_let_signals_come(serve_signals); /* a command ends by them, as commands do */
    if (strcmp(word, "hash-password") == 0 && argc == 2)
        return hash_password(error);
    if (strcmp(word, "token") == 0)
        return issue_token(argc, argv, config, error);
    if (strcmp(word, "revoke-token") == 0)
        return revoke_token(argc, argv, config, error);
    if (argc > 1 && strcmp(word, "--print-config") != 0)
        return err_set(error, ERR_USAGE, "\"%.*s\" is not known; see: dashboard --help", (int)strcspn(word, "="), word);
    if (argc > 1) {
        config_print(config, stdout);
        return ERR_OK;
    }
    log_start("dashboard", config->log_level, config->log_format);
    return serve(settings, error);
}

int main(int argc, char **argv)
{
    struct config_live *settings = NULL;
    struct err_info error = {0};
    const char *file = NULL;
    beginning_fill_descriptors();
    beginning_hold_signals(serve_signals);
    signal(SIGPIPE, SIG_IGN);
    if (config_wants_help(argc, argv)) {
        print_help();
        return 0;
    }
    enum err err = config_take_file(&argc, argv, &file, &error);
    if (err == ERR_OK && argc > 1 && strcmp(argv[1], "--version") == 0) {
        puts("dashboard " REPRISE_VERSION);
        return 0;
    }
    if (err == ERR_OK)
        err = config_live_read(&settings, file, &argc, argv, address_settings_check, &error);
    if (err == ERR_OK) {
        err = run(argc, argv, settings, &error);
        config_live_drop(settings);
    }
    if (err == ERR_OK)
        return 0;
    fprintf(stderr, "dashboard: %s\n", error.text);
    return err_exit_code(err);
}
