/* The hour and weekday of a run's start, of the local time as it was written: its zone is read over, not applied. */
#ifndef REPRISE_HISTORY_LOCAL_HOUR_H
#define REPRISE_HISTORY_LOCAL_HOUR_H

#include <stddef.h>

#define LOCAL_HOUR_UNKNOWN (-1)

struct local_hour {
    int hour_of_day; /* 0..23 */
    int day_of_week; /* Monday 0 .. Sunday 6 */
};

/* Of YYYY-MM-DD, or that, T or a space, HH:MM[:SS[.digits]] and perhaps Z or ±HH[:]MM. Both LOCAL_HOUR_UNKNOWN for
 * anything else, NULL included. */
struct local_hour local_hour_of(const char *text, size_t len);

#endif
