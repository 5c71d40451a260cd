#include "common/store/child.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>

#include "common/base/clock.h"
#include "common/store/child_spawn.h"

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
    size_t got = child_drain(fd, bytes, sizeof(bytes));
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
        enum err code = check_deadlines(run, clock_mono_ms(), error);
        if (code != ERR_OK)
            return code;
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
    enum err code = child_spawn(spec, CHILD_STDIN_NULL, &run.process, error);
    if (code != ERR_OK)
        return code;
    run.started = run.spoke = run.ticked = clock_mono_ms();
    code = watch(&run, error);
    if (code == ERR_OK) {
        child_kill(&run.process);
        take_the_rest(&run);
    }
    child_trim(&result->err, spec->max_err);
    int status = child_end(&run.process);
    if (WIFEXITED(status))
        result->exit_code = WEXITSTATUS(status);
    else
        result->signal = WTERMSIG(status);
    return code;
}

void child_result_fini(struct child_result *result)
{
    buf_fini(&result->out);
    buf_fini(&result->err);
}
