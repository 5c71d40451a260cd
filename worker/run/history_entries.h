/* The entries of a directory, by the system call itself: a buffer that is used again instead of one per directory. */
#ifndef REPRISE_WORKER_HISTORY_ENTRIES_H
#define REPRISE_WORKER_HISTORY_ENTRIES_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/err.h"

#define HISTORY_ENTRIES_BYTES ((size_t)32 * 1024)

enum history_entry { HISTORY_ENTRY_DIRECTORY, HISTORY_ENTRY_FILE, HISTORY_ENTRY_LINK, HISTORY_ENTRY_OTHER };

struct history_entries {
    int dir;          /* open for reading, at its beginning */
    const char *path; /* how errors name it */
    struct buf *room; /* scratch memory */
    /* Called for all entries but . and .., in the directory's own order; what it returns other than ERR_OK ends it. */
    enum err (*each)(void *context, const char *name, enum history_entry kind, struct err_info *error);
    void *context;
};

MUST_CHECK enum err history_entries_read(const struct history_entries *entries, struct err_info *error);

#endif
