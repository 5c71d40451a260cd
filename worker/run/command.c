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
#include "worker/run/command_tools.h"
#include "worker/run/hand.h"
#include "worker/run/own_statement.h"

#define TICK_MS 200
#define UNSENT_MAX (256 * 1024) /* beyond it no further job is sent ahead */
#define STOP_MS 5000            /* a program is asked to stop, then to end, then killed: so long each */
#define DEATHS_MAX 5            /* in a row, without an answer between: it will not do better */
#define LOG_LINES_MAX 100       /* of a chunk */
#define ANSWER_DEPTH 32

/* ---- the jobs ---------------------------------------------------------------------------------------------------- */

struct work {
    struct run *run;
    const struct definition_command *command;
    struct command_tools *tools;
    struct hand *hand;
    int64_t heard_ms; /* clock_mono_ms when the program said something last, or got something to do */
    bool answered;    /* since it was started */
    int deaths;       /* in a row, without an answer between */
    int log_lines;
};

static void job_failed(struct work *work, size_t index, const struct err_info *why)
{
    run_fail(work->run, index, why, RUN_MAY_RETRY, NULL);
    hand_end(work->hand, index);
}

static void send_job(struct work *work, size_t index)
{
    const struct job *job = &work->run->jobs[index];
    struct buf line = BUF_INIT;
    buf_addf(&line, "{\"job\":{\"seq\":%lld,\"key\":", (long long)job->seq);
    json_add_string(&line, job->key, strlen(job->key));
    buf_addf(&line, ",\"item\":%s,\"attempt\":%d}}\n", job->item == NULL ? "null" : job->item, job->failures + 1);
    program_say(work->tools->program, line.data, line.len);
    buf_fini(&line);
}

static void send_ahead(struct work *work)
{
    size_t index;
    if (hand_count(work->hand) == 0)
        work->heard_ms = clock_mono_ms();
    while (program_unsent(work->tools->program) < UNSENT_MAX && hand_give(work->hand, &index))
        send_job(work, index);
}

/* ---- how a program ends before its work does --------------------------------------------------------------------- */

static void describe_end(const struct work *work, const struct program_end *end, struct err_info *why)
{
    const char *words = end->words, *colon = words[0] == '\0' ? "" : "; its last words: ";
    if (end->signal != 0)
        (void)!err_set(why, ERR_RETRY, "%s was ended by signal %d (%s)%s%s", work->command->words[0], end->signal,
                       strsignal(end->signal), colon, words);
    else
        (void)!err_set(why, ERR_RETRY, "%s ended with exit code %d before it had answered%s%s", work->command->words[0],
                       end->exit_code, colon, words);
}

static void fail_open(struct work *work, const struct err_info *why)
{
    for (size_t i = 0; i < work->run->count; i++)
        if (!hand_has_ended(work->hand, i))
            job_failed(work, i, why);
}

/* Whom it had in hand alone has ended it, and so has the first of them where it has answered nothing at all. */
static void on_death(struct work *work)
{
    struct program_end end;
    struct err_info why;
    command_tools_end_program(work->tools, &end);
    describe_end(work, &end, &why);
    log_info("%s: %s", work->run->operation_id, why.text);
    work->deaths = work->answered ? 0 : work->deaths + 1;
    if (hand_count(work->hand) == 1 || (hand_count(work->hand) > 1 && end.signal == 0 && !work->answered))
        job_failed(work, hand_oldest(work->hand), &why);
    hand_take_back(work->hand, end.signal != 0);
    work->answered = false;
    if (work->deaths >= DEATHS_MAX)
        fail_open(work, &why);
}

/* It is out of step: what it says cannot be believed, or it says nothing. The job that it has had longest is to blame.
 */
static void give_up_program(struct work *work, const struct err_info *why)
{
    work->deaths = work->answered ? 0 : work->deaths + 1;
    command_tools_end_program(work->tools, NULL);
    log_info("%s: %s", work->run->operation_id, why->text);
    if (hand_count(work->hand) > 0)
        job_failed(work, hand_oldest(work->hand), why);
    hand_take_back(work->hand, false);
    work->answered = false;
    if (work->deaths >= DEATHS_MAX)
        fail_open(work, why);
}

/* ---- what it says ------------------------------------------------------------------------------------------------ */

static int by_seq(const void *key, const void *element)
{
    int64_t seq = *(const int64_t *)key;
    const struct job *job = element;
    return seq < job->seq ? -1 : seq > job->seq;
}

/* False: it has no such job in hand. */
static bool find_in_hand(const struct work *work, struct json_object *said, size_t *index)
{
    int64_t seq = json_get_int(said, "seq", 0);
    const struct job *job = bsearch(&seq, work->run->jobs, work->run->count, sizeof *work->run->jobs, by_seq);
    if (job == NULL)
        return false;
    *index = (size_t)(job - work->run->jobs);
    return hand_has(work->hand, *index);
}

/* A program that talks much is cut short: its words are for the log, not for a file of its own. */
static bool may_log(struct work *work)
{
    if (work->log_lines++ == LOG_LINES_MAX)
        log_info("%s: what %s says further in this chunk is not logged", work->run->operation_id,
                 work->command->words[0]);
    return work->log_lines <= LOG_LINES_MAX;
}

static void on_log(struct work *work, struct json_object *said)
{
    const char *text = json_get_string(said, "text");
    if (text != NULL && may_log(work))
        log_info("%s/%lld: %.1000s", work->run->operation_id, (long long)json_get_int(said, "seq", 0), text);
}

static void fail_as_told(struct work *work, size_t index, struct json_object *said, const char *result)
{
    const char *text = json_get_string(said, "error");
    bool final = json_get_bool(said, "final", false);
    struct err_info why;
    (void)!err_set(&why, final ? ERR_PERMANENT : ERR_RETRY, "%.900s",
                   text == NULL ? "the program gave no reason" : text);
    why.retry_after_ms = json_get_int(said, "after_ms", 0);
    run_fail(work->run, index, &why, final ? RUN_FINAL : RUN_MAY_RETRY, result);
}

/* "" where it is as it should be, else what is wrong with the outcome. */
static bool take_outcome(struct work *work, size_t index, struct json_object *said, const char *result)
{
    const char *outcome = json_get_string(said, "outcome");
    if (outcome == NULL || strcmp(outcome, "succeeded") == 0)
        run_succeed(work->run, index, result);
    else if (strcmp(outcome, "skipped") == 0)
        run_skip(work->run, index, json_get_string(said, "error"), result);
    else if (strcmp(outcome, "failed") == 0 || strcmp(outcome, "retry") == 0)
        fail_as_told(work, index, said, result);
    else
        return false;
    return true;
}

/* A second answer, and one for a job that it was not given, count for nothing. */
static enum err on_done(struct work *work, struct json_object *said, struct err_info *fault)
{
    size_t index;
    if (!find_in_hand(work, said, &index)) {
        if (may_log(work))
            log_warn("%s: %s answered for job %lld, which it does not have in hand; that is ignored",
                     work->run->operation_id, work->command->words[0], (long long)json_get_int(said, "seq", 0));
        return ERR_OK;
    }
    struct json_object *value = json_get(said, "result");
    char *result = own_result(value == NULL ? NULL : json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
    bool taken = take_outcome(work, index, said, result);
    free(result);
    if (!taken)
        return err_set(fault, ERR_RETRY,
                       "%s answered with the outcome \"%.40s\"; it may be succeeded, failed, skipped or "
                       "retry",
                       work->command->words[0], json_get_string(said, "outcome"));
    hand_end(work->hand, index);
    work->answered = true;
    work->deaths = 0;
    return ERR_OK;
}

static enum err on_line(struct work *work, const char *line, size_t len, struct err_info *fault)
{
    struct json_object *said = NULL;
    struct err_info why;
    enum err err = json_parse(line, len, (struct json_limits){PROGRAM_LINE_MAX, ANSWER_DEPTH}, &said, &why);
    work->heard_ms = clock_mono_ms();
    if (err != ERR_OK)
        return err_set(fault, ERR_RETRY,
                       "%s said \"%.100s\" on stdout, which is no JSON (what is not for the worker "
                       "belongs on stderr): %s",
                       work->command->words[0], line, why.text);
    struct json_object *done = json_get(said, "done"), *log = json_get(said, "log");
    if (done != NULL)
        err = on_done(work, done, fault);
    else if (log != NULL)
        on_log(work, log);
    else if (json_get(said, "progress") == NULL)
        err =
            err_set(fault, ERR_RETRY, "%s said \"%.100s\"; a line is an object with \"done\", \"log\" or \"progress\"",
                    work->command->words[0], line);
    json_object_put(said);
    return err;
}

/* Whether it has been silent for too long, with something in hand. */
static bool is_overdue(const struct work *work)
{
    return hand_count(work->hand) > 0 && clock_mono_ms() - work->heard_ms > work->run->definition->timeout_ms;
}

static void tell_overdue(const struct work *work, struct err_info *why)
{
    char length[CLOCK_ISO_MAX];
    (void)!err_set(why, ERR_RETRY, "%s said nothing for %s (timeout)", work->command->words[0],
                   clock_human_ms(work->run->definition->timeout_ms, length));
}

/* One event of the program. */
static void hear(struct work *work, int64_t wait_ms)
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
        (void)!on_line(work, line, len, &fault);
    else if (is_overdue(work))
        tell_overdue(work, &fault);
    if (fault.code != ERR_OK)
        give_up_program(work, &fault);
}

/* ---- the chunk --------------------------------------------------------------------------------------------------- */

/* Hears it to its end, for so long at most. What it answers counts where the operation was only paused; what it leaves
 * in hand stays open, without a try used. */
static bool hear_out(struct work *work, int64_t for_ms)
{
    int64_t until_ms = clock_mono_ms() + for_ms;
    enum program_event event = PROGRAM_QUIET;
    while (event != PROGRAM_ENDED && event != PROGRAM_ENDLESS && clock_mono_ms() < until_ms) {
        const char *line;
        size_t len;
        struct err_info ignored;
        event = program_next(work->tools->program, TICK_MS, &line, &len);
        if (event == PROGRAM_LINE && on_line(work, line, len, &ignored) != ERR_OK)
            return true;
    }
    return event != PROGRAM_QUIET && event != PROGRAM_LINE;
}

/* It is asked, by a line and by the end of its input; then by a signal; then it is killed. */
static void stop(struct work *work, enum err why)
{
    struct program *program = work->tools->program;
    struct buf line = BUF_INIT;
    if (program == NULL)
        return;
    buf_addf(&line, "{\"stop\":\"%s\"}\n",
             why == ERR_FENCED         ? "cancelled"
             : run_stopping(work->run) ? "drained"
                                       : "paused");
    program_say(program, line.data, line.len);
    buf_fini(&line);
    program_end_input(program);
    if (!hear_out(work, STOP_MS)) {
        program_ask_to_end(program);
        (void)hear_out(work, STOP_MS);
    }
    command_tools_end_program(work->tools, NULL);
}

/* Until each job has a result, or the run has to end. ERR_LOCAL: this host cannot run the program. */
static enum err work_through(struct work *work, struct err_info *error)
{
    while (hand_open(work->hand) > 0) {
        enum err err = run_tick(work->run, error);
        if (err == ERR_FENCED || err == ERR_INTERRUPTED) {
            stop(work, err);
            return err;
        }
        if (work->tools->program == NULL) {
            err = command_tools_ready(work->run, work->command, work->tools, error);
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
    struct work work = {.run = run, .command = &phase->command, .tools = tools};
    work.hand = hand_new(run->count, (size_t)phase->command.ahead);
    enum err err = command_tools_ready(run, work.command, tools, &error);
    if (err == ERR_OK)
        err = work_through(&work, &error);
    hand_drop(work.hand);
    if (err == ERR_LOCAL)
        own_put_off_all(run, error.text);
    if (phase->effect.text != NULL)
        own_statement_use(run, phase->effect.text, recipe_effect_params, NULL);
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
        run_jobs(run, phase);
    }
}
