#include "worker/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "worker/aftermath.h"

#define QUICK_DEATH_MS 2000 /* a child that lives shorter is started again with back-off */
#define RESTART_BASE_MS 100
#define RESTART_MAX_MS 10000
#define SUSPECTS_EVERY_MS 2000
#define LAST_WORDS_MS 3000 /* how long the end waits for what dead children leave to be put back */

struct child {
    pid_t pid; /* 0 = not running */
    char worker[ID_MAX];
    int64_t started_ms, restart_ms;
    int quick_deaths;
    bool restarted; /* another ran in its place before */
    bool suspects;  /* the one that runs suspects alone; started on demand */
};

struct supervisor {
    struct process *plan;
    struct aftermath *aftermath;
    struct child *children; /* the last is the one for suspects */
    int count;
    sigset_t signals;
    int terminations;
    bool hung_up;      /* a child has yet to hear of it */
    int64_t looked_ms; /* for suspects */
};

/* ---- children ---------------------------------------------------------------------------------------------------- */

/* One executor for each queue: a suspect must be alone in its process. */
static void make_lonely(struct process *process)
{
    process->suspects = true;
    for (int q = 0; q < QUEUE_COUNT; q++)
        process->executors[q] = process->executors[q] > 0 ? 1 : 0;
}

static void child_main(struct supervisor *s, const struct child *child, pid_t parent)
{
    sigdelset(&s->signals, SIGHUP); /* these stay blocked until the process listens for them */
    sigdelset(&s->signals, PROCESS_SETTINGS_SIGNAL);
    sigprocmask(SIG_UNBLOCK, &s->signals, NULL);
    /* The supervisor's connections are not ours; nothing else is open yet. */
    closefrom(STDERR_FILENO + 1);
    setpgid(0, 0); /* a Ctrl-C is for the supervisor, which passes it on once */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(0); /* the supervisor died before we asked to hear of it */
    memcpy(s->plan->worker, child->worker, sizeof s->plan->worker);
    if (child->restarted)
        fault_disarm();
    if (child->suspects)
        make_lonely(s->plan);
    log_identity(child->worker);
    exit(process_run(s->plan));
}

static void start(struct supervisor *s, struct child *child)
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
    log_info("%s %s runs as process %ld", child->suspects ? "suspects' worker" : "worker", child->worker, (long)pid);
}

static bool is_fatal(int signal)
{
    return signal == SIGSEGV || signal == SIGBUS || signal == SIGABRT || signal == SIGILL || signal == SIGFPE;
}

static enum death judge(int status)
{
    if (WIFEXITED(status))
        return WEXITSTATUS(status) == 0 ? DEATH_CLEAN : DEATH_KILLED;
    return is_fatal(WTERMSIG(status)) ? DEATH_FATAL : DEATH_KILLED;
}

static void note_death(struct supervisor *s, struct child *child, int status)
{
    int64_t now = clock_mono_ms();
    enum death death = judge(status);
    if (WIFSIGNALED(status))
        log_error("worker %s was ended by signal %d (%s)", child->worker, WTERMSIG(status),
                  strsignal(WTERMSIG(status)));
    else if (death != DEATH_CLEAN)
        log_error("worker %s ended with code %d", child->worker, WEXITSTATUS(status));
    child->pid = 0;
    child->restarted = true;
    child->quick_deaths = now - child->started_ms < QUICK_DEATH_MS ? child->quick_deaths + 1 : 0;
    child->restart_ms = now;
    if (child->quick_deaths > 0 && !child->suspects)
        child->restart_ms +=
            clock_backoff_ms(child->quick_deaths, RESTART_BASE_MS, RESTART_MAX_MS, 0.2, id_random_u32());
    aftermath_add(s->aftermath, child->worker, death, child->suspects ? COMPANY_ALONE : COMPANY_MANY);
    if (death == DEATH_FATAL)
        s->looked_ms = 0; /* there are suspects now */
}

static void bury_the_dead(struct supervisor *s)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        for (int i = 0; i < s->count; i++)
            if (s->children[i].pid == pid)
                note_death(s, &s->children[i], status);
}

static int running(const struct supervisor *s)
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
        if (child->pid != 0 || child->suspects)
            continue;
        if (left <= 0)
            start(s, child);
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
    if (clock_mono_ms() - s->looked_ms >= SUSPECTS_EVERY_MS) {
        s->looked_ms = clock_mono_ms();
        if (aftermath_has_suspects(s->aftermath))
            start(s, child);
    }
    return SUSPECTS_EVERY_MS;
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

static void pass_on(struct supervisor *s, int signal)
{
    s->terminations++;
    for (int i = 0; i < s->count; i++)
        if (s->children[i].pid != 0)
            kill(s->children[i].pid, signal);
}

/* Settings are read again here, for children that begin later, and by each child. */
static void hang_up(struct supervisor *s)
{
    bool usable = config_live_hang_up(s->plan->settings, CONFIG_TELL);
    for (int i = 0; i < s->count && usable; i++)
        if (s->children[i].pid != 0)
            kill(s->children[i].pid, PROCESS_SETTINGS_SIGNAL);
    s->hung_up = true;
}

/* One child reads the definitions again: they are the same for all. */
static void pass_on_hang_up(struct supervisor *s)
{
    for (int i = 0; s->hung_up && i < s->count; i++)
        if (s->children[i].pid != 0 && !s->children[i].suspects)
            s->hung_up = kill(s->children[i].pid, SIGHUP) != 0;
}

/* Children that have ended may have left a BLMOVE behind, which fills their lists late. */
static void last_words(struct supervisor *s)
{
    int64_t until = clock_mono_ms() + LAST_WORDS_MS;
    for (int64_t wait_ms = aftermath_work(s->aftermath); wait_ms >= 0 && wait_ms < LAST_WORDS_MS;) {
        if (clock_mono_ms() > until)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        wait_ms = aftermath_work(s->aftermath);
    }
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

static void wait_for_signal(struct supervisor *s, int64_t wait_ms)
{
    int64_t ms = wait_ms < 0 ? 60000 : wait_ms;
    struct timespec patience = {.tv_sec = (time_t)(ms / CLOCK_MS_PER_S),
                                .tv_nsec = (long)(ms % CLOCK_MS_PER_S) * 1000000};
    int signal = sigtimedwait(&s->signals, NULL, &patience);
    if (signal == SIGTERM || signal == SIGINT)
        pass_on(s, SIGTERM);
    if (signal == SIGHUP)
        hang_up(s);
}

static void block_signals(struct supervisor *s)
{
    sigemptyset(&s->signals);
    sigaddset(&s->signals, SIGCHLD);
    sigaddset(&s->signals, SIGTERM);
    sigaddset(&s->signals, SIGINT);
    sigaddset(&s->signals, SIGHUP);
    sigaddset(&s->signals, PROCESS_SETTINGS_SIGNAL);
    sigprocmask(SIG_BLOCK, &s->signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int supervisor_run(struct process *plan)
{
    struct supervisor s = {.plan = plan, .count = (int)process_config(plan)->worker_processes + 1};
    s.children = mem_array((size_t)s.count, sizeof *s.children);
    s.children[s.count - 1].suspects = true;
    s.aftermath = aftermath_new(plan);
    block_signals(&s);
    while (s.terminations == 0 || running(&s) > 0) {
        int64_t wait_ms = aftermath_work(s.aftermath);
        if (s.terminations == 0) {
            wait_ms = sooner(wait_ms, start_what_is_due(&s));
            wait_ms = sooner(wait_ms, start_for_suspects(&s));
        }
        pass_on_hang_up(&s);
        wait_for_signal(&s, wait_ms);
        bury_the_dead(&s);
    }
    last_words(&s);
    aftermath_drop(s.aftermath);
    free(s.children);
    return 0;
}
