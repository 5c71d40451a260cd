/*
 * A running program of a definition's own, spoken to by lines on its stdin and stdout. It is in a process group of its
 * own and ends with it. For command.c.
 */
#ifndef REPRISE_WORKER_RUN_PROGRAM_H
#define REPRISE_WORKER_RUN_PROGRAM_H

#include "common/store/child.h"

#define PROGRAM_LINE_MAX (256 * 1024)
#define PROGRAM_WORDS_MAX 300

struct program;

/* Checks that `name` is an executable file below `directory` to which no link leads, and that neither of them may be
 * written by all users; fills in its path, the caller's. ERR_LOCAL says what this host lacks. */
MUST_CHECK enum err program_find(const char *directory, const char *name, char **path, struct err_info *error);

/* `argv`, `environment`, `directory` and the limits of `spec` count, nothing else. ERR_LOCAL: it cannot be started. */
MUST_CHECK enum err program_start(const struct child_spec *spec, struct program **program, struct err_info *error);

/* Queues a line, its end included; program_next sends it. */
void program_say(struct program *program, const char *line, size_t len);
/* How much is queued. */
size_t program_unsent(const struct program *program);
/* Lines that the program has not begun to get are not sent. */
void program_forget_unsent(struct program *program);
bool program_has_ended(const struct program *program);

enum program_event {
    PROGRAM_LINE,
    PROGRAM_QUIET,  /* nothing came for so long */
    PROGRAM_ENDED,  /* and there is no line left */
    PROGRAM_ENDLESS /* a line of more than PROGRAM_LINE_MAX bytes */
};
/* The next line that it says, without its end, NUL-terminated; it lives until the next call. */
enum program_event program_next(struct program *program, int64_t wait_ms, const char **line, size_t *len);

/* Behind what is queued comes the end of its input; nothing may be said any more. */
void program_end_input(struct program *program);
/* Asks its process group to end (SIGTERM). */
void program_ask_to_end(struct program *program);

struct program_end {
    int exit_code;                 /* of a program that ended by itself */
    int signal;                    /* 0 = it did */
    bool closed_stdout;            /* it did not end, but will say nothing more */
    char words[PROGRAM_WORDS_MAX]; /* the last it said on stderr, in one line */
};
/* Its input ends, and it gets a moment to end by itself; then as program_drop. Takes NULL. */
void program_retire(struct program *program);
/* Kills what is left of it, waits, and tells how it ended; both may be NULL. */
void program_drop(struct program *program, struct program_end *end);

#endif
