/*
 * What the workers and the queues tell, in Prometheus' text format. Everything is read from Redis (heartbeats, lengths
 * of lists) and from the live operations: O(queues + workers), whatever the number of jobs.
 */
#ifndef REPRISE_DASHBOARD_METRICS_H
#define REPRISE_DASHBOARD_METRICS_H

#include <json-c/json_object.h>

#include "common/base/buf.h"

/* `workers` of engine_workers: only those that live are told of. */
void metrics_workers(struct json_object *workers, struct buf *out);
/* `queues` of engine_queues. */
void metrics_queues(struct json_object *queues, struct buf *out);

#endif
