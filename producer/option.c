/*
 * The table of options, and reading them. An option that a command does not take is a mistake, never ignored. To add
 * one: its name in the enum, its row here, and its bit in the rows of the commands that take it (commands.c).
 */
#include "producer/option.h"

#include <stdlib.h>
#include <string.h>

const struct option options[OPTION_COUNT] = {
    [OPTION_JSON] = {"--json", NULL, "prints one JSON document on stdout; an error as one on stderr"},
    [OPTION_HELP] = {"--help", NULL, "prints this text"},
    [OPTION_YES] = {"--yes", NULL, "does not ask; needed where there is no terminal to ask on"},
    [OPTION_DRY_RUN] = {"--dry-run", NULL, "says what would be done, and does nothing"},
    [OPTION_NO_WAIT] = {"--no-wait", NULL, "prints the operation's id and does not wait for the result"},
    [OPTION_WATCH] = {"--watch", NULL, "follows the operation to its end, with a progress bar on a terminal"},
    [OPTION_OPERATION_ID] =
        {"--operation-id", "ID",
         "the operation's id, chosen by you: op_ and a ULID; repeating the request is harmless then"},
    [OPTION_FAILED] = {"--failed", NULL, "only those that failed"},
    [OPTION_STATE] =
        {"--state", "STATE",
         "only those in this state: running, paused, completed, failed, cancelled; or live, with-failures"},
    [OPTION_SCHEDULED] = {"--scheduled", "BOOL", "true: only what a schedule asked for; false: only what others did"},
    [OPTION_LIMIT] = {"--limit", "N", "at most so many lines, 1 to 1000; 50 by default"},
    [OPTION_CURSOR] = {"--cursor", "NEXT", "goes on with the next page: what the page before said under \"next\""},
    [OPTION_EMAIL] = {"--email", "TEXT", "whom to write to about the app"},
    [OPTION_WEBSITE] = {"--website", "URL", "where the app's own page is"},
    [OPTION_DESCRIPTION] = {"--description", "TEXT", "what the app does"},
    [OPTION_KEY_STDIN] = {"--key-stdin", NULL,
                          "reads the app's key from stdin (16 to 500 characters) instead of making one"},
    [OPTION_APP_ID] = {"--app-id", "ID", "the app's id, chosen by you: app_ and 24 hex digits"},
    [OPTION_BRANCH] = {"--branch", "NAME", "the branch to watch; the remote's HEAD by default"},
    [OPTION_TOKEN_STDIN] = {"--token-stdin", NULL, "reads the access token of a private repository from stdin"},
    [OPTION_STATUS] = {"--status", "STATUS",
                       "only workflows with this status: pending, running, completed, failed; several with commas"},
    [OPTION_FROM] = {"--from", "DATE", "not before this date: 2026-01-31, with or without time and zone (else UTC)"},
    [OPTION_TO] = {"--to", "DATE", "not after this date, which is included"},
    [OPTION_BATCH_SIZE] = {"--batch-size", "N", "workflows per transaction, 1 to 1000; 1000 by default"},
    [OPTION_FORCE] = {"--force", NULL, "replaces what is stored by what the files say, whatever the rule"},
    [OPTION_SILENT] = {"--silent", NULL, "shows no progress"},
    [OPTION_DIRECTORY] = {"--directory", "PATH", "below history.agents_dir; that itself by default"},
    [OPTION_OFFSET] = {"--offset", "N", "passes over so many first, at most 10000; further on: --cursor"},
    [OPTION_MODEL] = {"--model", "NAME", "only workflows with this model, by its whole name"},
    [OPTION_TEMPLATE] = {"--template", "NAME", "only workflows with this template, by its whole name"},
    [OPTION_SEARCH] = {"--search", "TEXT", "only workflows whose request has this text in it; three letters or more"},
    [OPTION_SORT_BY] = {"--sort-by", "KEY",
                        "created_at (default), start_time, actual_cost_total, duration_seconds, adw_id"},
    [OPTION_SORT_ORDER] = {"--sort-order", "ORDER", "asc or desc; desc by default"},
    [OPTION_MAX_COST] = {"--max-cost", "DOLLARS", "only what cost less; 0.50 by default"},
    [OPTION_MIN_TOKENS] = {"--min-tokens", "N", "only what used more tokens; 100000 by default"},
    [OPTION_DAYS] = {"--days", "N", "so many days back, today included; 30 by default"},
    [OPTION_GROUP_BY] = {"--group-by", "PERIOD", "day (default), week or hour (at most 31 days)"},
    [OPTION_REPAIR] = {"--repair", NULL, "mends what can be mended, and looks again"},
    [OPTION_DEEP] = {"--deep", NULL, "looks at everything, however long that takes, not at what is newest"},
};

/* The option of `len` characters that is among those allowed; OPTION_COUNT if there is none. */
static enum option_id option_find(uint64_t allowed, const char *text, size_t len)
{
    int id = 0;
    while (id < OPTION_COUNT && !((allowed & OPTION(id)) != 0 && strlen(options[id].name) == len &&
                                  strncmp(options[id].name, text, len) == 0))
        id++;
    return (enum option_id)id;
}

/* What is read, and how far. */
struct option_reader {
    uint64_t allowed;
    char **argv;
    int count, at;
};

/* Takes the option that stands there, with its value. */
static enum err option_take(struct option_reader *reader, struct arguments *arguments, struct err_info *error)
{
    const char *text = reader->argv[reader->at];
    size_t len = strcspn(text, "=");
    enum option_id id = option_find(reader->allowed, text, len);
    if (id == OPTION_COUNT)
        return err_set(error, ERR_USAGE, "there is no option %.*s here", (int)len, text);
    if (arguments->values[id] != NULL)
        return err_set(error, ERR_USAGE, "%s stands there twice", options[id].name);
    bool joined = text[len] == '=', wants_value = options[id].value != NULL;
    if (joined && !wants_value)
        return err_set(error, ERR_USAGE, "%s takes no value", options[id].name);
    if (wants_value && !joined && ++reader->at == reader->count)
        return err_set(error, ERR_USAGE, "%s needs a value: %s", options[id].name, options[id].help);
    arguments->values[id] = joined ? text + len + 1 : wants_value ? reader->argv[reader->at] : "";
    return ERR_OK;
}

enum err option_parse(uint64_t allowed, int count, char **argv, struct arguments *arguments, struct err_info *error)
{
    struct option_reader reader = {allowed, argv, count, 0};
    bool only_words = false;
    *arguments = (struct arguments){.words = argv};
    for (; reader.at < count; reader.at++) {
        char *text = argv[reader.at];
        enum err err = ERR_OK;
        if (!only_words && strcmp(text, "--") == 0)
            only_words = true;
        else if (!only_words && strncmp(text, "--", 2) == 0)
            err = option_take(&reader, arguments, error);
        else
            argv[arguments->word_count++] = text;
        if (err != ERR_OK)
            return err;
    }
    return ERR_OK;
}
