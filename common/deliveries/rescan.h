/*
 * Which links the scheduled rescan takes: never sent, or synced and older than the rescan age, or failed and older than
 * min(rescan age * 2^retry_count, 24 h), unless the repository's circuit is open (docs/domain/deliveries.md).
 */
#ifndef REPRISE_DELIVERIES_RESCAN_H
#define REPRISE_DELIVERIES_RESCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/deliveries/circuit.h"

#define RESCAN_FAILED_MAX_MS INT64_C(86400000)

enum rescan_result { RESCAN_NEVER, RESCAN_SYNCED, RESCAN_FAILED }; /* app_repositories.result */

struct rescan_link {
    enum rescan_result result;
    int retry_count;
    int64_t last_scanned_us; /* when the result was written */
    struct circuit circuit;  /* of its repository */
};

/* How old the result of a failed link must be. */
int64_t rescan_failed_age_ms(int64_t rescan_age_ms, int retry_count);
bool rescan_is_due(const struct rescan_link *link, int64_t rescan_age_ms, int64_t now_us);

#endif
