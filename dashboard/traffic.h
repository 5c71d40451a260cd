/* Counts of what was answered, by route and status, with a histogram of the time that it took. Any thread may count. */
#ifndef REPRISE_DASHBOARD_TRAFFIC_H
#define REPRISE_DASHBOARD_TRAFFIC_H

#include <stdint.h>

#include "common/base/buf.h"
#include "dashboard/route.h"

/* `route` NULL: none was found. */
void traffic_note(const struct route *route, int status, int64_t took_us);
/* Appends the metrics, in Prometheus' text format. */
void traffic_write(struct buf *out);

#endif
