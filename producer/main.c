/*
 * producer: the command line. This file finds the command, reads settings and options, runs it, and turns what came of
 * it into an exit code.
 */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/base/beginning.h"
#include "common/base/fault.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/queue/recipe.h"
#include "producer/command.h"
#include "producer/out.h"
#include "producer/session.h"

static int main_fail(const struct err_info *error, bool json)
{
    out_error(error, json);
    return err_exit_code(error->code);
}

/* "--json" counts wherever it stands, so that a mistake in the words before it is reported in JSON as well. */
static bool wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

static enum err check_utf8(int argc, char **argv, struct err_info *error)
{
    for (int i = 1; i < argc; i++)
        if (!json_is_utf8(argv[i], strlen(argv[i])))
            return err_set(error, ERR_USAGE, "an argument is not UTF-8: %s", argv[i]);
    return ERR_OK;
}

static bool is_default(const struct config *config, const char *name)
{
    const struct config_entry *entries = config_entries();
    size_t at = 0;
    while (strcmp(entries[at].name, name) != 0)
        at++;
    return strcmp(config->origins[at], "default") == 0;
}

/* Results are what a person reads here: the log says no more than warnings unless log.level is set. */
static void start_log(const struct config *config)
{
    log_start("producer", is_default(config, "log.level") ? "warn" : config->log_level, config->log_format);
}

/* ---- help ------------------------------------------------------------------------------------------------------ */

static enum err unknown_command(const char *name, struct err_info *error)
{
    return err_set(error, ERR_USAGE, "there is no command \"%s\"; producer --help lists them", name);
}

static enum err help_on(const char *topic, struct err_info *error)
{
    const struct command *command = topic == NULL ? NULL : command_find(topic);
    if (topic == NULL)
        help_all(stdout);
    else if (strcmp(topic, "settings") == 0)
        help_settings(stdout);
    else if (command != NULL)
        help_command(command, stdout);
    else
        return unknown_command(topic, error);
    return ERR_OK;
}

static bool is_one_of(const char *word, const char *const *words)
{
    while (*words != NULL && strcmp(word, *words) != 0)
        words++;
    return *words != NULL;
}

/* What must work whatever the settings are like. True if it was asked for. */
static bool answer_without_settings(int argc, char **argv, enum err *err, struct err_info *error)
{
    static const char *const help[] = {"help", "--help", "-h", NULL}, *const version[] = {"--version", NULL};
    const char *word = argc > 1 ? argv[1] : "help", *last = argc > 2 ? argv[argc - 1] : "";
    *err = ERR_OK;
    if (is_one_of(word, help))
        *err = help_on(argc > 2 ? argv[2] : NULL, error);
    else if (is_one_of(word, version))
        puts("producer " REPRISE_VERSION);
    else if (is_one_of(last, help + 1))
        *err = help_on(word, error);
    else
        return false;
    return true;
}

/* ---- running --------------------------------------------------------------------------------------------------- */

static enum err check_words(const struct session *session, struct err_info *error)
{
    const struct command *command = session->command;
    int count = session->arguments.word_count;
    if (count >= command->least && (command->most < 0 || count <= command->most))
        return ERR_OK;
    return err_set(error, ERR_USAGE, "%s takes %s%s%s", command->name,
                   *command->words == '\0' ? "no words, only options" : command->words,
                   count > command->least ? "; too much: " : "",
                   count > command->least ? session->arguments.words[command->most] : "");
}

static int command_run_checked(struct session *session, struct err_info *error)
{
    enum err err = check_words(session, error);
    if (err != ERR_OK && !session->json)
        help_usage(session->command, stderr);
    if (err == ERR_OK)
        err = session->command->run(session, error);
    if (err != ERR_OK)
        return main_fail(error, session->json);
    return session->exit_code;
}

static int run_command(struct session *session, int argc, char **argv, struct err_info *error)
{
    session->command = command_find(argv[1]);
    if (session->command == NULL) {
        unknown_command(argv[1], error);
        return main_fail(error, session->json);
    }
    uint64_t allowed = session->command->options | OPTION(OPTION_JSON) | OPTION(OPTION_HELP);
    enum err err = option_parse(allowed, argc - 2, argv + 2, &session->arguments, error);
    if (err == ERR_OK)
        err = fault_init(error);
    if (err != ERR_OK)
        return main_fail(error, session->json);
    if (session_has(session, OPTION_HELP)) {
        help_command(session->command, stdout);
        return 0;
    }
    return command_run_checked(session, error);
}

/* A reader that left early (a pipe to head) is no failure worth words, but the result did not arrive. */
static int main_finish(int code)
{
    return out_flush() || code != 0 ? code : err_exit_code(ERR_PERMANENT);
}

/* "--json" may stand before the command, too. */
static void drop_leading_json(int *argc, char **argv)
{
    while (*argc > 1 && strcmp(argv[1], "--json") == 0) {
        memmove(&argv[1], &argv[2], (size_t)(*argc - 1) * sizeof *argv);
        --*argc;
    }
}

static int with_settings(struct session *session, int argc, char **argv, struct err_info *error)
{
    int code = 0;
    session_init(session);
    start_log(&session->config);
    drop_leading_json(&argc, argv);
    if (argc > 1 && strcmp(argv[1], "--print-config") == 0)
        config_print(&session->config, stdout);
    else if (argc > 1)
        code = run_command(session, argc, argv, error);
    else
        help_all(stdout);
    session_fini(session);
    return code;
}

int main(int argc, char **argv)
{
    struct session session = {.json = wants_json(argc, argv)};
    struct err_info error = {0};
    const char *file = NULL;
    int code = 0;
    beginning_fill_descriptors();
    setlocale(LC_CTYPE, "C.UTF-8"); /* the width of characters, in tables */
    signal(SIGPIPE, SIG_IGN);
    enum err err = check_utf8(argc, argv, &error);
    if (err == ERR_OK)
        err = config_take_file(&argc, argv, &file, &error);
    if (err == ERR_OK && !answer_without_settings(argc, argv, &err, &error)) {
        err = config_read(&session.config, file, &argc, argv, &error);
        if (err == ERR_OK) {
            recipe_use_role(session.config.jobs_role, session.config.jobs_statement_timeout_ms);
            code = with_settings(&session, argc, argv, &error);
        }
    }
    if (err != ERR_OK)
        code = main_fail(&error, session.json);
    return main_finish(code);
}
