/* The arithmetic of analytics beyond what a sum or a mean in SQL gives. */
#ifndef REPRISE_HISTORY_ANALYTICS_H
#define REPRISE_HISTORY_ANALYTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANALYTICS_HOURS 24
#define ANALYTICS_PEAKS 3

/* 100 × part / whole; 0 of nothing. */
double analytics_percent(int64_t part, int64_t whole);
/* By how many percent `now` is above `before` (below: negative). False if `before` is not above 0: then there is no
 * such number, and the answer has null. */
bool analytics_trend_percent(double now, double before, double *percent);
/* The hours with the most runs, most first, the earlier of equal ones first; hours without a run are none. Returns how
 * many there are. */
size_t analytics_peak_hours(const int64_t runs[ANALYTICS_HOURS], int peaks[ANALYTICS_PEAKS]);

#endif
