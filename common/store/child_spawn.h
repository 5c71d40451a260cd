/*
 * How a child comes to be and how it ends, for child_run.c alone. Not for
 * others: child.h is the contract.
 */
#ifndef REPRISE_STORE_CHILD_SPAWN_H
#define REPRISE_STORE_CHILD_SPAWN_H

#include <sys/types.h>

#include "common/store/child.h"

/* How often `tick` is asked. */
#define CHILD_TICK_MS 500

enum child_stdin { CHILD_STDIN_NULL, CHILD_STDIN_SOCKET };

/* Our side of it; the descriptors do not block. `pidfd` becomes readable when the child itself has ended, also where a
 * grandchild keeps the pipes open. */
struct child_process {
    pid_t pid;
    int pidfd;
    int in; /* a socket, so that a write to a dead child is an error and no SIGPIPE; -1 = /dev/null */
    int out, err;
};

/* ERR_LOCAL: no such program, or the system is out of something. On success child_end is owed. */
MUST_CHECK enum err child_spawn(const struct child_spec *spec, enum child_stdin input, struct child_process *process,
                                struct err_info *error);
/* Kills what is left of the group. The leader must not have been waited for: its id is what keeps the group's number.
 */
void child_kill(const struct child_process *process);
/* Kills the group, closes our ends, waits; returns the status as waitpid has it. */
int child_end(struct child_process *process);

/* Reads once from `*fd` into `bytes`; at the stream's end or on error `*fd` is closed and -1. Returns how much came. */
size_t child_drain(int *fd, void *bytes, size_t size);
/* Appends and keeps the last `max` bytes, give or take a factor of two: what a program says last is why it failed. */
void child_keep_last(struct buf *buf, const void *bytes, size_t len, size_t max);
/* Cuts what child_keep_last gathered to the last `max` bytes. */
void child_trim(struct buf *buf, size_t max);

#endif
