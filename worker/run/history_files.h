/*
 * Reading the runs of an agents directory. Nothing here follows a link: every path is opened beneath the directory's
 * descriptor with links refused, so that no name in a run leads out of it. Memory is bounded whatever lies there.
 */
#ifndef REPRISE_WORKER_HISTORY_FILES_H
#define REPRISE_WORKER_HISTORY_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"
#include "common/history/prices.h"
#include "common/history/run_facts.h"
#include "worker/run/history_dir.h"

/* What reads runs: buffers that serve one after the other. One thread at a time. */
struct history_reader;
/* Borrows the prices. `tick` (may be NULL) is called for each megabyte or so of a stream that is read. */
struct history_reader *history_reader_new(const struct prices *prices, history_tick *tick, void *tick_context);
/* From now on. */
void history_reader_set_tick(struct history_reader *reader, history_tick *tick, void *tick_context);
/* How many bytes the streams of one run may hold together, from now on; without bound unless it is called. */
void history_reader_set_limit(struct history_reader *reader, int64_t max_run_bytes);
void history_reader_drop(struct history_reader *reader);

/* Reads a run. `facts` is initialised and empty; on success the caller finishes it with run_facts_fini, on failure too.
 * ERR_NOT_FOUND: no such directory, or nothing of a run in it. ERR_PERMANENT: a file is unreadable, broken, a link, a
 * directory or something else, or there is more than the limits allow; the text names its path beneath the agents
 * directory, and the place in it. ERR_RETRY: it kept changing under the reader. What is odd but does no harm is in
 * facts->warnings. */
MUST_CHECK enum err history_files_read(struct history_reader *reader, struct history_dir *dir, const char *adw_id,
                                       struct run_facts *facts, struct err_info *error);

struct history_signature {
    char text[SHA256_HEX + 1]; /* as run_facts.signature */
    bool settled;              /* as run_facts.settled */
};
/* The signature alone, without opening a file. If it equals one that was kept while settled, the run is unchanged. */
MUST_CHECK enum err history_files_signature(struct history_reader *reader, struct history_dir *dir, const char *adw_id,
                                            struct history_signature *out, struct err_info *error);

#endif
