/*
 * What Redis holds, for people: workers and queues. A hint as all of Redis is; it fails where Redis does not answer.
 */
#ifndef REPRISE_QUERY_ENGINE_H
#define REPRISE_QUERY_ENGINE_H

#include <json-c/json_object.h>

#include "common/queue/dispatch.h"
#include "common/store/pg.h"

/* The workers of the last day, the latest beat first: an array of what each says of itself with `worker`, `alive` and
 * `silent_ms`. Of those whose heartbeat ran out the latest 500. The caller's. */
MUST_CHECK enum err engine_workers(const struct dispatch *dispatch, struct json_object **workers,
                                   struct err_info *error);

/* {queues: [{queue, operations, open_jobs, queued_chunks, active_chunks, delayed_operations, suspect_chunks}], inbox:
 * {waiting, rejected}}. `workers` is what engine_workers gave. The caller's. */
MUST_CHECK enum err engine_queues(const struct dispatch *dispatch, struct pg *pg, struct json_object *workers,
                                  struct json_object **queues, struct err_info *error);

/* What stands in the lists, at most ENGINE_SHOWN of each: `chunks` being worked on, operations `delayed` with the time
 * of their earliest due job, `suspects`, and the newest `rejected` requests with their reasons. The caller's. */
#define ENGINE_SHOWN 100
MUST_CHECK enum err engine_contents(const struct dispatch *dispatch, struct json_object *workers,
                                    struct json_object **contents, struct err_info *error);

#endif
