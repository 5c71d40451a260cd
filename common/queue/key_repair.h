/*
 * Keys of ours that somebody made another type of: each script that touches one fails, for ever. What stood there is
 * gone anyway; the key goes, too, and the sweep makes good what is missing then.
 */
#ifndef REPRISE_QUEUE_KEY_REPAIR_H
#define REPRISE_QUEUE_KEY_REPAIR_H

#include "common/queue/dispatch.h"

/* Whether an error of Redis says that it met such a key. */
bool key_repair_is_blamed(const char *error_text);
/* Walks over all keys of ours and deletes those of a wrong type; each is logged. O(keys in Redis): for after a blame.
 */
MUST_CHECK enum err key_repair_run(const struct dispatch *dispatch, struct err_info *error);

#endif
