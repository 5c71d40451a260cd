/*
 * The order of a check-up: the environment first, for without a schema there is nothing to look at; then what must be
 * true at every instant, once; then what may pass, look after look, until it has passed or has lasted too long.
 */
#include "common/doctor/doctor.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/doctor/doctor_private.h"
#include "embedded/sql_doctor.h"
#include "embedded/sql_session.h"

#define LOOK_EVERY_MS 250
/* After so many times wait_ms, what is still young arose while we looked, and is left to the next check-up. */
#define PATIENCE 2

struct pg_batch *doctor_snapshot_new(void)
{
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &sql_doctor_begin);
    return batch;
}

enum err doctor_snapshot_run(struct pg *pg, struct pg_batch *batch, struct err_info *error)
{
    pg_batch_add(batch, &sql_session_commit);
    enum err err = pg_batch_run(pg, batch, error);
    if (err != ERR_OK)
        pg_abort(pg);
    return err;
}

void doctor_arg_rows(struct pg_args *args, const PGresult *list, int column, int from, int to)
{
    const char **texts = mem_array((size_t)(to - from) + 1, sizeof *texts);
    for (int row = from; row < to; row++)
        texts[row - from] = pg_text(list, row, column);
    pg_arg_texts(args, texts, (size_t)(to - from));
    free(texts);
}

/* The moments of PostgreSQL and Redis cannot be one; each side is read at one moment of its own. */
static enum err look_once(struct doctor *doctor, struct err_info *error)
{
    doctor->look++;
    enum err err = doctor_leases(doctor, error);
    return err == ERR_OK && doctor->redis != NULL ? doctor_dispatch(doctor, error) : err;
}

static enum err watch(struct doctor *doctor, struct err_info *error)
{
    int64_t until = clock_mono_ms() + PATIENCE * doctor->options->wait_ms;
    for (;;) {
        enum err err = look_once(doctor, error);
        int64_t now = clock_mono_ms();
        if (err != ERR_OK || !suspicions_settle(doctor, now) || now > until)
            return err;
        poll(NULL, 0, LOOK_EVERY_MS);
    }
}

static void say_unchecked(struct doctor *doctor)
{
    static const int of_redis[] = {5, 6, 7, 9, 10};
    for (size_t i = 0; i < sizeof of_redis / sizeof *of_redis; i++)
        doctor_say(doctor, &(struct finding_on){of_redis[i], DOCTOR_NOTE, DOCTOR_LEAVE, "", 0},
                   of_redis[i] == 10 ? "not checked in Redis, which is not there" : "not checked: Redis is not there");
}

static bool has_finding(const struct doctor_report *report, int invariant)
{
    for (size_t i = 0; i < report->count; i++)
        if (report->findings[i].invariant == invariant)
            return true;
    return false;
}

/* What each invariant says, in short (docs/invariants.md). */
static const char *const promises[DOCTOR_INVARIANTS + 1] = {
    [1] = "each job is open or settled, never both, never neither",
    [2] = "all counts and sums equal what they count",
    [3] = "what was settled has its effect, and nothing else has",
    [4] = "nothing was done after a cancel",
    [5] = "whatever runs is queued, held or due",
    [6] = "what is held is held by a living worker",
    [7] = "Redis is never ahead of PostgreSQL",
    [8] = "one attempt at a time holds a key",
    [9] = "Redis holds no more than its windows",
    [10] = "no secret is to be seen",
};

/* What was looked at where nothing was found. */
static void say_well(struct doctor *doctor)
{
    for (int invariant = 0; invariant <= DOCTOR_INVARIANTS; invariant++) {
        if (has_finding(doctor->report, invariant))
            continue;
        struct finding_on on = {invariant, DOCTOR_OK, DOCTOR_LEAVE, "", 0};
        if (invariant == 0)
            doctor_say(doctor, &on, "nothing to mention");
        else if (invariant == 3)
            doctor_say(doctor, &on, "%s: holds for %" PRId64 " operations and %" PRId64 " links", promises[invariant],
                       doctor->operations, doctor->links);
        else if (invariant == 8)
            doctor_say(doctor, &on, "%s: holds for %" PRId64 " leases", promises[invariant], doctor->leases);
        else if (invariant == 6 || invariant == 9)
            doctor_say(doctor, &on, "%s: holds for %" PRId64 " entries of lists", promises[invariant], doctor->entries);
        else
            doctor_say(doctor, &on, "%s: holds for %" PRId64 " operations", promises[invariant], doctor->operations);
    }
}

static enum err check_all(struct doctor *doctor, struct err_info *error)
{
    bool usable = false;
    enum err err = doctor_environment(doctor, &usable, error);
    if (err != ERR_OK || !usable)
        return err;
    err = doctor_operations(doctor, error);
    if (err == ERR_OK)
        err = doctor_links(doctor, error);
    if (err == ERR_OK)
        err = doctor_costs(doctor, error);
    if (err == ERR_OK)
        err = doctor_sums(doctor, error);
    if (err == ERR_OK)
        err = doctor_rows(doctor, error);
    if (err == ERR_OK)
        err = doctor_activity(doctor, error);
    if (err == ERR_OK && doctor->redis != NULL)
        err = doctor_values(doctor, error);
    if (err == ERR_OK)
        err = watch(doctor, error);
    if (err != ERR_OK)
        return err;
    if (doctor->redis == NULL)
        say_unchecked(doctor);
    say_well(doctor);
    return ERR_OK;
}

enum err doctor_check(struct pg *pg, const struct dispatch *dispatch, const struct doctor_options *options,
                      struct doctor_report **report, struct err_info *error)
{
    struct doctor doctor = {.pg = pg, .redis = dispatch->redis, .prefix = dispatch->prefix, .options = options};
    doctor.report = mem_zalloc(sizeof *doctor.report);
    enum err err = check_all(&doctor, error);
    suspicions_drop(&doctor);
    if (err != ERR_OK) {
        doctor_report_drop(doctor.report);
        return err;
    }
    report_sort(doctor.report);
    *report = doctor.report;
    return ERR_OK;
}
