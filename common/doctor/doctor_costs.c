/* I3 from the side of the workflow history: each change of a cost stands in the log, in the transaction that made it.
 */
#include "common/doctor/doctor_private.h"
#include "embedded/sql_doctor.h"

enum { WORKFLOW, LOGGED, STORED };

/* A warning: whoever may write to the database may have set a cost by hand, and a re-sync mends it. */
static void judge(struct doctor *doctor, const PGresult *rows, int row)
{
    struct verdict_on on = {3, DOCTOR_WARNING, DOCTOR_LEAVE, pg_text(rows, row, WORKFLOW), 0};
    doctor_say(doctor, &on, "has the cost %s, but what was last written is %s: producer resync-cost %s",
               pg_text(rows, row, STORED), pg_text(rows, row, LOGGED), pg_text(rows, row, WORKFLOW));
}

enum err doctor_costs(struct doctor *doctor, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    if (doctor->options->depth == DOCTOR_DEEP)
        pg_arg_null(args);
    else
        pg_arg_int8(args, doctor->options->links);
    PGresult *rows = NULL;
    enum err err = pg_exec(doctor->pg, &sql_doctor_costs, args, &rows, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(rows); row++)
        judge(doctor, rows, row);
    PQclear(rows);
    pg_args_drop(args);
    return err;
}
