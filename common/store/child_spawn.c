/*
 * How a child begins and ends: fork, a process group of its own, limits, descriptors, exec; and the kill of the whole
 * group. Between fork and exec only async-signal-safe calls are allowed, since other threads may hold any lock. The
 * leader is waited for last: its process id is what keeps the group's number. Called by child_run.c and
 * worker/run/program.c.
 */
#include "common/store/child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/mem.h"

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"
/* Above the numbers that the child's descriptors get in the end, so that moving one never closes another. */
#define FD_LOW 10

/* All that the child needs between fork and exec, made beforehand: other threads may hold the allocator's lock then, so
 * only async-signal-safe calls are allowed there. */
struct launch {
    char program[PATH_MAX];
    char **argv, **environment;
    const char *directory;
    rlim_t memory_bytes, cpu_s, open_files;
    pid_t parent;
    int passed;               /* 0 = none */
    int in, out, err, report; /* the child's ends; `report` carries errno back if exec fails, and closes if it works */
};

static bool find_program(const char *name, char out[PATH_MAX])
{
    const char *path = getenv("PATH");
    if (strchr(name, '/') != NULL)
        path = "";
    else if (path == NULL)
        path = DEFAULT_PATH;
    for (;;) {
        size_t len = strcspn(path, ":");
        const char *slash = len > 0 ? "/" : "";
        if (len + strlen(name) + 2 <= PATH_MAX) {
            memcpy(out, path, len);
            stpcpy(stpcpy(out + len, slash), name);
            if (access(out, X_OK) == 0)
                return true;
        }
        if (path[len] == '\0')
            return false;
        path += len + 1;
    }
}

/* Copies of the pointers only: exec takes `char *const *` and changes nothing. */
static char **as_vector(const char *const *texts)
{
    size_t count = 0;
    while (texts[count] != NULL)
        count++;
    char **vector = mem_array(count + 1, sizeof(*vector));
    memcpy(vector, texts, (count + 1) * sizeof(*vector));
    return vector;
}

static bool place_descriptors(const struct launch *launch)
{
    const int from[5] = {launch->in, launch->out, launch->err, launch->report, launch->passed};
    const int count = launch->passed > 0 ? 5 : 4;
    int high[5];
    for (int i = 0; i < count; i++) {
        high[i] = fcntl(from[i], F_DUPFD, FD_LOW);
        if (high[i] < 0)
            return false;
    }
    for (int i = 0; i < count; i++) {
        if (dup2(high[i], i) < 0)
            return false;
    }
    closefrom(count);
    return fcntl(3, F_SETFD, FD_CLOEXEC) == 0;
}

/* A handler of ours must not run in the child, and an ignored SIGPIPE or a blocked SIGTERM must not be inherited. */
static void reset_signals(void)
{
    for (int number = 1; number < NSIG; number++) {
        if (number != SIGKILL && number != SIGSTOP)
            signal(number, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Downward only: a tighter limit that we live under ourselves stays. */
static void limit_resource(__rlimit_resource_t resource, rlim_t most)
{
    struct rlimit limit;
    if (most == 0 || getrlimit(resource, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_cur < most ? limit.rlim_cur : most;
    limit.rlim_max = limit.rlim_max < most ? limit.rlim_max : most;
    setrlimit(resource, &limit);
}

static void become_program(const struct launch *launch) __attribute__((noreturn));
static void become_program(const struct launch *launch)
{
    setpgid(0, 0);
    /* The parent may have died before the request for its death signal stood. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != launch->parent)
        _exit(127);
    int report = launch->report;
    if (place_descriptors(launch)) {
        report = 3;
        reset_signals();
        limit_resource(RLIMIT_AS, launch->memory_bytes);
        limit_resource(RLIMIT_CPU, launch->cpu_s);
        limit_resource(RLIMIT_NOFILE, launch->open_files);
        if (launch->directory == NULL || chdir(launch->directory) == 0)
            execve(launch->program, launch->argv, launch->environment);
    }
    int failure = errno;
    ssize_t ignored = write(report, &failure, sizeof failure);
    (void)ignored;
    _exit(127);
}

static pid_t fork_quietly(const struct launch *launch)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0)
        become_program(launch);
    int kept = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = kept;
    return pid;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Opens both sides of everything. What was opened before a failure is closed by the caller. */
static bool open_ends(struct launch *launch, struct child_process *process, enum child_stdin input, int *report)
{
    int pair[2];
    if (input == CHILD_STDIN_SOCKET) {
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
            return false;
        launch->in = pair[0];
        process->in = pair[1];
        if (fcntl(process->in, F_SETFL, O_NONBLOCK) != 0)
            return false;
    } else {
        launch->in = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (launch->in < 0)
            return false;
    }
    int *const ours[3] = {&process->out, &process->err, report};
    int *const theirs[3] = {&launch->out, &launch->err, &launch->report};
    for (int i = 0; i < 3; i++) {
        if (pipe2(pair, O_CLOEXEC) != 0)
            return false;
        *ours[i] = pair[0];
        *theirs[i] = pair[1];
    }
    return fcntl(process->out, F_SETFL, O_NONBLOCK) == 0 && fcntl(process->err, F_SETFL, O_NONBLOCK) == 0;
}

/* errno of a child that did not become the program, 0 if it did. */
static int await_exec(int report)
{
    int failure = 0;
    ssize_t got;
    do {
        got = read(report, &failure, sizeof failure);
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof failure ? failure : 0;
}

static enum err spawn_refuse(const char *program, int number, struct err_info *error)
{
    return err_set(error, ERR_LOCAL, "cannot run %s: %s", program, strerror(number));
}

/* From the forked child to the running program: watched by a pidfd, in its own group. Returns an errno, 0 = it runs. */
static int launch_process(struct launch *launch, struct child_process *process, int report)
{
    process->pid = fork_quietly(launch);
    if (process->pid < 0)
        return errno;
    /* In both processes, so that the first of them does it; after exec it is refused, and done already. */
    setpgid(process->pid, process->pid);
    close_fd(&launch->report);
    int failure = await_exec(report);
    if (failure != 0)
        return failure;
    process->pidfd = pidfd_open(process->pid, 0);
    return process->pidfd < 0 ? errno : 0;
}

enum err child_spawn(const struct child_spec *spec, enum child_stdin input, struct child_process *process,
                     struct err_info *error)
{
    *process = (struct child_process){.pid = -1, .pidfd = -1, .in = -1, .out = -1, .err = -1};
    struct launch launch = {.directory = spec->directory, .parent = getpid(), .in = -1, .out = -1, .err = -1};
    launch.report = -1;
    launch.passed = spec->pass_fd;
    launch.memory_bytes = (rlim_t)spec->memory_bytes;
    launch.cpu_s = (rlim_t)spec->cpu_s;
    launch.open_files = (rlim_t)spec->open_files;
    if (!find_program(spec->argv[0], launch.program))
        return spawn_refuse(spec->argv[0], ENOENT, error);
    launch.argv = as_vector(spec->argv);
    launch.environment = as_vector(spec->environment);

    int report = -1;
    int failure = open_ends(&launch, process, input, &report) ? 0 : errno;
    if (failure == 0)
        failure = launch_process(&launch, process, report);
    close_fd(&report);
    close_fd(&launch.in);
    close_fd(&launch.out);
    close_fd(&launch.err);
    close_fd(&launch.report);
    free(launch.argv);
    free(launch.environment);
    if (failure == 0)
        return ERR_OK;
    child_end(process);
    return spawn_refuse(spec->argv[0], failure, error);
}

void child_kill(const struct child_process *process)
{
    if (process->pid > 0)
        kill(-process->pid, SIGKILL);
}

int child_end(struct child_process *process)
{
    int status = 0;
    close_fd(&process->in);
    close_fd(&process->out);
    close_fd(&process->err);
    if (process->pid > 0) {
        child_kill(process);
        while (waitpid(process->pid, &status, 0) < 0)
            assert(errno == EINTR);
    }
    close_fd(&process->pidfd);
    process->pid = -1;
    return status;
}

size_t child_drain(int *fd, void *bytes, size_t size)
{
    ssize_t got;
    do {
        got = read(*fd, bytes, size);
    } while (got < 0 && errno == EINTR);
    if (got > 0)
        return (size_t)got;
    if (got == 0 || errno != EAGAIN)
        close_fd(fd);
    return 0;
}

void child_keep_last(struct buf *buf, const void *bytes, size_t len, size_t max)
{
    buf_add(buf, bytes, len);
    if (buf->len > 2 * max)
        child_trim(buf, max);
}

void child_trim(struct buf *buf, size_t max)
{
    if (buf->len <= max)
        return;
    memmove(buf->data, buf->data + (buf->len - max), max);
    buf->len = max;
    buf->data[max] = '\0';
}
