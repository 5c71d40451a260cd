/*
 * Schedules: any worker may start what is due. A tick is dealt with once over all of them, by its row in schedule_tick,
 * which is written in the transaction that makes the operation. A tick is skipped, with the reason in that row, while
 * the operation of an earlier one is live, where the definition refuses, and where there is nothing to do.
 */
#ifndef REPRISE_DEFINITIONS_SCHEDULE_H
#define REPRISE_DEFINITIONS_SCHEDULE_H

#include <json-c/json_object.h>

#include "common/definitions/definition.h"
#include "common/queue/kind.h"
#include "common/queue/operation.h"

struct schedule {
    struct pg *pg;
    const struct kind_table *kinds;
    /* Adds the arguments that are settings here; NULL = none are. */
    void (*add_settings)(const struct definition *definition, struct json_object *args, const void *context);
    const void *context;
};

#define SCHEDULE_REQUESTER "schedule"

/* Deals with all that is due. `*started` counts operations that were made: they want planning. ERR_UNREACHABLE and
 * ERR_RETRY leave the rest to the next pass. */
MUST_CHECK enum err schedule_pass(const struct schedule *schedule, int *started, struct err_info *error);

/* The first tick after PostgreSQL's now of a row with the columns every_ms, cron and now_ms; TICK_NONE if it has no
 * schedule. */
int64_t schedule_next_ms(const PGresult *rows, int row);

#endif
