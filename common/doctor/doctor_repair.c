/*
 * The remedies. Each is something that a worker's sweep may do at any time, or a count of rows under a lock, so it is
 * harmless where the finding was wrong or has passed: an operation that has ended is not opened, one that is not done
 * is not advanced, a younger lease stays.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/doctor/doctor_private.h"
#include "common/queue/redis_owner.h"
#include "embedded/sql_doctor.h"
#include "embedded/sql_queue.h"

struct repair {
    struct pg *pg;
    struct dispatch dispatch;
    const struct doctor_finding *finding;
    struct doctor_report *done;
};

static struct finding_on done_on(const struct repair *repair, enum severity severity)
{
    return (struct finding_on){repair->finding->invariant, severity, DOCTOR_LEAVE, repair->finding->subject, 0};
}

static void done_note(struct repair *repair, const char *what)
{
    struct finding_on on = done_on(repair, DOCTOR_NOTE);
    report_add(repair->done, &on, "%s", what);
}

static enum err raise_generation(struct repair *repair, int64_t seen, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, repair->finding->subject);
    pg_arg_int8(args, seen);
    enum err err = pg_exec(repair->pg, &sql_queue_operation_raise_generation, args, NULL, error);
    pg_args_drop(args);
    return err;
}

static enum err reopen(struct repair *repair, struct err_info *error)
{
    struct operation *operation = NULL;
    const char *id = repair->finding->subject;
    enum err err = operation_get(repair->pg, id, &operation, error);
    if (err != ERR_OK)
        return err;
    struct tally tally = operation->tally;
    operation_drop(operation);
    if (tally.state != OP_RUNNING) {
        done_note(repair, "does not run any more: left alone");
        return ERR_OK;
    }
    err = raise_generation(repair, tally.generation, error);
    if (err == ERR_OK)
        err = dispatch_open(&repair->dispatch, repair->pg, id, error);
    if (err == ERR_OK)
        done_note(repair, "generation raised, opened again from its lowest open job");
    return err;
}

static enum err advance(struct repair *repair, struct err_info *error)
{
    struct operation *operation = NULL;
    struct tally tally;
    const char *id = repair->finding->subject;
    enum err err = operation_get(repair->pg, id, &operation, error);
    if (err != ERR_OK)
        return err;
    int phase = operation->tally.phase;
    operation_drop(operation);
    err = operation_advance(repair->pg, id, phase, &tally, error);
    if (err == ERR_OK)
        err = dispatch_refresh(&repair->dispatch, repair->pg, id, error);
    if (err != ERR_OK)
        return err;
    struct finding_on on = done_on(repair, DOCTOR_NOTE);
    if (tally.phase == phase && tally.state == OP_RUNNING)
        report_add(repair->done, &on, "phase %d is not done: left alone", phase);
    else
        report_add(repair->done, &on, "advanced: now %s, phase %d", op_state_name(tally.state), tally.phase);
    return ERR_OK;
}

static enum err mirror(struct repair *repair, struct err_info *error)
{
    enum err err = dispatch_refresh(&repair->dispatch, repair->pg, repair->finding->subject, error);
    if (err == ERR_OK)
        done_note(repair, "carried into Redis as PostgreSQL has it");
    return err;
}

/* An operation that begins at this moment takes the expiry away again (open.lua). */
static enum err expire(struct repair *repair, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redis_arg(args, "EXPIRE");
    redis_arg(args, repair->finding->subject);
    redis_arg_int(args, DISPATCH_KEEP_S);
    enum err err = redis_run(repair->dispatch.redis, args, NULL, error);
    redis_args_drop(args);
    if (err == ERR_OK)
        done_note(repair, "given an expiry of a day");
    return err;
}

static enum err lease_release(struct repair *repair, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, repair->finding->subject);
    PGresult *r = NULL;
    enum err err = pg_exec(repair->pg, &sql_doctor_release_stale, args, &r, error);
    struct finding_on on = done_on(repair, DOCTOR_NOTE);
    if (err == ERR_OK && pg_rows(r) > 0)
        report_add(repair->done, &on, "the lease of %s removed", pg_text(r, 0, 0));
    else if (err == ERR_OK)
        report_add(repair->done, &on, "the lease was touched in the last 5 minutes: left alone");
    PQclear(r);
    pg_args_drop(args);
    return err;
}

static enum err recount(struct repair *repair, const struct sql *statement, struct err_info *error)
{
    enum err err = pg_exec(repair->pg, statement, NULL, NULL, error);
    if (err == ERR_OK)
        done_note(repair, "counted again");
    return err;
}

static enum err recount_links(struct repair *repair, struct err_info *error)
{
    return recount(repair, &sql_doctor_recount_links, error);
}

static enum err recount_history(struct repair *repair, struct err_info *error)
{
    return recount(repair, &sql_doctor_recount_history, error);
}

static const struct {
    enum err (*run)(struct repair *repair, struct err_info *error);
    bool in_redis;
} remedies[] = {
    [DOCTOR_LEAVE] = {NULL, false},
    [DOCTOR_REOPEN] = {reopen, true},
    [DOCTOR_ADVANCE] = {advance, true},
    [DOCTOR_MIRROR] = {mirror, true},
    [DOCTOR_EXPIRE] = {expire, true},
    [DOCTOR_RELEASE] = {lease_release, false},
    [DOCTOR_RECOUNT_LINKS] = {recount_links, false},
    [DOCTOR_RECOUNT_HISTORY] = {recount_history, false},
};

/* Several findings may ask for the same. */
static bool asked_before(const struct doctor_report *report, size_t index)
{
    const struct doctor_finding *f = &report->findings[index];
    for (size_t i = 0; i < index; i++)
        if (report->findings[i].remedy == f->remedy && strcmp(report->findings[i].subject, f->subject) == 0)
            return true;
    return false;
}

static enum err apply(struct repair *repair, struct err_info *error)
{
    struct finding_on on = done_on(repair, DOCTOR_WARNING);
    if (remedies[repair->finding->remedy].in_redis && repair->dispatch.redis == NULL) {
        report_add(repair->done, &on, "not mended: Redis is not there");
        return ERR_OK;
    }
    enum err err = remedies[repair->finding->remedy].run(repair, error);
    if (err == ERR_OK || err == ERR_UNREACHABLE)
        return err;
    report_add(repair->done, &on, "not mended: %s", error->text);
    return ERR_OK;
}

enum err doctor_repair(struct pg *pg, const struct dispatch *dispatch, const struct doctor_report *report,
                       struct doctor_report **done, struct err_info *error)
{
    struct repair repair = {pg, *dispatch, NULL, mem_zalloc(sizeof(struct doctor_report))};
    struct err_info ignored = {0};
    enum err err = pg_ready(pg, error);
    if (err == ERR_OK && dispatch->redis != NULL && redis_owner_look(&repair.dispatch, pg, &ignored) == ERR_CONFLICT)
        repair.dispatch.redis = NULL; /* another installation's: nothing there is to be mended by this one */
    for (size_t i = 0; i < report->count && err == ERR_OK; i++) {
        repair.finding = &report->findings[i];
        if (repair.finding->remedy != DOCTOR_LEAVE && !asked_before(report, i))
            err = apply(&repair, error);
    }
    *done = repair.done;
    return err;
}
