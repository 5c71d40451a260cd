/*
 * Rows held against what they are made from: links against deliveries (I3), costs against their log (I3), kept sums
 * against the rows that they sum (I2), and rows that cannot be (I1 to I3). Each statement names what is wrong, and
 * nothing is changed. Where there are very many rows, a part of it is left to a deep check-up. Called by
 * doctor_checkup.c.
 */
#include <inttypes.h>
#include <string.h>

#include "common/doctor/doctor_private.h"
#include "embedded/sql_doctor.h"

#define LINKS_AT_ONCE 50

enum {
    FACTS_LINK,
    FACTS_RESULT,
    FACTS_SYNCED,
    FACTS_FILES,
    FACTS_HELD,
    FACTS_ANNOUNCED,
    FACTS_OTHER,
    FACTS_BYTES,
    FACTS_HELD_BYTES,
    FACTS_WITHOUT_COMMIT,
    FACTS_RETRIES
};

/* Of every link, whatever it says of itself. */
static void judge_rows(struct doctor *doctor, const PGresult *r, int row)
{
    struct finding_on on = {3, DOCTOR_VIOLATION, DOCTOR_LEAVE, pg_text(r, row, FACTS_LINK), 0};
    int64_t retries = pg_int8(r, row, FACTS_RETRIES);
    if (pg_int8(r, row, FACTS_OTHER) > 0)
        doctor_say(doctor, &on,
                   "%" PRId64 " of its deliveries are not what was recorded: a path, a sha, a blob or a size"
                   " was written over",
                   pg_int8(r, row, FACTS_OTHER));
    if (retries < 0)
        doctor_say(doctor, &on, "counts %" PRId64 " failed tries", retries);
}

/* `synced_tree_id` is non-null only while the deliveries equal exactly that tree. */
static void facts_judge(struct doctor *doctor, const PGresult *r, int row)
{
    struct finding_on on = {3, DOCTOR_VIOLATION, DOCTOR_LEAVE, pg_text(r, row, FACTS_LINK), 0};
    doctor->links++;
    judge_rows(doctor, r, row);
    if (!pg_bool(r, row, FACTS_SYNCED))
        return;
    if (strcmp(pg_text(r, row, FACTS_RESULT), "never") == 0)
        doctor_say(doctor, &on, "is synced to a tree, but nothing was ever sent");
    if (pg_int8(r, row, FACTS_ANNOUNCED) > 0)
        doctor_say(doctor, &on, "is synced to a tree, but %" PRId64 " deliveries are announced and not recorded",
                   pg_int8(r, row, FACTS_ANNOUNCED));
    if (pg_is_null(r, row, FACTS_FILES) || pg_int8(r, row, FACTS_FILES) != pg_int8(r, row, FACTS_HELD))
        doctor_say(doctor, &on, "is synced to a tree of %" PRId64 " files, but %" PRId64 " deliveries are recorded",
                   pg_int8(r, row, FACTS_FILES), pg_int8(r, row, FACTS_HELD));
    else if (!pg_is_null(r, row, FACTS_BYTES) && pg_int8(r, row, FACTS_BYTES) != pg_int8(r, row, FACTS_HELD_BYTES))
        doctor_say(doctor, &on, "is synced to a tree of %" PRId64 " bytes, but deliveries of %" PRId64 " are recorded",
                   pg_int8(r, row, FACTS_BYTES), pg_int8(r, row, FACTS_HELD_BYTES));
    if (pg_bool(r, row, FACTS_WITHOUT_COMMIT))
        doctor_say(doctor, &on, "is synced to a tree, but to no commit");
}

static enum err check_batch(struct doctor *doctor, const PGresult *links, int from, int to, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    doctor_arg_rows(args, links, 0, from, to);
    doctor_arg_rows(args, links, 1, from, to);
    pg_arg_bool(args, doctor->options->depth == DOCTOR_DEEP);
    PGresult *facts = NULL;
    enum err err = pg_exec(doctor->pg, &sql_doctor_link_facts, args, &facts, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(facts); row++)
        facts_judge(doctor, facts, row);
    PQclear(facts);
    pg_args_drop(args);
    return err;
}

static enum err check_orphans(struct doctor *doctor, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_bool(args, doctor->options->depth == DOCTOR_DEEP);
    PGresult *links = NULL;
    enum err err = pg_exec(doctor->pg, &sql_doctor_orphans_of_links, args, &links, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(links); row++) {
        struct finding_on on = {3, DOCTOR_VIOLATION, DOCTOR_LEAVE, pg_text(links, row, 0), 0};
        doctor_say(doctor, &on, "is not there, but what its app was sent is recorded");
    }
    PQclear(links);
    pg_args_drop(args);
    return err;
}

enum err doctor_links(struct doctor *doctor, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    doctor_arg_bound(doctor, args, doctor->options->links);
    PGresult *links = NULL;
    enum err err = pg_exec(doctor->pg, &sql_doctor_links, args, &links, error);
    pg_args_drop(args);
    int count = err == ERR_OK ? pg_rows(links) : 0;
    for (int from = 0; err == ERR_OK && from < count; from += LINKS_AT_ONCE)
        err = check_batch(doctor, links, from, count - from > LINKS_AT_ONCE ? from + LINKS_AT_ONCE : count, error);
    PQclear(links);
    return err == ERR_OK ? check_orphans(doctor, error) : err;
}

/* ---- costs ------------------------------------------------------------------------------------------------------- */

/* I3 from the side of the workflow history: each change of a cost stands in the log, in the transaction that made it.
 */

enum { WORKFLOW, LOGGED, STORED };

/* A warning: a person may have set a cost by hand, and a re-sync mends it. */
static void cost_judge(struct doctor *doctor, const PGresult *rows, int row)
{
    struct finding_on on = {3, DOCTOR_WARNING, DOCTOR_LEAVE, pg_text(rows, row, WORKFLOW), 0};
    doctor_say(doctor, &on, "has the cost %s, but what was last written is %s: producer resync-cost %s",
               pg_text(rows, row, STORED), pg_text(rows, row, LOGGED), pg_text(rows, row, WORKFLOW));
}

enum err doctor_costs(struct doctor *doctor, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    doctor_arg_bound(doctor, args, doctor->options->links);
    PGresult *rows = NULL;
    enum err err = pg_exec(doctor->pg, &sql_doctor_costs, args, &rows, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(rows); row++)
        cost_judge(doctor, rows, row);
    PQclear(rows);
    pg_args_drop(args);
    return err;
}

/* ---- sums -------------------------------------------------------------------------------------------------------- */

/*
 * I2 from the side of what the overview, the list of apps and the analytics tell: they read sums that are kept with the
 * rows (link_sum, history_sum, history_hour), and these must be what the rows come to. That takes a look at each row,
 * so where there are very many it is left to a deep check-up.
 */

#define ROWS_MAX 200000 /* a tenth of a second */

struct sums {
    const char *table; /* the subject of a finding */
    const char *rows;
    enum doctor_remedy remedy;
    const struct sql *compare;
};
static const struct sums all[] = {
    {"link_sum", "links", DOCTOR_RECOUNT_LINKS, &sql_doctor_sums_of_links},
    {"history_sum", "workflow runs", DOCTOR_RECOUNT_HISTORY, &sql_doctor_sums_of_history},
};
#define SUMS ((int)(sizeof all / sizeof *all))

static enum err sums_compare(struct doctor *doctor, const struct sums *sums, struct err_info *error)
{
    PGresult *r = NULL;
    enum err err = pg_exec(doctor->pg, sums->compare, NULL, &r, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(r); row++)
        doctor_say(doctor, &(struct finding_on){2, DOCTOR_VIOLATION, sums->remedy, sums->table, 0},
                   "says %s %s of %s, but there are %s", pg_text(r, row, 2), pg_text(r, row, 1), pg_text(r, row, 0),
                   pg_text(r, row, 3));
    PQclear(r);
    return err;
}

enum err doctor_sums(struct doctor *doctor, struct err_info *error)
{
    PGresult *size = NULL;
    enum err err = pg_exec(doctor->pg, &sql_doctor_sums_size, NULL, &size, error);
    for (int i = 0; i < SUMS && err == ERR_OK; i++) {
        if (doctor->options->depth == DOCTOR_DEEP || pg_int8(size, 0, i) <= ROWS_MAX)
            err = sums_compare(doctor, &all[i], error);
        else
            doctor_say(doctor, &(struct finding_on){2, DOCTOR_NOTE, DOCTOR_LEAVE, all[i].table, 0},
                       "not compared with %" PRId64 " %s: producer doctor --deep does", pg_int8(size, 0, i),
                       all[i].rows);
    }
    PQclear(size);
    return err;
}

/* ---- rows that cannot be ----------------------------------------------------------------------------------------- */

/*
 * Rows that say what cannot be, whatever the rest of the system does: a line of a log that does not follow the one
 * before it, a sum that is not what it is of, a time before its beginning. Each statement names such rows, and says
 * what is wrong; one that was never written over names none.
 */

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
        struct finding_on on = {invariant, warns ? DOCTOR_WARNING : DOCTOR_VIOLATION, DOCTOR_LEAVE,
                                pg_text(rows, row, 0), 0};
        doctor_say(doctor, &on, "%s", pg_text(rows, row, 1));
    }
    PQclear(rows);
    pg_args_drop(args);
    return err;
}

enum err doctor_rows(struct doctor *doctor, struct err_info *error)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < CHECKS && err == ERR_OK; i++) {
        const struct row_check *check = &checks[i];
        struct pg_args *args = pg_args_new();
        doctor_arg_bound(doctor, args, check->bound == OF_LINKS ? doctor->options->links : doctor->options->operations);
        if (check->bound == OF_JOBS)
            doctor_arg_bound(doctor, args, JOBS_OF_EACH);
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
