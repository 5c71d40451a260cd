/*
 * Child processes: a program run with a fixed argument vector and environment, its output read with bounds, watched by
 * deadlines from outside. No shell. The child is in a process group of its own, which is killed as a whole, and dies
 * with the thread's process (PR_SET_PDEATHSIG).
 */
#ifndef REPRISE_STORE_CHILD_H
#define REPRISE_STORE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/buf.h"
#include "common/base/err.h"

/* Asked about every 500 ms while a child (or a request) runs: ERR_OK = go on; anything else ends it with that error. */
typedef enum err child_tick_fn(void *context, struct err_info *error);

#define CHILD_PASSED_FD 4

struct child_spec {
    const char *const *argv;        /* NULL-terminated; argv[0] is looked up in PATH */
    const char *const *environment; /* the whole environment, NULL-terminated: nothing is inherited */
    const char *directory;          /* NULL = stay */
    int64_t silence_ms;             /* killed after so long without output or progress; 0 = no limit */
    int64_t total_ms;               /* killed after so long in all; 0 = no limit */
    int pass_fd;                    /* becomes the child's descriptor CHILD_PASSED_FD; 0 = none */
    int64_t memory_bytes;           /* address space of each of its processes (RLIMIT_AS); 0 = as ours */
    int64_t cpu_s, open_files;      /* RLIMIT_CPU, RLIMIT_NOFILE of each; 0 = as ours */
    size_t max_out, max_err; /* how much is kept: the first of stdout, the last of stderr (that says why it failed);
                                the rest is read and dropped (and `cut` set) */
    child_tick_fn *tick;     /* may be NULL */
    void *tick_context;
};

struct child_result {
    int exit_code; /* -1 if it ended by a signal */
    int signal;
    bool cut;
    struct buf out, err;
};

/* Runs it to its end. ERR_OK whenever it ended by itself, whatever its exit code. ERR_RETRY: killed by a deadline;
 * ERR_LOCAL: it could not be started; or tick's error. child_result_fini is owed in all cases. */
MUST_CHECK enum err child_run(const struct child_spec *spec, struct child_result *result, struct err_info *error);
void child_result_fini(struct child_result *result);

/* A child that stays, spoken to over pipes (git cat-file --batch). Each wait of a read or write lasts silence_ms at
 * most; total_ms and max_out mean nothing here. After an error it is out of step: drop it. */
struct child;
MUST_CHECK enum err child_start(const struct child_spec *spec, struct child **child, struct err_info *error);
MUST_CHECK enum err child_write(struct child *child, const void *bytes, size_t len, struct err_info *error);
/* Exactly `len` bytes; ERR_RETRY at the stream's end or after silence_ms. */
MUST_CHECK enum err child_read(struct child *child, void *bytes, size_t len, struct err_info *error);
/* Up to and without the next '\n', NUL-terminated; ERR_RETRY if that is more than `max` bytes. */
MUST_CHECK enum err child_read_line(struct child *child, char *line, size_t max, struct err_info *error);
/* Ends it (kills the group) and waits; takes NULL. */
void child_drop(struct child *child);

/* ---- how a child comes to be and ends ---------------------------------------------------------------------------- */

/* For those who speak with it themselves: child_run.c, and the programs of definitions (worker/run/program.c). */

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
