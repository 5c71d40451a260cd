/* Retries that have fallen due. Design, "Retries". */
#ifndef REPRISE_QUEUE_DUE_H
#define REPRISE_QUEUE_DUE_H

#include "common/queue/dispatch.h"

/* What a dead worker had loaded as due was moved ahead, so that nobody else runs it meanwhile; now it is due again, and
 * each of those operations gets a due chunk. `dispatch` NULL: none gets one, as the dead worker's own will go back.
 * Repeating it is harmless. */
MUST_CHECK enum err due_again(struct pg *pg, const struct dispatch *dispatch, const char *worker,
                              struct err_info *error);

#endif
