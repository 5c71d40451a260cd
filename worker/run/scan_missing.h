/*
 * Which runs of the history have no directory any more: told by a dry run of a sync, and never acted on. Two sorted
 * lists are walked side by side, so that neither is held whole but for the names that the scan has anyway.
 */
#ifndef REPRISE_WORKER_RUN_SCAN_MISSING_H
#define REPRISE_WORKER_RUN_SCAN_MISSING_H

#include "common/base/buf.h"
#include "worker/run.h"

/* Appends ,"missing":N,"first_missing":[…] (at most 5 ids) of the stored runs that are not among `names`, which are in
 * byte order. Reads only. */
MUST_CHECK enum err scan_missing_add(struct run *run, char *const *names, size_t count, struct buf *out,
                                     struct err_info *error);

#endif
