/* Help, made from the tables: of commands, of options, of settings. */
#ifndef REPRISE_PRODUCER_HELP_H
#define REPRISE_PRODUCER_HELP_H

#include <stdio.h>

#include "producer/command.h"

/* All commands by group, one line each, and how to go on. */
void help_all(FILE *out);
/* Usage, what it does, options, an example, exit codes. */
void help_command(const struct command *command, FILE *out);
/* "usage: producer resync <app> <repo>": the line that goes with a mistake. */
void help_usage(const struct command *command, FILE *out);
/* Every setting with its default: flag, environment and file share the names. */
void help_settings(FILE *out);

#endif
