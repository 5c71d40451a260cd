/* I3 from the side of the effects: what a link says of itself must be what is recorded for it
 * (docs/domain/deliveries.md). */
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
    struct verdict_on on = {3, DOCTOR_VIOLATION, DOCTOR_LEAVE, pg_text(r, row, FACTS_LINK), 0};
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
static void judge(struct doctor *doctor, const PGresult *r, int row)
{
    struct verdict_on on = {3, DOCTOR_VIOLATION, DOCTOR_LEAVE, pg_text(r, row, FACTS_LINK), 0};
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
        judge(doctor, facts, row);
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
        struct verdict_on on = {3, DOCTOR_VIOLATION, DOCTOR_LEAVE, pg_text(links, row, 0), 0};
        doctor_say(doctor, &on, "is not there, but what its app was sent is recorded");
    }
    PQclear(links);
    pg_args_drop(args);
    return err;
}

enum err doctor_links(struct doctor *doctor, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    if (doctor->options->depth == DOCTOR_DEEP)
        pg_arg_null(args);
    else
        pg_arg_int8(args, doctor->options->links);
    PGresult *links = NULL;
    enum err err = pg_exec(doctor->pg, &sql_doctor_links, args, &links, error);
    pg_args_drop(args);
    int count = err == ERR_OK ? pg_rows(links) : 0;
    for (int from = 0; err == ERR_OK && from < count; from += LINKS_AT_ONCE)
        err = check_batch(doctor, links, from, count - from > LINKS_AT_ONCE ? from + LINKS_AT_ONCE : count, error);
    PQclear(links);
    return err == ERR_OK ? check_orphans(doctor, error) : err;
}
