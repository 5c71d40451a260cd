/*
 * A program of a definition's own: its pipes never block, what it says beyond lines is bounded, and what it says on
 * stderr is read away, so that it never waits for us; the last of it is kept, since that is why it failed.
 */
#include "worker/run/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/input_file.h"
#include "common/base/mem.h"
#include "common/store/child.h"

#define READ_BYTES 65536
#define MOMENT_MS 1000 /* for a program to end by itself */

struct program {
    struct child_process process;
    bool input_ends;   /* behind what is queued */
    bool dead;         /* the process has ended; what it said may still be there */
    struct buf unsent; /* from `sent` on */
    size_t sent;
    struct buf said; /* from `taken` on */
    size_t taken, searched;
    struct buf err;
};

/* ---- where it is ------------------------------------------------------------------------------------------------- */

/* Why it cannot be run; NULL if it can. */
static const char *file_fault(int fd)
{
    struct stat file;
    if (fstat(fd, &file) != 0)
        return strerror(errno);
    if (!S_ISREG(file.st_mode))
        return "it is no file";
    if ((file.st_mode & S_IWOTH) != 0)
        return "all users may write it";
    return (file.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0 ? "it is not executable" : NULL;
}

static const char *fault_below(int directory, const char *name)
{
    struct stat status;
    if (directory < 0 || fstat(directory, &status) != 0)
        return strerror(errno);
    if ((status.st_mode & S_IWOTH) != 0)
        return "all users may write that directory";
    int fd = beneath_open(directory, name, O_NONBLOCK, BENEATH_NO_LINKS);
    if (fd < 0)
        return errno == ELOOP || errno == EXDEV ? "a link leads to it" : strerror(errno);
    const char *fault = file_fault(fd);
    close(fd);
    return fault;
}

enum err program_find(const char *directory, const char *name, char **path, struct err_info *error)
{
    int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    const char *fault = fault_below(fd, name);
    if (fd >= 0)
        close(fd);
    *path = NULL;
    if (fault != NULL)
        return err_set(error, ERR_LOCAL, "the program %s below %s (jobs.commands) cannot be run: %s", name, directory,
                       fault);
    struct buf text = BUF_INIT;
    buf_addf(&text, "%s/%s", directory, name);
    *path = buf_take(&text);
    return ERR_OK;
}

/* ---- talking ----------------------------------------------------------------------------------------------------- */

enum err program_start(const struct child_spec *spec, struct program **program, struct err_info *error)
{
    struct program *new = mem_zalloc(sizeof *new);
    enum err err = child_spawn(spec, CHILD_STDIN_SOCKET, &new->process, error);
    *program = err == ERR_OK ? new : NULL;
    if (err != ERR_OK)
        free(new);
    return err;
}

void program_say(struct program *program, const char *line, size_t len)
{
    if (program->sent == program->unsent.len) {
        buf_reset(&program->unsent);
        program->sent = 0;
    }
    if (program->sent > program->unsent.len / 2) { /* the byte before stays: it tells whether a line was begun */
        size_t gone = program->sent - 1;
        memmove(program->unsent.data, program->unsent.data + gone, program->unsent.len - gone);
        program->unsent.len -= gone;
        program->sent = 1;
    }
    buf_add(&program->unsent, line, len);
}

void program_forget_unsent(struct program *program)
{
    size_t left = program_unsent(program);
    if (left == 0)
        return;
    char *rest = program->unsent.data + program->sent;
    bool begun = program->sent > 0 && rest[-1] != '\n';
    char *end = begun ? memchr(rest, '\n', left) : NULL;
    program->unsent.len = program->sent + (end == NULL ? 0 : (size_t)(end - rest) + 1);
}

size_t program_unsent(const struct program *program)
{
    return program->unsent.len - program->sent;
}

/* What the program does not take now stays. One that has closed its stdin is heard to its end all the same. */
static void send_queued(struct program *program)
{
    while (program_unsent(program) > 0 && program->process.in >= 0) {
        ssize_t sent =
            send(program->process.in, program->unsent.data + program->sent, program_unsent(program), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN)
            return;
        program->sent = sent < 0 ? program->unsent.len : program->sent + (size_t)sent;
    }
    if (program->input_ends && program->process.in >= 0)
        shutdown(program->process.in, SHUT_WR);
}

void program_end_input(struct program *program)
{
    program->input_ends = true;
}

static void take_stderr(struct program *program)
{
    char bytes[4096];
    if (program->process.err >= 0) {
        size_t got = child_drain(&program->process.err, bytes, sizeof bytes);
        child_keep_last(&program->err, bytes, got, PROGRAM_WORDS_MAX - 1);
    }
}

/* Whether something came. */
static bool read_more(struct program *program)
{
    if (program->process.out < 0)
        return false;
    if (program->taken > 0) {
        memmove(program->said.data, program->said.data + program->taken, program->said.len - program->taken);
        program->said.len -= program->taken;
        program->taken = program->searched = 0;
    }
    char bytes[READ_BYTES];
    size_t got = child_drain(&program->process.out, bytes, sizeof bytes);
    buf_add(&program->said, bytes, got);
    return got > 0;
}

static bool take_line(struct program *program, const char **line, size_t *len)
{
    size_t from = program->searched > program->taken ? program->searched : program->taken;
    char *begin = program->said.data;
    char *end = program->said.len > from ? memchr(begin + from, '\n', program->said.len - from) : NULL;
    program->searched = program->said.len;
    if (end == NULL)
        return false;
    *end = '\0';
    *line = begin + program->taken;
    *len = (size_t)(end - *line);
    program->taken = program->searched = (size_t)(end - begin) + 1;
    return true;
}

static void wait_for(struct program *program, int64_t wait_ms)
{
    struct pollfd fds[4] = {{.fd = program->process.out, .events = POLLIN},
                            {.fd = program->process.err, .events = POLLIN},
                            {.fd = program->process.pidfd, .events = POLLIN},
                            {.fd = program_unsent(program) > 0 ? program->process.in : -1, .events = POLLOUT}};
    if (poll(fds, 4, (int)wait_ms) <= 0)
        return;
    if (fds[1].revents != 0)
        take_stderr(program);
    program->dead = program->dead || fds[2].revents != 0;
}

enum program_event program_next(struct program *program, int64_t wait_ms, const char **line, size_t *len)
{
    int64_t until_ms = clock_mono_ms() + wait_ms;
    for (;;) {
        if (take_line(program, line, len))
            return PROGRAM_LINE;
        if (program->said.len - program->taken > PROGRAM_LINE_MAX)
            return PROGRAM_ENDLESS;
        send_queued(program);
        bool was_dead = program->dead;
        if (read_more(program))
            continue;
        if (program->process.out < 0 || was_dead)
            return PROGRAM_ENDED;
        int64_t left = until_ms - clock_mono_ms();
        if (left < 0 && !program->dead)
            return PROGRAM_QUIET;
        wait_for(program, left < 0 ? 0 : left);
    }
}

bool program_has_ended(const struct program *program)
{
    struct pollfd fd = {.fd = program->process.pidfd, .events = POLLIN};
    return poll(&fd, 1, 0) > 0;
}

/* ---- its end ----------------------------------------------------------------------------------------------------- */

void program_ask_to_end(struct program *program)
{
    kill(-program->process.pid, SIGTERM);
}

/* In one line: what stood on several is joined. */
static void keep_words(struct program *program, char words[PROGRAM_WORDS_MAX])
{
    for (int reads = 0; reads < 16 && program->process.err >= 0; reads++)
        take_stderr(program);
    child_trim(&program->err, PROGRAM_WORDS_MAX - 1);
    snprintf(words, PROGRAM_WORDS_MAX, "%s", program->err.len > 0 ? program->err.data : "");
    for (char *at = words; *at != '\0'; at++)
        if (*at == '\n')
            *at = at[1] == '\0' ? '\0' : ' ';
}

/* Many a program closes its stdout a little before it ends. */
static bool ends_by_itself(const struct program *program)
{
    struct pollfd fd = {.fd = program->process.pidfd, .events = POLLIN};
    return poll(&fd, 1, MOMENT_MS) > 0;
}

void program_retire(struct program *program)
{
    const char *line;
    size_t len;
    if (program == NULL)
        return;
    int64_t until_ms = clock_mono_ms() + MOMENT_MS;
    enum program_event event = PROGRAM_QUIET;
    program_forget_unsent(program);
    program_end_input(program);
    while ((event == PROGRAM_LINE || event == PROGRAM_QUIET) && clock_mono_ms() < until_ms)
        event = program_next(program, MOMENT_MS / 10, &line, &len);
    program_drop(program, NULL);
}

void program_drop(struct program *program, struct program_end *end)
{
    struct program_end ignored;
    if (program == NULL)
        return;
    if (end == NULL)
        end = &ignored;
    *end = (struct program_end){.exit_code = 0};
    keep_words(program, end->words);
    bool ended = end == &ignored || ends_by_itself(program);
    int status = child_end(&program->process);
    end->closed_stdout = !ended;
    end->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    end->signal = ended && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    buf_fini(&program->unsent);
    buf_fini(&program->said);
    buf_fini(&program->err);
    free(program);
}
