/*
 * Jobs of a program of a definition's own (docs/own-jobs.md). Each executor keeps one running program and speaks lines
 * of JSON with it; some jobs are sent ahead, so that the program never waits for the next. What it answers becomes the
 * jobs' results, and the definition's `effect` runs within the settle, for those that have succeeded.
 *
 * A program that dies fails no job that it had in hand beside others: they are given to the next one, each alone if a
 * signal ended it, so that the job that kills is found. Nothing that is said is believed of a job that is not in hand.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "worker/run/command_work.h"
#include "worker/run/own_statement.h"

#define TICK_MS 200
#define UNSENT_MAX (256 * 1024) /* beyond it no further job is sent ahead */
#define STOP_MS 5000            /* a program is asked to stop, then to end, then killed: so long each */
#define DEATHS_MAX 5            /* in a row, without an answer between: it will not do better */

/* ---- the jobs ---------------------------------------------------------------------------------------------------- */

static void job_failed(struct command_work *work, size_t index, const struct err_info *why)
{
    run_fail(work->run, index, why, RUN_MAY_RETRY, NULL);
    hand_end(work->hand, index);
}

static void send_job(struct command_work *work, size_t index)
{
    const struct job *job = &work->run->jobs[index];
    struct buf line = BUF_INIT;
    buf_addf(&line, "{\"job\":{\"seq\":%lld,\"key\":", (long long)job->seq);
    json_add_string(&line, job->key, strlen(job->key));
    buf_addf(&line, ",\"item\":%s,\"attempt\":%d}}\n", job->item == NULL ? "null" : job->item, job->failures + 1);
    program_say(work->tools->program, line.data, line.len);
    buf_fini(&line);
}

static bool has_room(const struct command_work *work)
{
    return hand_count(work->hand) == 0 || program_unsent(work->tools->program) < UNSENT_MAX;
}

/* A program that gathers jobs is told when there is no other to wait for. */
static void send_ahead(struct command_work *work)
{
    static const char flush[] = "{\"flush\":true}\n";
    size_t index;
    bool any = false;
    if (hand_count(work->hand) == 0)
        work->heard_ms = clock_mono_ms();
    for (; has_room(work) && hand_give(work->hand, &index); any = true)
        send_job(work, index);
    if (any && hand_is_last(work->hand))
        program_say(work->tools->program, flush, strlen(flush));
}

/* ---- how a program ends before its work does --------------------------------------------------------------------- */

static void describe_end(const struct command_work *work, const struct program_end *end, struct err_info *why)
{
    const char *words = end->words, *colon = words[0] == '\0' ? "" : "; its last words: ";
    if (end->signal != 0)
        (void)!err_set(why, ERR_RETRY, "%s was ended by signal %d (%s)%s%s", work->command->words[0], end->signal,
                       strsignal(end->signal), colon, words);
    else if (end->closed_stdout)
        (void)!err_set(why, ERR_RETRY, "%s closed its stdout before it had answered%s%s", work->command->words[0],
                       colon, words);
    else
        (void)!err_set(why, ERR_RETRY, "%s ended with exit code %d before it had answered%s%s", work->command->words[0],
                       end->exit_code, colon, words);
}

static void fail_open(struct command_work *work, const struct err_info *why)
{
    for (size_t i = 0; i < work->run->count; i++)
        if (!hand_has_ended(work->hand, i))
            job_failed(work, i, why);
}

/* New programs end, one after the other. The jobs that stand together may be to blame, so that one from the other end
 * is tried before all are given up. */
static void count_death(struct command_work *work, const struct err_info *why)
{
    work->deaths = work->is_new ? work->deaths + 1 : 0;
    work->is_new = false;
    if (work->deaths == DEATHS_MAX)
        hand_probe(work->hand);
    else if (work->deaths > DEATHS_MAX)
        fail_open(work, why);
}

/* To blame is only what was alone in the hands of a new program: it may have ended before it saw anything else. */
static void on_death(struct command_work *work)
{
    struct program_end end;
    struct err_info why;
    command_tools_end_program(work->tools, &end);
    describe_end(work, &end, &why);
    log_info("%s: %s", work->run->operation_id, why.text);
    if (work->is_new && hand_count(work->hand) == 1)
        job_failed(work, hand_oldest(work->hand), &why);
    hand_take_back(work->hand, work->is_new || end.signal != 0);
    count_death(work, &why);
}

/* It is out of step: what it says cannot be believed, or it says nothing. The job that it has had longest is to blame.
 */
static void give_up_program(struct command_work *work, const struct err_info *why)
{
    command_tools_end_program(work->tools, NULL);
    log_info("%s: %s", work->run->operation_id, why->text);
    if (hand_count(work->hand) > 0)
        job_failed(work, hand_oldest(work->hand), why);
    hand_take_back(work->hand, false);
    count_death(work, why);
}

/* ---- hearing it -------------------------------------------------------------------------------------------------- */

/* Whether it has been silent for too long, with something in hand. */
static bool is_overdue(const struct command_work *work)
{
    return hand_count(work->hand) > 0 && clock_mono_ms() - work->heard_ms > work->run->definition->timeout_ms;
}

static void tell_overdue(const struct command_work *work, struct err_info *why)
{
    char length[CLOCK_ISO_MAX];
    (void)!err_set(why, ERR_RETRY, "%s said nothing for %s (timeout)", work->command->words[0],
                   clock_human_ms(work->run->definition->timeout_ms, length));
}

/* One event of the program. */
static void hear(struct command_work *work, int64_t wait_ms)
{
    const char *line;
    size_t len;
    struct err_info fault = {0};
    enum program_event event = program_next(work->tools->program, wait_ms, &line, &len);
    if (event == PROGRAM_ENDED) {
        on_death(work);
        return;
    }
    if (event == PROGRAM_ENDLESS)
        (void)!err_set(&fault, ERR_RETRY, "%s said a line of more than %d bytes", work->command->words[0],
                       PROGRAM_LINE_MAX);
    else if (event == PROGRAM_LINE)
        (void)!command_hear_line(work, line, len, &fault);
    else if (is_overdue(work))
        tell_overdue(work, &fault);
    if (fault.code != ERR_OK)
        give_up_program(work, &fault);
}

/* ---- the chunk --------------------------------------------------------------------------------------------------- */

/* Hears it to its end, for so long at most. What it answers counts where the operation was only paused; what it leaves
 * in hand stays open, without a try used. */
static bool hear_out(struct command_work *work, int64_t for_ms)
{
    int64_t until_ms = clock_mono_ms() + for_ms;
    enum program_event event = PROGRAM_QUIET;
    while (event != PROGRAM_ENDED && event != PROGRAM_ENDLESS && clock_mono_ms() < until_ms) {
        const char *line;
        size_t len;
        struct err_info ignored;
        event = program_next(work->tools->program, TICK_MS, &line, &len);
        if (event == PROGRAM_LINE && command_hear_line(work, line, len, &ignored) != ERR_OK)
            return true;
    }
    return event != PROGRAM_QUIET && event != PROGRAM_LINE;
}

/* It is asked, by a line and by the end of its input; then by a signal; then it is killed. */
static void stop(struct command_work *work, enum err why)
{
    struct program *program = work->tools->program;
    struct buf line = BUF_INIT;
    if (program == NULL)
        return;
    buf_addf(&line, "{\"stop\":\"%s\"}\n",
             why == ERR_FENCED         ? "cancelled"
             : run_stopping(work->run) ? "drained"
                                       : "paused");
    program_forget_unsent(program);
    program_say(program, line.data, line.len);
    buf_fini(&line);
    program_end_input(program);
    if (!hear_out(work, STOP_MS)) {
        program_ask_to_end(program);
        (void)hear_out(work, STOP_MS);
    }
    command_tools_end_program(work->tools, NULL);
}

static enum err have_program(struct command_work *work, struct err_info *error)
{
    bool started = false;
    enum err err = command_tools_ready(work->run, work->command, work->tools, &started, error);
    work->is_new = started;
    return err;
}

/* Until each job has a result, or the run has to end; else why there is no program. */
static enum err work_through(struct command_work *work, struct err_info *error)
{
    while (hand_open(work->hand) > 0) {
        enum err err = run_tick(work->run, error);
        if (err == ERR_FENCED || err == ERR_INTERRUPTED) {
            stop(work, err);
            return err;
        }
        if (work->tools->program == NULL) {
            err = have_program(work, error);
            if (err != ERR_OK)
                return err;
        }
        send_ahead(work);
        hear(work, TICK_MS);
    }
    return ERR_OK;
}

static void run_jobs(struct run *run, const struct definition_phase *phase)
{
    struct command_tools *tools = *run->tools;
    struct err_info error = {0};
    if (tools == NULL)
        *run->tools = tools = mem_zalloc(sizeof *tools);
    struct command_work work = {
        .run = run, .command = &phase->command, .tools = tools, .has_effect = phase->effect.text != NULL};
    work.hand = hand_new(run->count, (size_t)phase->command.ahead);
    enum err err = have_program(&work, &error);
    if (err == ERR_OK)
        err = work_through(&work, &error);
    hand_drop(work.hand);
    if (err == ERR_LOCAL)
        own_put_off_all(run, error.text);
    else if (err == ERR_PERMANENT)
        own_fail_all(run, &error);
}

/* The effect is made ready first: without it nothing may succeed. */
static void run_with_effect(struct run *run, const struct definition_phase *phase)
{
    if (phase->effect.text != NULL)
        own_statement_use(run, phase->effect.text, recipe_effect_params, NULL);
    if (phase->effect.text == NULL || run->within != NULL)
        run_jobs(run, phase);
}

void command_run(struct run *run)
{
    int at = run->jobs[0].phase;
    const struct definition_phase *phase =
        (size_t)at < run->definition->phase_count ? &run->definition->phases[at] : NULL;
    struct err_info error = {0};
    if (phase == NULL || phase->command.words == NULL) {
        (void)!err_set(&error, ERR_PERMANENT, "the definition has no command for phase %d", at);
        own_fail_all(run, &error);
    } else if (run->dry_run) {
        for (size_t i = 0; i < run->count; i++)
            run_skip(run, i, "a dry run: the program was not run", NULL);
    } else if (run->config->jobs_commands[0] == '\0') {
        own_put_off_all(run, "jobs.commands is not set in this worker");
    } else if (phase->effect.text != NULL && !recipe_has_role()) {
        own_put_off_all(run, "jobs.role is not set in this worker");
    } else if (!run_stopping(run)) {
        run_with_effect(run, phase);
    }
}
