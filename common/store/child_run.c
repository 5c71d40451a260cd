/*
 * Children that are run to their end, and children that stay and are spoken to; child_spawn.c starts and ends both.
 * Waits are cut into pieces of CHILD_TICK_MS, so that the caller's tick can end one; output beyond the bounds is read
 * and dropped, so that a child never blocks on a full pipe. Called for git (git_fetch.c, git_clone.c).
 */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/store/child.h"

#define READ_SIZE 65536
/* What may still stand in the pipes of a child that has ended: a pipe holds 64 KiB, a grandchild may add to it. */
#define LAST_READS 64

struct run {
    const struct child_spec *spec;
    struct child_result *result;
    struct child_process process;
    int64_t started, spoke, ticked; /* clock_mono_ms */
};

static void keep_first(struct child_result *result, const char *bytes, size_t len, size_t max)
{
    size_t room = max - result->out.len;
    if (len > room) {
        result->cut = true;
        len = room;
    }
    buf_add(&result->out, bytes, len);
}

/* Takes what one stream has; says whether there was something. */
static bool take_output(struct run *run, int *fd)
{
    char bytes[READ_SIZE];
    if (*fd < 0)
        return false;
    bool is_out = fd == &run->process.out;
    size_t got = child_drain(fd, bytes, sizeof bytes);
    if (got == 0)
        return false;
    run->spoke = clock_mono_ms();
    if (is_out) {
        keep_first(run->result, bytes, got, run->spec->max_out);
    } else {
        child_keep_last(&run->result->err, bytes, got, run->spec->max_err);
        run->result->cut |= run->result->err.len > run->spec->max_err;
    }
    return true;
}

static enum err check_deadlines(struct run *run, int64_t now, struct err_info *error)
{
    const struct child_spec *spec = run->spec;
    char length[CLOCK_ISO_MAX];
    if (spec->total_ms > 0 && now - run->started >= spec->total_ms)
        return err_set(error, ERR_RETRY, "%s ran for %s and was ended", spec->argv[0],
                       clock_human_ms(spec->total_ms, length));
    if (spec->silence_ms > 0 && now - run->spoke >= spec->silence_ms)
        return err_set(error, ERR_RETRY, "%s made no progress for %s and was ended", spec->argv[0],
                       clock_human_ms(spec->silence_ms, length));
    if (spec->tick != NULL && now - run->ticked >= CHILD_TICK_MS) {
        run->ticked = now;
        return spec->tick(spec->tick_context, error);
    }
    return ERR_OK;
}

static int64_t sooner(int64_t wait_ms, int64_t then, int64_t now)
{
    int64_t left = then > now ? then - now : 0;
    return left < wait_ms ? left : wait_ms;
}

static int wait_time(const struct run *run, int64_t now)
{
    const struct child_spec *spec = run->spec;
    int64_t wait_ms = INT_MAX;
    if (spec->tick != NULL)
        wait_ms = sooner(wait_ms, run->ticked + CHILD_TICK_MS, now);
    if (spec->total_ms > 0)
        wait_ms = sooner(wait_ms, run->started + spec->total_ms, now);
    if (spec->silence_ms > 0)
        wait_ms = sooner(wait_ms, run->spoke + spec->silence_ms, now);
    return (int)wait_ms;
}

/* Until the child itself has ended; what it leaves running does not count and is killed. */
static enum err watch(struct run *run, struct err_info *error)
{
    for (;;) {
        enum err err = check_deadlines(run, clock_mono_ms(), error);
        if (err != ERR_OK)
            return err;
        struct pollfd fds[3] = {{.fd = run->process.pidfd, .events = POLLIN},
                                {.fd = run->process.out, .events = POLLIN},
                                {.fd = run->process.err, .events = POLLIN}};
        if (poll(fds, 3, wait_time(run, clock_mono_ms())) < 0 && errno != EINTR)
            return err_set(error, ERR_RETRY, "cannot watch %s: %s", run->spec->argv[0], strerror(errno));
        if (fds[1].revents != 0)
            take_output(run, &run->process.out);
        if (fds[2].revents != 0)
            take_output(run, &run->process.err);
        if (fds[0].revents != 0)
            return ERR_OK;
    }
}

static void take_the_rest(struct run *run)
{
    for (int i = 0; i < LAST_READS && take_output(run, &run->process.out); i++)
        ;
    for (int i = 0; i < LAST_READS && take_output(run, &run->process.err); i++)
        ;
}

enum err child_run(const struct child_spec *spec, struct child_result *result, struct err_info *error)
{
    *result = (struct child_result){.exit_code = -1};
    struct run run = {.spec = spec, .result = result};
    enum err err = child_spawn(spec, CHILD_STDIN_NULL, &run.process, error);
    if (err != ERR_OK)
        return err;
    run.started = run.spoke = run.ticked = clock_mono_ms();
    err = watch(&run, error);
    if (err == ERR_OK) {
        child_kill(&run.process);
        take_the_rest(&run);
    }
    child_trim(&result->err, spec->max_err);
    int status = child_end(&run.process);
    if (WIFEXITED(status))
        result->exit_code = WEXITSTATUS(status);
    else
        result->signal = WTERMSIG(status);
    return err;
}

void child_result_fini(struct child_result *result)
{
    buf_fini(&result->out);
    buf_fini(&result->err);
}

/* ---- a child that stays ------------------------------------------------------------------------------------------ */

#define READ_AHEAD 65536
#define LAST_WORDS 300 /* of stderr, in the text of an error */

struct child {
    struct child_process process;
    char *name;
    int64_t silence_ms;
    size_t max_err;
    child_tick_fn *tick;
    void *tick_context;
    int64_t ticked; /* clock_mono_ms */
    struct buf err;
    size_t at, len; /* what is unread in `ahead` */
    char ahead[READ_AHEAD];
};

enum err child_start(const struct child_spec *spec, struct child **child, struct err_info *error)
{
    *child = NULL;
    struct child_process process;
    enum err err = child_spawn(spec, CHILD_STDIN_SOCKET, &process, error);
    if (err != ERR_OK)
        return err;
    struct child *new = mem_zalloc(sizeof *new);
    new->process = process;
    new->name = mem_strdup(spec->argv[0]);
    new->silence_ms = spec->silence_ms;
    new->max_err = spec->max_err;
    new->tick = spec->tick;
    new->tick_context = spec->tick_context;
    new->ticked = clock_mono_ms();
    *child = new;
    return ERR_OK;
}

static void take_stderr(struct child *child)
{
    char bytes[4096];
    size_t got = child_drain(&child->process.err, bytes, sizeof bytes);
    child_keep_last(&child->err, bytes, got, child->max_err);
}

static enum err ended(struct child *child, struct err_info *error)
{
    if (child->process.err >= 0)
        take_stderr(child);
    child_trim(&child->err, child->max_err < LAST_WORDS ? child->max_err : LAST_WORDS);
    return err_set(error, ERR_RETRY, "%s ended unexpectedly%s%s", child->name, child->err.len > 0 ? ": " : "",
                   child->err.len > 0 ? child->err.data : "");
}

static enum err ask_tick(struct child *child, struct err_info *error)
{
    int64_t now = clock_mono_ms();
    if (child->tick == NULL || now - child->ticked < CHILD_TICK_MS)
        return ERR_OK;
    child->ticked = now;
    return child->tick(child->tick_context, error);
}

/* Waits until `fd` can be read or written, reading away what comes on stderr meanwhile. */
static enum err await(struct child *child, int fd, short events, struct err_info *error)
{
    int64_t started = clock_mono_ms();
    for (;;) {
        int64_t left = child->silence_ms > 0 ? started + child->silence_ms - clock_mono_ms() : INT_MAX;
        if (left <= 0) {
            char length[CLOCK_ISO_MAX];
            return err_set(error, ERR_RETRY, "%s did not answer for %s", child->name,
                           clock_human_ms(child->silence_ms, length));
        }
        if (child->tick != NULL && left > CHILD_TICK_MS)
            left = CHILD_TICK_MS;
        struct pollfd fds[2] = {{.fd = fd, .events = events}, {.fd = child->process.err, .events = POLLIN}};
        if (poll(fds, 2, (int)left) < 0 && errno != EINTR)
            return err_set(error, ERR_RETRY, "cannot watch %s: %s", child->name, strerror(errno));
        if (fds[1].revents != 0)
            take_stderr(child);
        if (fds[0].revents != 0)
            return ERR_OK;
        enum err err = ask_tick(child, error);
        if (err != ERR_OK)
            return err;
    }
}

enum err child_write(struct child *child, const void *bytes, size_t len, struct err_info *error)
{
    const char *next = bytes;
    while (len > 0) {
        ssize_t sent = send(child->process.in, next, len, MSG_NOSIGNAL);
        if (sent >= 0) {
            next += sent;
            len -= (size_t)sent;
        } else if (errno == EAGAIN) {
            enum err err = await(child, child->process.in, POLLOUT, error);
            if (err != ERR_OK)
                return err;
        } else if (errno != EINTR) {
            return ended(child, error);
        }
    }
    return ERR_OK;
}

static enum err read_ahead(struct child *child, struct err_info *error)
{
    assert(child->at == child->len);
    child->at = child->len = 0;
    /* Asked here too: a child that always has something to say is never waited for. */
    enum err err = ask_tick(child, error);
    while (err == ERR_OK && child->process.out >= 0) {
        child->len = child_drain(&child->process.out, child->ahead, READ_AHEAD);
        if (child->len > 0)
            return ERR_OK;
        if (child->process.out >= 0)
            err = await(child, child->process.out, POLLIN, error);
    }
    return err == ERR_OK ? ended(child, error) : err;
}

enum err child_read(struct child *child, void *bytes, size_t len, struct err_info *error)
{
    char *next = bytes;
    while (len > 0) {
        if (child->at == child->len) {
            enum err err = read_ahead(child, error);
            if (err != ERR_OK)
                return err;
        }
        size_t part = child->len - child->at < len ? child->len - child->at : len;
        memcpy(next, child->ahead + child->at, part);
        child->at += part;
        next += part;
        len -= part;
    }
    return ERR_OK;
}

enum err child_read_line(struct child *child, char *line, size_t max, struct err_info *error)
{
    for (size_t len = 0; len < max; len++) {
        enum err err = child_read(child, line + len, 1, error);
        if (err != ERR_OK)
            return err;
        if (line[len] == '\n') {
            line[len] = '\0';
            return ERR_OK;
        }
    }
    return err_set(error, ERR_RETRY, "%s answered a line of more than %zu bytes", child->name, max);
}

void child_drop(struct child *child)
{
    if (child == NULL)
        return;
    child_end(&child->process);
    buf_fini(&child->err);
    free(child->name);
    free(child);
}
