/*
 * Rows that say what cannot be, whatever the rest of the system does: a line of a log that does not follow the one
 * before it, a sum that is not what it is of, a time before its beginning. Each statement names such rows, and says
 * what is wrong; one that was never written over names none.
 */
#include "common/doctor/doctor_private.h"
#include "embedded/sql_doctor.h"

#define JOBS_OF_EACH 1000 /* of an operation, where not deep */

/* How many of what a check looks at, where not deep. */
enum row_bound {
    OF_LINKS,      /* $1 as many as links */
    OF_OPERATIONS, /* $1 as many as operations */
    OF_JOBS,       /* the same, $2 the first jobs of each */
};

struct row_check {
    int invariant;
    const struct sql *statement;
    enum row_bound bound;
};
static const struct row_check checks[] = {
    {1, &sql_doctor_job_rows, OF_JOBS},       {2, &sql_doctor_operation_rows, OF_OPERATIONS},
    {2, &sql_doctor_versions, OF_OPERATIONS}, {3, &sql_doctor_cost_log, OF_LINKS},
    {3, &sql_doctor_cost_told, OF_LINKS},     {3, &sql_doctor_intents, OF_LINKS},
    {2, &sql_doctor_patterns, OF_LINKS},      {3, &sql_doctor_references, OF_LINKS},
};
#define CHECKS (sizeof checks / sizeof *checks)

/* Each row that a statement answers with is a violation: its subject, and what is wrong; where there is a third column
 * and it is true, only a warning. Takes the arguments. */
static enum err say_rows(struct doctor *doctor, int invariant, const struct sql *statement, struct pg_args *args,
                         struct err_info *error)
{
    PGresult *rows = NULL;
    enum err err = pg_exec(doctor->pg, statement, args, &rows, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(rows); row++) {
        bool warns = PQnfields(rows) > 2 && pg_bool(rows, row, 2);
        struct verdict_on on = {invariant, warns ? DOCTOR_WARNING : DOCTOR_VIOLATION, DOCTOR_LEAVE,
                                pg_text(rows, row, 0), 0};
        doctor_say(doctor, &on, "%s", pg_text(rows, row, 1));
    }
    PQclear(rows);
    pg_args_drop(args);
    return err;
}

static void add_bound(struct pg_args *args, const struct doctor *doctor, int64_t bound)
{
    if (doctor->options->depth == DOCTOR_DEEP)
        pg_arg_null(args);
    else
        pg_arg_int8(args, bound);
}

enum err doctor_rows(struct doctor *doctor, struct err_info *error)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < CHECKS && err == ERR_OK; i++) {
        const struct row_check *check = &checks[i];
        struct pg_args *args = pg_args_new();
        add_bound(args, doctor, check->bound == OF_LINKS ? doctor->options->links : doctor->options->operations);
        if (check->bound == OF_JOBS)
            add_bound(args, doctor, JOBS_OF_EACH);
        err = say_rows(doctor, check->invariant, check->statement, args, error);
    }
    return err;
}

/* Reads all outcomes of some days, so only where deep. Where outcomes themselves are wrong, kept activity differs from
 * them for that reason alone. */
enum err doctor_activity(struct doctor *doctor, struct err_info *error)
{
    if (doctor->options->depth != DOCTOR_DEEP)
        return ERR_OK;
    for (size_t i = 0; i < doctor->report->count; i++) {
        const struct doctor_finding *finding = &doctor->report->findings[i];
        if (finding->severity == DOCTOR_VIOLATION && (finding->invariant == 1 || finding->invariant == 2))
            return ERR_OK;
    }
    struct pg_args *args = pg_args_new();
    pg_arg_int8(args, doctor->options->retention_ms);
    return say_rows(doctor, 2, &sql_doctor_activity, args, error);
}
