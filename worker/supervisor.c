/*
 * The program's first process: forks the worker processes and the quarantine process, starts others in place of those
 * that die, passes signals on, and ends in bounded time. Called by main.c; what a dead child held is recovered by
 * crash_recovery.c.
 *
 * It must stay able to restart children whatever the stores do, so it runs no jobs and has no threads; and it must end
 * when it is told to, so the signals that end it are handled while it waits for a store. It waits for signals with
 * sigtimedwait: they are blocked at all other times, but while it recovers.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "worker/crash_recovery.h"
#include "worker/process.h"
#include "worker/quarantine.h"

#define QUICK_DEATH_MS 2000 /* a child that lives shorter is started again with back-off */
#define RESTART_BASE_MS 100
#define RESTART_MAX_MS 10000
#define SUSPECTS_EVERY_MS 2000
#define LATE_CHUNKS_MS 3000 /* how long the end waits for what dead children leave to be put back */
/* The end has a time, whatever the stores do. Children end by themselves when the grace time is over, or at once at the
 * second signal; those that cannot are killed so long after it, and so long after that it is the end. Together that is
 * less than a second. */
#define END_CHILDREN_MS 400
#define END_AT_ONCE_MS 300
#define END_SELF_MS 400

struct child {
    pid_t pid; /* 0 = not running */
    char worker[ID_MAX];
    int64_t started_ms, restart_ms;
    int quick_deaths;
    bool restarted;  /* another ran in its place before */
    bool quarantine; /* the one that runs suspects alone; started on demand */
};

struct supervisor {
    struct process_state *plan;
    struct crash_recovery *recovery;
    struct child *children; /* the last is the one for suspects */
    int count;
    sigset_t signals, ending; /* what it waits for; those of them that ask for the end */
    volatile sig_atomic_t terminations;
    volatile sig_atomic_t killed; /* the children were */
    int64_t grace_ms;
    int exit_code;       /* of the program */
    bool hung_up;        /* no child has been told yet to read the definitions again */
    int64_t suspects_ms; /* when suspects were looked for */
};
static struct supervisor *signalled; /* for the signals */

/* ---- children ---------------------------------------------------------------------------------------------------- */

static void child_main(struct supervisor *s, const struct child *child, pid_t parent)
{
    /* What it will listen for stays blocked until it does. */
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGALRM, SIG_DFL);
    sigset_t others;
    sigemptyset(&others);
    sigaddset(&others, SIGCHLD);
    sigaddset(&others, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &others, NULL);
    /* The supervisor's connections are not ours; nothing else is open yet. */
    closefrom(STDERR_FILENO + 1);
    setpgid(0, 0); /* a Ctrl-C is for the supervisor, which passes it on once */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(0); /* the supervisor died before PR_SET_PDEATHSIG was set */
    memcpy(s->plan->worker, child->worker, sizeof s->plan->worker);
    if (child->restarted)
        fault_disarm();
    if (child->quarantine)
        quarantine_enter(s->plan);
    log_identity(child->worker);
    exit(process_run(s->plan));
}

static void child_start(struct supervisor *s, struct child *child)
{
    id_worker(child->worker);
    child->started_ms = clock_mono_ms();
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        child_main(s, child, parent);
    if (pid < 0) {
        log_error("cannot fork: %s; it is tried again", strerror(errno));
        child->restart_ms = clock_mono_ms() + RESTART_MAX_MS;
        return;
    }
    child->pid = pid;
    log_info("%s %s runs as process %ld", child->quarantine ? "quarantine worker" : "worker", child->worker, (long)pid);
}

static bool is_fatal(int signal)
{
    return signal == SIGSEGV || signal == SIGBUS || signal == SIGABRT || signal == SIGILL || signal == SIGFPE;
}

/* It has drained, for Redis belongs to another installation. */
static bool is_refusal(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == err_exit_code(ERR_CONFLICT);
}

static enum death death_of(int status)
{
    if (WIFEXITED(status))
        return WEXITSTATUS(status) == 0 || is_refusal(status) ? DEATH_CLEAN : DEATH_KILLED;
    return is_fatal(WTERMSIG(status)) ? DEATH_FATAL : DEATH_KILLED;
}

static void note_death(struct supervisor *s, struct child *child, int status)
{
    int64_t now = clock_mono_ms();
    enum death death = death_of(status);
    if (WIFSIGNALED(status))
        log_error("worker %s was ended by signal %d (%s)", child->worker, WTERMSIG(status),
                  strsignal(WTERMSIG(status)));
    else if (death != DEATH_CLEAN)
        log_error("worker %s ended with code %d", child->worker, WEXITSTATUS(status));
    child->pid = 0;
    child->restarted = true;
    child->quick_deaths = now - child->started_ms < QUICK_DEATH_MS ? child->quick_deaths + 1 : 0;
    child->restart_ms = now;
    if (child->quick_deaths > 0 && !child->quarantine)
        child->restart_ms +=
            clock_backoff_ms(child->quick_deaths, RESTART_BASE_MS, RESTART_MAX_MS, 0.2, id_random_u32());
    crash_recovery_add(s->recovery, child->worker, death, child->quarantine ? DEATH_IN_QUARANTINE : DEATH_AMONG_MANY);
    if (death == DEATH_FATAL)
        s->suspects_ms = 0; /* there are suspects now */
}

static int children_running(const struct supervisor *s)
{
    int n = 0;
    for (int i = 0; i < s->count; i++)
        n += s->children[i].pid != 0;
    return n;
}

/* ---- what is due ------------------------------------------------------------------------------------------------- */

static int64_t sooner(int64_t a_ms, int64_t b_ms)
{
    return a_ms < 0 ? b_ms : b_ms < 0 || a_ms < b_ms ? a_ms : b_ms;
}

static int64_t start_what_is_due(struct supervisor *s)
{
    int64_t wait_ms = -1;
    for (int i = 0; i < s->count; i++) {
        struct child *child = &s->children[i];
        int64_t left = child->restart_ms - clock_mono_ms();
        if (child->pid != 0 || child->quarantine)
            continue;
        if (left <= 0)
            child_start(s, child);
        else
            wait_ms = sooner(wait_ms, left);
    }
    return wait_ms;
}

/* Suspects are looked for now and then, and at once after a fatal signal. */
static int64_t start_for_suspects(struct supervisor *s)
{
    struct child *child = &s->children[s->count - 1];
    if (child->pid != 0)
        return -1;
    if (clock_mono_ms() - s->suspects_ms >= SUSPECTS_EVERY_MS) {
        s->suspects_ms = clock_mono_ms();
        if (crash_recovery_has_suspects(s->recovery))
            child_start(s, child);
    }
    return SUSPECTS_EVERY_MS;
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

/* Up to on_signal all this is called from signal handlers, too: only async-signal-safe calls. Children are started and
 * buried while these signals are blocked. */
static void signal_children(const struct supervisor *s, int number)
{
    for (int i = 0; i < s->count; i++)
        if (s->children[i].pid != 0)
            kill(s->children[i].pid, number);
}

static void set_alarm(int64_t ms)
{
    struct itimerval alarm = {
        .it_value = {.tv_sec = (time_t)(ms / CLOCK_MS_PER_S), .tv_usec = (suseconds_t)(ms % CLOCK_MS_PER_S) * 1000}};
    setitimer(ITIMER_REAL, &alarm, NULL);
}

static void stop_children(struct supervisor *s)
{
    bool first = s->terminations == 0;
    s->terminations = 1 + !first;
    signal_children(s, SIGTERM);
    if (s->killed == 0)
        set_alarm(first ? s->grace_ms + END_CHILDREN_MS : END_AT_ONCE_MS);
}

static void kill_or_leave(struct supervisor *s)
{
    if (s->killed != 0)
        _exit(0); /* what is still to be put back is found by another worker, or by the next start */
    s->killed = 1;
    signal_children(s, SIGKILL);
    set_alarm(END_SELF_MS);
}

static void on_ending_signal(struct supervisor *s, int number)
{
    if (number == SIGALRM)
        kill_or_leave(s);
    else
        stop_children(s);
}

static void on_signal(int number)
{
    int before = errno;
    on_ending_signal(signalled, number);
    errno = before;
}

/* The stores may hold the supervisor up, so the signals that end it are handled meanwhile. */
static int64_t recovery_round(struct supervisor *s)
{
    sigprocmask(SIG_UNBLOCK, &s->ending, NULL);
    int64_t wait_ms = crash_recovery_work(s->recovery);
    sigprocmask(SIG_BLOCK, &s->ending, NULL);
    return wait_ms;
}

/* Settings are read again here, for children that begin later, and by each child. */
static void on_hang_up(struct supervisor *s)
{
    bool usable = config_live_hang_up(s->plan->settings, CONFIG_TELL);
    s->grace_ms = process_config(s->plan)->worker_grace_ms;
    for (int i = 0; i < s->count && usable; i++)
        if (s->children[i].pid != 0)
            kill(s->children[i].pid, PROCESS_SETTINGS_SIGNAL);
    s->hung_up = true;
}

/* One child reads the definitions again: they are the same for all. */
static void pass_on_hang_up(struct supervisor *s)
{
    for (int i = 0; s->hung_up && i < s->count; i++)
        if (s->children[i].pid != 0 && !s->children[i].quarantine)
            s->hung_up = kill(s->children[i].pid, SIGHUP) != 0;
}

/* Children that have ended may have left a BLMOVE behind, which fills their lists late. */
static void recover_late_chunks(struct supervisor *s)
{
    int64_t until = clock_mono_ms() + LATE_CHUNKS_MS;
    for (int64_t wait_ms = recovery_round(s); wait_ms >= 0 && wait_ms < LATE_CHUNKS_MS;) {
        if (clock_mono_ms() > until || s->terminations > 1)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        wait_ms = recovery_round(s);
    }
}

static void note_the_dead(struct supervisor *s)
{
    int status;
    bool refused = false;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        for (int i = 0; i < s->count; i++)
            if (s->children[i].pid == pid) {
                note_death(s, &s->children[i], status);
                refused = refused || is_refusal(status);
            }
    if (!refused)
        return;
    s->exit_code = err_exit_code(ERR_CONFLICT);
    if (s->terminations == 0)
        stop_children(s); /* what one has found holds for all */
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

static void wait_for_signal(struct supervisor *s, int64_t wait_ms)
{
    int64_t ms = s->terminations > 0 && children_running(s) == 0 ? 0 : wait_ms < 0 ? 60000 : wait_ms;
    struct timespec patience = {.tv_sec = (time_t)(ms / CLOCK_MS_PER_S),
                                .tv_nsec = (long)(ms % CLOCK_MS_PER_S) * 1000000};
    int signal = sigtimedwait(&s->signals, NULL, &patience);
    if (signal == SIGTERM || signal == SIGINT || signal == SIGALRM)
        on_ending_signal(s, signal);
    if (signal == SIGHUP)
        on_hang_up(s);
}

static void block_signals(struct supervisor *s)
{
    static const int ending[] = {SIGTERM, SIGINT, SIGALRM}, others[] = {SIGCHLD, SIGHUP, PROCESS_SETTINGS_SIGNAL};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    signalled = s;
    sigemptyset(&s->ending);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        sigaddset(&s->ending, ending[i]);
    action.sa_mask = s->signals = s->ending;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        sigaddset(&s->signals, others[i]);
    sigprocmask(SIG_BLOCK, &s->signals, NULL);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        sigaction(ending[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int supervisor_run(struct process_state *plan)
{
    struct supervisor s = {.plan = plan,
                           .count = (int)process_config(plan)->worker_processes + 1,
                           .grace_ms = process_config(plan)->worker_grace_ms};
    s.children = mem_array((size_t)s.count, sizeof *s.children);
    s.children[s.count - 1].quarantine = true;
    s.recovery = crash_recovery_new(plan);
    block_signals(&s);
    while (s.terminations == 0 || children_running(&s) > 0) {
        int64_t wait_ms = -1;
        if (s.terminations == 0) { /* before the stores are asked for anything: children do not wait for them */
            wait_ms = start_what_is_due(&s);
            wait_ms = sooner(wait_ms, start_for_suspects(&s));
        }
        wait_ms = sooner(wait_ms, recovery_round(&s));
        pass_on_hang_up(&s);
        wait_for_signal(&s, wait_ms);
        note_the_dead(&s);
    }
    recover_late_chunks(&s);
    crash_recovery_drop(s.recovery);
    free(s.children);
    return s.exit_code;
}
