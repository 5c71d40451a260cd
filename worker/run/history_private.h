/* What the history_*.c files share: the reader's buffers, and the listing of one run's directory. */
#ifndef REPRISE_WORKER_HISTORY_PRIVATE_H
#define REPRISE_WORKER_HISTORY_PRIVATE_H

#include <sys/stat.h>

#include "common/base/buf.h"
#include "common/base/crypto.h"
#include "common/history/prices.h"
#include "common/history/result_line.h"
#include "common/history/tail.h"
#include "worker/run/history_dir.h"

#define HISTORY_AGENTS_MAX 1000
#define HISTORY_RUN_ENTRIES_MAX 100000 /* of a run's directory, whatever they are */

/* What lies in a run's directory. Kept by the reader, so that the memory serves the next run. */
struct history_listing {
    int fd; /* the run's directory */
    bool has_state, has_summary, has_error_log;
    size_t adw_directories, links, seen;
    history_tick *tick; /* the reader's, while it lists */
    void *tick_context;
    struct buf names; /* of the subdirectories, NUL-terminated, one after the other */
    size_t *agents;   /* where in `names`, in byte order of the names */
    size_t agent_count, agent_cap;
};

/* Grows with each file looked at; its digest is the signature. */
struct history_seal {
    struct buf text;
    int64_t youngest_ns;
};

struct history_reader {
    const struct prices *prices;
    history_tick *tick;
    void *tick_context;
    int64_t max_run_bytes;
    struct tail tail;
    struct buf entries, file, line, path;
    struct history_listing listing;
    struct history_seal seal;
    struct result_line result;
    struct json_slice model;
};

/* Opens the run's directory and lists it. ERR_NOT_FOUND if there is none. */
MUST_CHECK enum err history_listing_open(struct history_reader *reader, struct history_dir *dir, const char *adw_id,
                                         struct err_info *error);
void history_listing_close(struct history_listing *listing);
void history_listing_fini(struct history_listing *listing);
const char *history_listing_agent(const struct history_listing *listing, size_t i);
/* "<agent>/raw_output.jsonl" or, `which` 1, "<agent>/cc_raw_output.jsonl", in reader->path. */
#define HISTORY_STREAM_NAMES 2
const char *history_stream_path(struct history_reader *reader, size_t agent, int which);

void history_seal_begin(struct history_seal *seal);
void history_seal_add(struct history_seal *seal, const char *path, const struct stat *info);
/* What else the facts depend on; writes the signature. */
void history_seal_end(struct history_seal *seal, const struct history_listing *listing, char out[SHA256_HEX + 1]);
/* Whether the youngest file was old enough at `now_us`. */
bool history_seal_is_settled(const struct history_seal *seal, int64_t now_us);

/* An open stream, and who is told of its result lines: reader->result is one, reader->line its bytes, reader->model
 * the model that its process names where that is needed. The last process comes first. */
struct history_stream_source {
    int fd;
    int64_t size;
    void (*each)(void *context);
    void *context;
};
/* What was met on the way. */
struct history_stream {
    int64_t results;          /* told of */
    int64_t broken, overlong; /* lines passed over */
    int64_t broken_results;   /* of the broken ones, result lines that would have counted */
    bool cut;                 /* the stream does not end with a newline: one broken line is the one being written */
};
/* Finds the last result line of each process. ERR_RETRY if the stream became shorter meanwhile. */
MUST_CHECK enum err history_stream_read(struct history_reader *reader, const struct history_stream_source *source,
                                        struct history_stream *out, struct err_info *error);

#endif
