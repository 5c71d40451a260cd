/*
 * Which loads of due retries this process has in hand. Each load has a number of its own; PostgreSQL keeps it with the
 * retries that are set aside for it, and the heartbeat tells which are in hand, so that anybody finds those that are
 * not (common/queue/orphans.h). Guards itself.
 */
#ifndef REPRISE_WORKER_LOADS_H
#define REPRISE_WORKER_LOADS_H

#include <stdint.h>

#include "common/base/buf.h"

struct loads;
struct loads *loads_new(void);
void loads_drop(struct loads *loads);

/* A new number; to be called before the load is sent. */
int64_t loads_begin(struct loads *loads);
/* It is not in hand any more: all is settled or put back, or its answer was lost. */
void loads_end(struct loads *loads, int64_t number);
/* Appends {"last":12,"held":[9,12]}. */
void loads_write(struct loads *loads, struct buf *out);

#endif
