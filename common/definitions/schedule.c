/*
 * Starts what a definition's schedule says. All workers look; the tick is a pure function of time, and the row that
 * notes it lets only one of them start it. Of ticks that were missed only the last is made up for, and a definition
 * whose last scheduled operation still runs lets its tick go. PostgreSQL's clock decides. Called by the maintenance
 * thread of each worker process.
 */
#include "common/definitions/schedule.h"

#include <stdio.h>

#include "common/base/log.h"
#include "common/definitions/cron.h"
#include "common/definitions/submission.h"
#include "embedded/sql_definitions.h"

/* A pass that is late by more than this lets the tick go: the process was stopped, and the next pass sees a newer one.
 */
#define LATE_MS 10000

/* A tick that is due. Texts are borrowed from the answer of schedule_scheduled. */
struct due {
    int64_t definition_id;
    const char *handle;
    int64_t tick_ms, next_ms;
    bool idle; /* there is nothing to do: no news, but the row keeps it */
};

static bool is_passing(enum err err)
{
    return err == ERR_UNREACHABLE || err == ERR_RETRY || err == ERR_FENCED;
}

/* ---- skipping ---------------------------------------------------------------------------------------------------- */

static enum err tick_skip(const struct schedule *schedule, const struct due *due, const char *why,
                          struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_int8(args, due->definition_id);
    pg_arg_int8(args, due->tick_ms);
    pg_arg_text(args, why);
    PGresult *result = NULL;
    enum err err = pg_exec(schedule->pg, &sql_definitions_schedule_skip, args, &result, error);
    if (err == ERR_OK && pg_rows(result) > 0)
        log_write(due->idle || !pg_bool(result, 0, 0) ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
                  "schedule: a tick of %s was skipped: %s", due->handle, why);
    PQclear(result);
    pg_args_drop(args);
    return err;
}

/* ---- starting ---------------------------------------------------------------------------------------------------- */

/* An operation of an earlier tick that has not ended; "" if there is none. */
static enum err find_running(const struct schedule *schedule, const struct due *due, char operation_id[ID_MAX],
                             struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_int8(args, due->definition_id);
    PGresult *result = NULL;
    enum err err = pg_exec(schedule->pg, &sql_definitions_schedule_running, args, &result, error);
    snprintf(operation_id, ID_MAX, "%s", err == ERR_OK && pg_rows(result) > 0 ? pg_text(result, 0, 0) : "");
    PQclear(result);
    pg_args_drop(args);
    return err;
}

/* ERR_NOT_FOUND where there is nothing to do, ERR_BUSY where another dealt with the tick. */
static enum err accept_tick(const struct schedule *schedule, struct due *due, int *started, struct err_info *error)
{
    const struct submitter submitter = {schedule->pg, schedule->kinds, .add_settings = schedule->add_settings,
                                        .context = schedule->context};
    struct request_tick tick = {due->definition_id, due->tick_ms, due->next_ms + LATE_MS};
    char operation_id[ID_MAX];
    id_operation(operation_id);
    const struct request request = {.handle = due->handle,
                                    .operation_id = operation_id,
                                    .requested_by = SCHEDULE_REQUESTER,
                                    .unless_idle = true,
                                    .tick = &tick};
    struct submission submission;
    enum err err = submission_request(&submitter, &request, &submission, error);
    due->idle = err == ERR_NOT_FOUND && submission.preview.jobs == 0;
    submission_fini(&submission);
    if (err == ERR_OK) {
        ++*started;
        log_info("schedule: %s is due: %s", due->handle, operation_id);
    }
    return err;
}

static enum err deal_with(const struct schedule *schedule, struct due *due, int *started, struct err_info *error)
{
    char running[ID_MAX];
    struct err_info why = {.code = ERR_OK};
    enum err err = find_running(schedule, due, running, &why);
    if (err == ERR_OK && running[0] != '\0')
        err = err_set(&why, ERR_CONFLICT, "operation %s of an earlier tick has not ended", running);
    if (err == ERR_OK)
        err = accept_tick(schedule, due, started, &why);
    if (err == ERR_OK || err == ERR_BUSY)
        return ERR_OK; /* ours, or another's */
    if (!is_passing(err))
        return tick_skip(schedule, due, why.text, error);
    *error = why;
    return err;
}

/* ---- what is due ------------------------------------------------------------------------------------------------- */

/* Columns of schedule_scheduled. */
enum { ROW_ID, ROW_HANDLE, ROW_EVERY, ROW_CRON, ROW_NOW, ROW_SINCE, ROW_DEALT };

static bool read_due(const PGresult *rows, int row, struct due *due)
{
    struct tick_rule rule;
    struct err_info error;
    int64_t now_ms = pg_int8(rows, row, ROW_NOW);
    if (tick_rule_read(pg_int8(rows, row, ROW_EVERY), pg_text(rows, row, ROW_CRON), &rule, &error) != ERR_OK)
        return false; /* of a version that no program would load today */
    int64_t dealt_ms = pg_is_null(rows, row, ROW_DEALT) ? TICK_NONE : pg_int8(rows, row, ROW_DEALT);
    *due =
        (struct due){pg_int8(rows, row, ROW_ID), pg_text(rows, row, ROW_HANDLE),
                     tick_due(&rule, now_ms, pg_int8(rows, row, ROW_SINCE), dealt_ms), tick_next(&rule, now_ms), false};
    return due->tick_ms != TICK_NONE;
}

enum err schedule_pass(const struct schedule *schedule, int *started, struct err_info *error)
{
    PGresult *rows = NULL;
    *started = 0;
    enum err err = pg_exec(schedule->pg, &sql_definitions_schedule_scheduled, NULL, &rows, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(rows); row++) {
        struct due due;
        if (read_due(rows, row, &due))
            err = deal_with(schedule, &due, started, error);
    }
    PQclear(rows);
    return err;
}

int64_t schedule_next_ms(const PGresult *rows, int row)
{
    struct tick_rule rule;
    struct err_info ignored;
    const char *cron = pg_text(rows, row, PQfnumber(rows, "cron"));
    int64_t every_ms = pg_int8(rows, row, PQfnumber(rows, "every_ms"));
    if (tick_rule_read(every_ms, cron, &rule, &ignored) != ERR_OK)
        return TICK_NONE;
    return tick_next(&rule, pg_int8(rows, row, PQfnumber(rows, "now_ms")));
}
