/*
 * The checker of the invariants I1 to I10 (docs/invariants.md), on a system that runs: `producer doctor`, and the end
 * of every chaos test. It reads and changes nothing; its cost is bounded unless DOCTOR_DEEP asks for all.
 *
 * Counts are read in one snapshot for each batch of operations, what stands in Redis in one script, so both are exact
 * while others work. Redis is read before PostgreSQL, for it may only lag (I7). What the invariants give time for (I5,
 * I6, I7 at the end of an operation, leases of a cancelled one) is looked at again for up to `wait_ms` before it is
 * called wrong.
 *
 * What it cannot see: effects outside of PostgreSQL; that a hash went backwards (the contract tests of the scripts do);
 * whether a worker really knows a chunk that it holds; a secret without a known shape (I10 is a search for the marks of
 * well-known tokens in values and error texts, not a proof); without track_commit_timestamp, a transaction that
 * committed in the minute after a cancel.
 */
#ifndef REPRISE_DOCTOR_DOCTOR_H
#define REPRISE_DOCTOR_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/crypto.h"
#include "common/queue/dispatch.h"
#include "common/store/pg.h"
#include "common/store/redis.h"

enum doctor_depth {
    DOCTOR_RECENT, /* the newest operations and all live ones, the links scanned last */
    DOCTOR_DEEP,   /* all of them, and all keys of Redis */
};

struct doctor_options {
    enum doctor_depth depth;
    int64_t operations, links; /* of the newest, where not deep; as many changes of costs as links */
    int64_t wait_ms;           /* before something passing is called wrong; 0: at first sight, for a system at rest */
    int64_t retention_ms;      /* retention.outcomes; 0 = nothing is ever pruned */
    const struct crypto_keys *keys; /* of this program, to try the stored secrets with; NULL = none. Borrowed */
};
#define DOCTOR_DEFAULTS ((struct doctor_options){DOCTOR_RECENT, 50, 1000, 10000, INT64_C(30) * 24 * 3600 * 1000, NULL})

enum severity { DOCTOR_OK, DOCTOR_NOTE, DOCTOR_WARNING, DOCTOR_VIOLATION };

/* What doctor_repair would do. */
enum doctor_remedy {
    DOCTOR_LEAVE,           /* nothing: what is wrong cannot be mended without guessing */
    DOCTOR_REOPEN,          /* raise the operation's generation and open it from its lowest open job */
    DOCTOR_ADVANCE,         /* end the phase whose jobs are all settled */
    DOCTOR_MIRROR,          /* carry the tally into the hash */
    DOCTOR_EXPIRE,          /* give the key an expiry */
    DOCTOR_RELEASE,         /* remove a lease that was not touched for 5 minutes */
    DOCTOR_RECOUNT_LINKS,   /* count the sums that are kept with the links again from them */
    DOCTOR_RECOUNT_HISTORY, /* the same of the workflow history */
};

struct doctor_finding {
    int invariant; /* 1 to 10; 0 = the environment */
    enum severity severity;
    char *subject; /* what it is about: an operation's id, a link, a key; "" = the whole */
    char *text;
    bool repairable; /* remedy is not DOCTOR_LEAVE */
    enum doctor_remedy remedy;
};

/* By invariant, the worst first, then by subject. An invariant without a finding has one of severity DOCTOR_OK, which
 * says what was looked at. */
struct doctor_report {
    struct doctor_finding *findings;
    size_t count;
};

/* `dispatch` without a `redis`: what needs it is noted as not checked, as also where it does not answer. On success
 * `*report` is the caller's (doctor_report_drop). ERR_UNREACHABLE: PostgreSQL does not answer, or a store stopped
 * answering on the way. `pg` must not be in a transaction. */
MUST_CHECK enum err doctor_check(struct pg *pg, const struct dispatch *dispatch, const struct doctor_options *options,
                                 struct doctor_report **report, struct err_info *error);
void doctor_report_drop(struct doctor_report *report);
/* The worst there is; DOCTOR_OK of an empty report. */
enum severity doctor_worst(const struct doctor_report *report);
/* "ok", "note", "warning", "violation". */
const char *severity_name(enum severity severity);

/* Does for each repairable finding what its remedy says, each of which is harmless however wrong the finding is; an
 * operation's counts are never touched. `*done` tells of each what was done (DOCTOR_NOTE) or why not (DOCTOR_WARNING);
 * the caller's. An error ends it early: `*done` then tells how far it came. `dispatch` as above. */
MUST_CHECK enum err doctor_repair(struct pg *pg, const struct dispatch *dispatch, const struct doctor_report *report,
                                  struct doctor_report **done, struct err_info *error);

#endif
