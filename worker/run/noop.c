/*
 * Jobs without effect, to try an installation out and to measure it: they may compute, wait, fail, or kill their
 * process. The key of each is its number.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "worker/run.h"

#define COMPUTE_SLICE_US 20000 /* between two looks at whether to stop */

/* The operation's arguments. */
struct wishes {
    int64_t work_us, sleep_ms, fail_every;
    const char *poison; /* NULL = none */
};

static struct wishes read_wishes(struct json_object *args)
{
    return (struct wishes){
        .work_us = json_get_int(args, "work_us", 0),
        .sleep_ms = json_get_int(args, "sleep_ms", 0),
        .fail_every = json_get_int(args, "fail_every", 0),
        .poison = json_get_string(args, "poison"),
    };
}

/* False if it was stopped on the way. */
static bool compute(const struct run *run, int64_t work_us)
{
    int64_t now = clock_mono_us(), end = now + work_us;
    while (now < end) {
        int64_t slice_end = end - now < COMPUTE_SLICE_US ? end : now + COMPUTE_SLICE_US;
        while (now < slice_end)
            now = clock_mono_us();
        if (now < end && run_stopping(run))
            return false;
    }
    return true;
}

static bool work(const struct run *run, const struct wishes *wishes)
{
    return (wishes->work_us == 0 || compute(run, wishes->work_us)) &&
           (wishes->sleep_ms == 0 || run_pause(run, wishes->sleep_ms));
}

static bool shall_fail(const struct job *job, int64_t fail_every)
{
    return fail_every > 0 && strtoll(job->key, NULL, 10) % fail_every == 0;
}

static void fail(struct run *run, size_t index, int64_t fail_every)
{
    struct err_info error = {.code = ERR_OK};
    err_set(&error, ERR_RETRY, "job %s fails because its number divides by %" PRId64, run->jobs[index].key, fail_every);
    run_fail(run, index, &error, RUN_MAY_RETRY, NULL);
}

/* By the signal itself: a sanitizer would report it, or end the process by an exit code, which is no poison. */
static void die(void)
{
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

void noop_run(struct run *run)
{
    struct wishes wishes = read_wishes(run->args);
    for (size_t i = 0; i < run->count; i++) {
        const struct job *job = &run->jobs[i];
        if (run_stopping(run) || !work(run, &wishes))
            return;
        if (wishes.poison != NULL && strcmp(wishes.poison, job->key) == 0)
            die();
        if (shall_fail(job, wishes.fail_every))
            fail(run, i, wishes.fail_every);
        else
            run_succeed(run, i, NULL);
    }
}
