/* What a request would do, from its preview; nothing is written. */
#ifndef REPRISE_PRODUCER_DRY_RUN_H
#define REPRISE_PRODUCER_DRY_RUN_H

#include "common/definitions/request.h"
#include "producer/session.h"

/* Prints it. `args` are complete, and borrowed as all else. */
MUST_CHECK enum err dry_run(struct session *session, const struct definition *definition, struct json_object *args,
                            const struct preview *preview, struct err_info *error);

/* Numbers of a preview for people: "1,200" and "3.5 MiB"; NULL where it does not know. The caller's. */
char *dry_run_count(int64_t count);
char *dry_run_bytes(int64_t bytes);

#endif
