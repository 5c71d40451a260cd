/*
 * What the workers, the queues and PostgreSQL tell, in Prometheus' text format. Everything is read from Redis
 * (heartbeats, lengths of lists), from the live operations and from sums: O(queues + workers + kinds), whatever the
 * number of jobs.
 */
#ifndef REPRISE_DASHBOARD_METRICS_H
#define REPRISE_DASHBOARD_METRICS_H

#include <json-c/json_object.h>

#include "common/base/buf.h"

/* `workers` of engine_workers: only those that live are told of. */
void metrics_workers(struct json_object *workers, struct buf *out);
/* `queues` of engine_queues. */
void metrics_queues(struct json_object *queues, struct buf *out);
/* `kinds` of activity_ever: exact for the whole installation, whoever did it and whether he is still there. */
void metrics_activity(struct json_object *kinds, struct buf *out);

#endif
