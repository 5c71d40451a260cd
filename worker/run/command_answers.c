/*
 * What a program of a definition's own says, line by line (docs/own-jobs.md, "What is said"). Nothing is believed of a
 * job that it does not have in hand, and what it writes into errors and logs is bounded. Called by command.c.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "worker/run/command_work.h"
#include "worker/run/own_statement.h"

#define LOG_LINES_MAX 100 /* of a chunk */
#define ANSWER_DEPTH 32

static int by_seq(const void *key, const void *element)
{
    int64_t seq = *(const int64_t *)key;
    const struct job *job = element;
    return seq < job->seq ? -1 : seq > job->seq;
}

/* False: it has no such job in hand. */
static bool find_in_hand(const struct command_work *work, struct json_object *said, size_t *index)
{
    int64_t seq = json_get_int(said, "seq", 0);
    const struct job *job = bsearch(&seq, work->run->jobs, work->run->count, sizeof *work->run->jobs, by_seq);
    if (job == NULL)
        return false;
    *index = (size_t)(job - work->run->jobs);
    return hand_has(work->hand, *index);
}

/* A program that talks much is cut short: its words are for the log, not for a file of its own. */
static bool may_log(struct command_work *work)
{
    if (work->log_lines++ == LOG_LINES_MAX)
        log_info("%s: what %s says further in this chunk is not logged", work->run->operation_id,
                 work->command->words[0]);
    return work->log_lines <= LOG_LINES_MAX;
}

static void on_log(struct command_work *work, struct json_object *said)
{
    const char *text = json_get_string(said, "text");
    if (text != NULL && may_log(work))
        log_info("%s/%lld: %.1000s", work->run->operation_id, (long long)json_get_int(said, "seq", 0), text);
}

static void fail_as_told(struct command_work *work, size_t index, struct json_object *said, const char *result)
{
    const char *text = json_get_string(said, "error");
    bool final = json_get_bool(said, "final", false);
    struct err_info why;
    (void)!err_set(&why, final ? ERR_PERMANENT : ERR_RETRY, "%.900s",
                   text == NULL ? "the program gave no reason" : text);
    why.retry_after_ms = json_get_int(said, "after_ms", 0);
    run_fail(work->run, index, &why, final ? RUN_FINAL : RUN_MAY_RETRY, result);
}

static void skip_as_told(struct command_work *work, size_t index, struct json_object *said, const char *result)
{
    const char *text = json_get_string(said, "error");
    struct err_info why;
    (void)!err_set(&why, ERR_PERMANENT, "%.900s", text == NULL ? "the program skipped it" : text);
    run_skip(work->run, index, why.text, result);
}

/* False: there is no such outcome. */
static bool take_outcome(struct command_work *work, size_t index, struct json_object *said, const char *result)
{
    const char *outcome = json_get_string(said, "outcome");
    if (outcome == NULL || strcmp(outcome, "succeeded") == 0)
        run_succeed(work->run, index, result);
    else if (strcmp(outcome, "skipped") == 0)
        skip_as_told(work, index, said, result);
    else if (strcmp(outcome, "failed") == 0 || strcmp(outcome, "retry") == 0)
        fail_as_told(work, index, said, result);
    else
        return false;
    return true;
}

/* What an effect would write must be what the program has said. */
static void fail_too_long(struct command_work *work, size_t index)
{
    struct err_info why;
    (void)!err_set(&why, ERR_PERMANENT, "its result is larger than 64 KiB, so that the effect would not get all of it");
    run_fail(work->run, index, &why, RUN_FINAL, NULL);
}

/* A second answer, and one for a job that it was not given, count for nothing. */
static enum err on_done(struct command_work *work, struct json_object *said, struct err_info *fault)
{
    size_t index;
    if (!find_in_hand(work, said, &index)) {
        if (may_log(work))
            log_warn("%s: %s answered for job %lld, which it does not have in hand; that is ignored",
                     work->run->operation_id, work->command->words[0], (long long)json_get_int(said, "seq", 0));
        return ERR_OK;
    }
    struct json_object *value = json_get(said, "result");
    const char *json = value == NULL ? NULL : json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
    char *result = own_result(json);
    bool taken = true;
    if (json != NULL && strlen(json) > OWN_RESULT_MAX_BYTES && work->has_effect)
        fail_too_long(work, index);
    else
        taken = take_outcome(work, index, said, result);
    free(result);
    if (!taken)
        return err_set(fault, ERR_RETRY,
                       "%s answered with the outcome \"%.40s\"; it may be succeeded, failed, skipped or "
                       "retry",
                       work->command->words[0], json_get_string(said, "outcome"));
    hand_end(work->hand, index);
    work->is_new = false;
    work->deaths = 0;
    return ERR_OK;
}

enum err command_hear_line(struct command_work *work, const char *line, size_t len, struct err_info *fault)
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
