/*
 * The cost that a result line tells, by four routes in the order of trust: what it reports, the sum of its models'
 * reported costs, the price table on its models' tokens, the price table on `usage`.
 */
#ifndef REPRISE_HISTORY_RESULT_COST_H
#define REPRISE_HISTORY_RESULT_COST_H

#include "common/base/buf.h"
#include "common/base/money.h"
#include "common/history/prices.h"
#include "common/history/result_line.h"
#include "common/history/run_words.h"

enum result_cost_route {
    RESULT_COST_REPORTED,     /* total_cost_usd */
    RESULT_COST_MODEL_COSTS,  /* the sum of modelUsage[*].costUSD */
    RESULT_COST_MODEL_TOKENS, /* prices on modelUsage's tokens */
    RESULT_COST_USAGE,        /* prices on `usage`, with the model that the stream names */
    RESULT_COST_NONE,
};

struct result_cost_question {
    const struct result_line *line;
    const struct prices *prices;
    const struct json_slice *stream_model; /* NULL or empty: the stream names none */
};

/* Nano-dollars by the first route that tells, which `*route` (may be NULL) says. The last is not asked where modelUsage
 * lists models: `usage` leaves some of them out. */
int64_t result_cost(const struct result_cost_question *question, enum result_cost_route *route);
/* The cost of one of the line's models: reported, else by its price; MONEY_UNKNOWN if neither is known. */
int64_t result_cost_of_model(const struct result_line *line, size_t model, const struct prices *prices);
/* Whether only the last route can tell: then the stream has to be asked for its model. */
bool result_cost_needs_model(const struct result_line *line);

/* ---- what a sync stores ------------------------------------------------------------------------------------------ */

/*
 * When a fresh cost is written over the stored one (the table of the history rules): a final run takes it up or down,
 * a running one only if it is greater, none at all without fresh data. Forced, it is taken whatever is stored.
 */

/* Who asks. A sync passes the status that the row gets in the same write, a re-sync the stored one. */
enum cost_asker { COST_BY_SYNC, COST_BY_RESYNC, COST_BY_FORCED_RESYNC };

enum cost_verdict {
    COST_WRITE,   /* the fresh value with all its columns; one row for the audit log */
    COST_SAME,    /* the same amount: the cost stays, no audit */
    COST_KEEP,    /* a running run's cost does not fall */
    COST_NO_DATA, /* there is no fresh cost: nothing is changed, a warning is due */
};

struct cost_question {
    enum run_status status;
    int64_t stored_nusd; /* MONEY_UNKNOWN: the column is NULL */
    int64_t fresh_nusd;  /* MONEY_UNKNOWN: no fresh cost */
    enum cost_asker asker;
};

enum cost_verdict cost_rule(const struct cost_question *question);
/* cost_audit_log.reason of a write: sync_final, sync_progressive, resync, resync_force. */
const char *cost_rule_reason(const struct cost_question *question);
/* What the operation answers for one workflow: "Cost data resynced successfully", "Cost data already up to date",
 * "No cost data available". */
const char *cost_rule_message(enum cost_verdict verdict);
/* The log line: "final cost <id>: $1.00 → $2.37 (completed)", "progressive cost …"; appended. */
void cost_rule_add_log(struct buf *buf, const char *adw_id, const struct cost_question *question);

#endif
