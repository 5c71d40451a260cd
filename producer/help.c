/*
 * All help is made from the tables (commands.c, option.c, common/base/config.h), so that it cannot differ from what is
 * parsed. Lines are wrapped here; texts of commands bring their own ends of lines.
 */
#include "producer/command.h"

#include <string.h>

#include "common/base/config.h"

#define USAGE_COLUMNS 100
#define USAGE_INDENT 8 /* of a line that goes on */

static const char always[] = "  0    done; of a request that is not waited for: accepted\n";

static void print_commands(FILE *out)
{
    const char *group = "";
    for (const struct command *c = commands; c->name != NULL; c++) {
        if (strcmp(group, c->group) != 0)
            fprintf(out, "\n%s\n", c->group);
        group = c->group;
        fprintf(out, "  %-18s %s\n", c->name, c->summary);
    }
}

void help_all(FILE *out)
{
    fputs("usage: producer COMMAND [words and options]\n"
          "\n"
          "Asks Reprise for work, and shows what becomes of it. <app> is an app's id or name, <repo> a repository's\n"
          "id, URL or owner/name, <op> an operation's id. It is installed as reprise, too.\n",
          out);
    print_commands(out);
    fputs("\nHelp\n"
          "  help COMMAND       what a command does, its options, an example; also: COMMAND --help\n"
          "  help settings      every setting, for --SETTING, REPRISE_SETTING and the file\n"
          "  --version          the version\n"
          "  --print-config     the settings as they are, and where each comes from; secrets masked\n"
          "\n"
          "For every command\n"
          "  --json             one JSON document on stdout; an error as {\"error\":{\"code\",\"text\"}} on stderr\n"
          "  --config FILE      the file of settings; else REPRISE_CONFIG, else /etc/reprise/reprise.yaml\n"
          "\n"
          "Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 conflict, 5 a store is unreachable, 130 interrupted.\n"
          "\n"
          "To begin: producer migrate; producer add-app NAME URL; producer add-repository <app> URL;\n"
          "producer resync-app <app> --watch\n",
          out);
}

/* Adds a word to a line that is broken before it grows too wide; returns the column behind it. */
static int add_word(int column, const char *name, const char *value, FILE *out)
{
    int width = (int)strlen(name) + (value == NULL ? 0 : 1 + (int)strlen(value)) + (int)strlen(" []");
    if (column + width > USAGE_COLUMNS)
        column = fprintf(out, "\n%*s", USAGE_INDENT, "") - 1;
    fprintf(out, " [%s%s%s]", name, value == NULL ? "" : " ", value == NULL ? "" : value);
    return column + width;
}

void help_usage(const struct command *command, FILE *out)
{
    int column =
        fprintf(out, "usage: producer %s%s%s", command->name, *command->words == '\0' ? "" : " ", command->words);
    for (int id = 0; id < OPTION_COUNT; id++)
        if ((command->options & OPTION(id)) != 0)
            column = add_word(column, options[id].name, options[id].value, out);
    add_word(column, "--json", NULL, out);
    fputc('\n', out);
}

static void print_options(const struct command *command, FILE *out)
{
    uint64_t all = command->options | OPTION(OPTION_JSON) | OPTION(OPTION_HELP);
    fputs("\nOptions:\n", out);
    for (int id = 0; id < OPTION_COUNT; id++) {
        char left[40];
        if ((all & OPTION(id)) == 0)
            continue;
        snprintf(left, sizeof left, "%s%s%s", options[id].name, options[id].value == NULL ? "" : " ",
                 options[id].value == NULL ? "" : options[id].value);
        fprintf(out, "  %-20s %s\n", left, options[id].help);
    }
}

static void print_indented(const char *text, FILE *out)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        fprintf(out, "  %.*s\n", (int)len, text);
        text += len + (text[len] == '\n');
    }
}

void help_command(const struct command *command, FILE *out)
{
    help_usage(command, out);
    fprintf(out, "\n%s\n", command->text);
    print_options(command, out);
    fputs("\nExample:\n", out);
    print_indented(command->example, out);
    fputs("\nExit codes:\n", out);
    fputs(always, out);
    fputs("  1    failed\n"
          "  2    the command, an option, an argument or a setting is wrong\n"
          "  3    what it names does not exist\n"
          "  4    it exists, but its state refuses this\n"
          "  5    a store is unreachable\n"
          "  130  interrupted: what was accepted goes on\n",
          out);
}

void help_settings(FILE *out)
{
    fputs("Each setting may stand in the file (nested keys for the dots), in the environment, or among the flags; the\n"
          "last of these wins. postgres.url is REPRISE_POSTGRES_URL and --postgres-url. Secrets are no flags.\n\n",
          out);
    for (const struct config_entry *entry = config_entries(); entry->name != NULL; entry++)
        fprintf(out, "  %-24s %s%s%s\n", entry->name, entry->help, *entry->fallback == '\0' ? "" : "; default ",
                entry->fallback);
}
