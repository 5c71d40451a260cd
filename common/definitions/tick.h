/*
 * When a schedule's ticks are: a pure function of time, so that all workers agree without speaking. "every" counts from
 * 1970; cron is cron.h. All times are Unix milliseconds by PostgreSQL's clock, which may jump either way.
 */
#ifndef REPRISE_DEFINITIONS_TICK_H
#define REPRISE_DEFINITIONS_TICK_H

#include "common/definitions/cron.h"

#define TICK_NONE INT64_MIN

struct tick_rule {
    int64_t every_ms; /* 0 = cron */
    struct cron cron;
};

/* `cron` NULL: every `every_ms`, which is above 0 then. */
MUST_CHECK enum err tick_rule_read(int64_t every_ms, const char *cron, struct tick_rule *rule, struct err_info *error);

/* The last tick that is not after `now_ms`, the first one after it. */
int64_t tick_previous(const struct tick_rule *rule, int64_t now_ms);
int64_t tick_next(const struct tick_rule *rule, int64_t now_ms);

/* The tick that is due, or TICK_NONE. All that were missed are the last one. `since_ms`: when the schedule began, ticks
 * up to then are not its own; `dealt_ms`: the last one that was dealt with and is not after now (TICK_NONE = none is
 * known). What lies in the future was seen by a clock that has gone back since, and counts for nothing. */
int64_t tick_due(const struct tick_rule *rule, int64_t now_ms, int64_t since_ms, int64_t dealt_ms);

#endif
