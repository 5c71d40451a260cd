/*
 * I2 from the side of what the overview, the list of apps and the analytics tell: they read sums that are kept with the
 * rows (link_sum, history_sum, history_hour), and these must be what the rows come to. That takes a look at each row,
 * so where there are very many it is left to a deep check-up.
 */
#include <inttypes.h>

#include "common/doctor/doctor_private.h"
#include "embedded/sql_doctor.h"

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

static enum err compare(struct doctor *doctor, const struct sums *sums, struct err_info *error)
{
    PGresult *r = NULL;
    enum err err = pg_exec(doctor->pg, sums->compare, NULL, &r, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(r); row++)
        doctor_say(doctor, &(struct verdict_on){2, DOCTOR_VIOLATION, sums->remedy, sums->table, 0},
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
            err = compare(doctor, &all[i], error);
        else
            doctor_say(doctor, &(struct verdict_on){2, DOCTOR_NOTE, DOCTOR_LEAVE, all[i].table, 0},
                       "not compared with %" PRId64 " %s: producer doctor --deep does", pg_int8(size, 0, i),
                       all[i].rows);
    }
    PQclear(size);
    return err;
}
