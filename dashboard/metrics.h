/*
 * Metrics in Prometheus' text format: what workers, queues and PostgreSQL say, and what this program answered itself.
 * All is read from Redis (heartbeats, lengths of lists), from the live operations and from sums: O(queues + workers +
 * kinds), whatever the number of jobs.
 */
#ifndef REPRISE_DASHBOARD_METRICS_H
#define REPRISE_DASHBOARD_METRICS_H

#include <json-c/json_object.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "dashboard/route.h"

/* `workers` of engine_workers: only live ones have samples. */
void metrics_workers(struct json_object *workers, struct buf *out);
/* `queues` of engine_queues. */
void metrics_queues(struct json_object *queues, struct buf *out);
/* `kinds` of activity_ever: exact for the whole installation, workers that have ended included. */
void metrics_activity(struct json_object *kinds, struct buf *out);

/* Counts an answered request by route and status, with the time that it took. `route` NULL: none was found. From any
 * thread. */
void metrics_count_request(const struct route *route, int status, int64_t took_us);
/* The requests that were counted since the start. */
void metrics_requests(struct buf *out);

#endif
