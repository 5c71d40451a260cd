/*
 * Workers whose chunks the loop has reaped because they did not beat any more: what they had loaded as due is made due
 * again. (Where their supervisor lives it has done so before; see aftermath.h.) Owned by the service thread.
 */
#ifndef REPRISE_WORKER_REAPED_H
#define REPRISE_WORKER_REAPED_H

#include "common/queue/dispatch.h"

struct reaped;
struct reaped *reaped_new(struct pg *pg, const struct dispatch *dispatch); /* both borrowed */
void reaped_drop(struct reaped *reaped);

void reaped_add(struct reaped *reaped, const char *worker);
/* Looks after all that were added; those that the stores do not take now stay for the next time. */
MUST_CHECK enum err reaped_work(struct reaped *reaped, struct err_info *error);

#endif
