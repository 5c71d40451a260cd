/*
 * Cron: five fields (minute hour day month weekday), in UTC, to the minute. Each is a list of *, numbers, names (JAN …
 * DEC, SUN … SAT, in any case), ranges a-b, and steps of a range or of * (10-40/5, or slash 15 behind a star). A
 * weekday is 0 to 7, both of which are Sunday.
 *
 * Days, as in classic cron: where both the day and the weekday are restricted (neither begins with *), a day of either
 * kind will do; else it must satisfy both. Pure: no clock, no I/O.
 */
#ifndef REPRISE_DEFINITIONS_CRON_H
#define REPRISE_DEFINITIONS_CRON_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

/* A bit for each value that is meant. */
struct cron {
    uint64_t minutes;  /* bits 0 to 59 */
    uint32_t hours;    /* 0 to 23 */
    uint32_t days;     /* 1 to 31 */
    uint32_t months;   /* 1 to 12 */
    uint32_t weekdays; /* 0 to 6, from Sunday */
    bool either_day;   /* both fields of days are restricted */
};

#define CRON_NEVER INT64_MIN

/* ERR_USAGE names the field and what is wrong with it; also where no day of any year is meant (30 February). */
MUST_CHECK enum err cron_parse(const char *text, struct cron *cron, struct err_info *error);

/* In seconds since 1970, of times within some thousand years of it. The first tick after `at_s`, never `at_s` itself.
 */
int64_t cron_next(const struct cron *cron, int64_t at_s);
/* The last tick that is not after `at_s`. */
int64_t cron_previous(const struct cron *cron, int64_t at_s);

/*
 * When a schedule's ticks are: a pure function of time, so that all workers agree without speaking. "every" counts from
 * 1970; cron is cron.h. All times are Unix milliseconds by PostgreSQL's clock, which may jump either way.
 */

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
