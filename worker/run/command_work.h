/*
 * A chunk of jobs in the hands of a program of a definition's own: what command.c, which gives it the jobs, and
 * command_answers.c, which understands what it says, know of it.
 */
#ifndef REPRISE_WORKER_RUN_COMMAND_WORK_H
#define REPRISE_WORKER_RUN_COMMAND_WORK_H

#include "worker/run/command_tools.h"
#include "worker/run/hand.h"

struct command_work {
    struct run *run;
    const struct definition_command *command;
    struct command_tools *tools;
    struct hand *hand;
    bool has_effect;
    int64_t heard_ms; /* clock_mono_ms when the program said something last, or got something to do */
    bool is_new;      /* the program was started for these jobs, and has answered nothing yet */
    int deaths;       /* of new programs, in a row */
    int log_lines;
};

/* Understands a line of the program: an answer becomes the result of its job. ERR_RETRY with a text: the program is out
 * of step, and nothing further that it says can be believed. */
MUST_CHECK enum err command_hear_line(struct command_work *work, const char *line, size_t len, struct err_info *fault);

#endif
