/*
 * The program of a definition's own that an executor keeps running from one chunk of the kind `command` to the next.
 */
#ifndef REPRISE_WORKER_RUN_COMMAND_TOOLS_H
#define REPRISE_WORKER_RUN_COMMAND_TOOLS_H

#include "worker/run.h"
#include "worker/run/program.h"

struct command_tools {
    struct program *program; /* NULL: none runs */
    char *key;               /* what it was started with */
    char *operation_id;      /* whose hello it has heard */
};

/* The program runs, and knows for which operation: the one that ran before, if it was started with the same, or one
 * that is `*started`. ERR_LOCAL: this host cannot run it. ERR_PERMANENT: none could, with these arguments. */
MUST_CHECK enum err command_tools_ready(const struct run *run, const struct definition_command *command,
                                        struct command_tools *tools, bool *started, struct err_info *error);
/* Ends it, if one runs; `end` as of program_drop. */
void command_tools_end_program(struct command_tools *tools, struct program_end *end);
/* With all that is kept. */
void command_tools_drop(void *tools);

#endif
