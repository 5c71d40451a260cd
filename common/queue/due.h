/* Retries that have fallen due. Design, "Retries". */
#ifndef REPRISE_QUEUE_DUE_H
#define REPRISE_QUEUE_DUE_H

#include "common/queue/dispatch.h"

#define DUE_ALL_LOADS 0
/* Retries that were set aside for a load of `worker` which nobody has in hand are due again, and each of their
 * operations gets a due chunk. `load`: which of its loads, or DUE_ALL_LOADS. Repeating it is harmless. */
MUST_CHECK enum err due_again(struct pg *pg, const struct dispatch *dispatch, const char *worker, int64_t load,
                              struct err_info *error);

#endif
