/* One run of the doctor, for the files doctor_*.c only: each of them checks one side of the system. */
#ifndef REPRISE_DOCTOR_DOCTOR_PRIVATE_H
#define REPRISE_DOCTOR_DOCTOR_PRIVATE_H

#include <json-c/json_object.h>

#include "common/base/ids.h"
#include "common/doctor/doctor.h"
#include "common/queue/names.h"
#include "common/queue/operation.h"

#define DOCTOR_INVARIANTS 10

/* Something that must not last. It is told apart by invariant, subject and the format of its text. */
struct suspicion {
    struct doctor_finding finding;
    const char *format;
    int64_t stamp;    /* it begins again when this changes: there was progress */
    int64_t since_ms; /* clock_mono_ms */
    int look;         /* the last look that saw it */
};

struct doctor {
    struct pg *pg;
    struct redis *redis; /* NULL: not there */
    const char *prefix;
    const struct doctor_options *options;
    struct doctor_report *report;
    struct suspicion *suspicions;
    size_t suspicion_count;
    int look;
    int64_t operations, links, leases, entries; /* looked at */
};

/* What a finding is about. */
struct finding_on {
    int invariant;
    enum severity severity;
    enum doctor_remedy remedy;
    const char *subject; /* borrowed */
    int64_t stamp;       /* of a suspicion */
};
/* Adds how many rows a check looks at: `bound`, or NULL for all of them at --deep. */
void doctor_arg_bound(const struct doctor *doctor, struct pg_args *args, int64_t bound);
/* Says it for good; once, however often it is seen. */
void doctor_say(struct doctor *doctor, const struct finding_on *on, const char *format, ...) PRINTF_LIKE(3, 4);
/* Says it if it lasts. */
void doctor_suspect(struct doctor *doctor, const struct finding_on *on, const char *format, ...) PRINTF_LIKE(3, 4);

void report_add(struct doctor_report *report, const struct finding_on *on, const char *format, ...) PRINTF_LIKE(3, 4);
void report_sort(struct doctor_report *report);
/* Suspicions that have lasted become findings, those that this look did not see are forgotten. True while some are
 * young. */
bool suspicions_settle(struct doctor *doctor, int64_t now_ms);
void suspicions_drop(struct doctor *doctor);

/* ---- the checks -------------------------------------------------------------------------------------------------- */

/* Environment. `*usable` is false where the schema is not this program's: then nothing else can be checked. A Redis
 * that does not answer becomes NULL. */
MUST_CHECK enum err doctor_environment(struct doctor *doctor, bool *usable, struct err_info *error);
/* Calls `each` with a name for people ("w_… (host, process 12)") and the heartbeat of each living worker. */
#define DOCTOR_WORKER_MAX 256
typedef void doctor_worker_fn(const char *name, struct json_object *said, void *context);
MUST_CHECK enum err doctor_each_worker(struct doctor *doctor, doctor_worker_fn *each, void *context,
                                       struct err_info *error);
/* The encryption key: what the stored secrets need, and who of the workers lacks it. A part of the environment. */
MUST_CHECK enum err doctor_keys(struct doctor *doctor, struct err_info *error);
/* Whether the hosts of the living workers have the same definitions. A part of the environment. */
MUST_CHECK enum err doctor_definitions(struct doctor *doctor, struct err_info *error);
/* I1, I2, I4, I10 (error texts) and a part of I3, from the operations. */
MUST_CHECK enum err doctor_operations(struct doctor *doctor, struct err_info *error);
/* I3, from the links. */
MUST_CHECK enum err doctor_links(struct doctor *doctor, struct err_info *error);
/* I3, from the costs of the workflow history. */
MUST_CHECK enum err doctor_costs(struct doctor *doctor, struct err_info *error);
/* I2, from the sums that are kept with links and workflow history. */
MUST_CHECK enum err doctor_sums(struct doctor *doctor, struct err_info *error);
/* Rows that say what cannot be: I1, I2, I3. */
MUST_CHECK enum err doctor_rows(struct doctor *doctor, struct err_info *error);
/* I2, from the activity that is kept by minute and kind. Comes after all other checks of I1 and I2. */
MUST_CHECK enum err doctor_activity(struct doctor *doctor, struct err_info *error);
/* I9 (bytes), I10, stray keys. */
MUST_CHECK enum err doctor_values(struct doctor *doctor, struct err_info *error);
/* What may pass, one look: leases (I4, I8), dispatch (I5, I6, I7, I9). */
MUST_CHECK enum err doctor_leases(struct doctor *doctor, struct err_info *error);
MUST_CHECK enum err doctor_dispatch(struct doctor *doctor, struct err_info *error);

/* True if the text holds the mark of a well-known secret; `*mark` (may be NULL) says which. */
bool doctor_looks_secret(const char *bytes, size_t len, const char **mark);
/* The same marks as one regular expression for PostgreSQL, appended. */
void doctor_secret_pattern(struct buf *out);

/* ---- small things ------------------------------------------------------------------------------------------------ */

/* Runs a batch between sql/doctor/begin and commit; `batch` already begins with the former. */
struct pg_batch *doctor_snapshot_new(void);
MUST_CHECK enum err doctor_snapshot_run(struct pg *pg, struct pg_batch *batch, struct err_info *error);
/* Appends column `column` of rows from..to as text[]. */
void doctor_arg_rows(struct pg_args *args, const PGresult *list, int column, int from, int to);

#endif
