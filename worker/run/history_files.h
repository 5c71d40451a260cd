/*
 * Reading the runs of an agents directory. Nothing here follows a link: every path is opened beneath the directory's
 * descriptor with links refused, so that no name in a run leads out of it. Memory is bounded whatever lies there.
 */
#ifndef REPRISE_WORKER_HISTORY_FILES_H
#define REPRISE_WORKER_HISTORY_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/base/buf.h"
#include "common/base/crypto.h"
#include "common/base/err.h"
#include "common/history/prices.h"
#include "common/history/result_line.h"
#include "common/history/run_facts.h"
#include "common/history/tail.h"

/*
 * The agents directory: opening it beneath the configured one without following a link, and the runs in it by name.
 */

/* Entries between two ticks. */
#define HISTORY_TICK_ENTRIES 1024

/* A run's id is the name of its directory: letters, digits, '.', '_' and '-', not beginning with '.' or '-'. */
#define HISTORY_ID_MAX 128

/* Called now and then while much is read; what it returns other than ERR_OK ends the reading with it. */
typedef enum err history_tick(void *context, struct err_info *error);

struct history_dir {
    int fd;
    history_tick *tick;
    void *tick_context;
};

/* Opens the agents directory `below` in the directory `root`. `root` comes from the configuration and may be reached
 * by links; `below` (NULL or "": root itself) may come from a request: it is refused with ERR_USAGE if it is absolute,
 * has a ".." or goes through a link. ERR_NOT_FOUND if there is none. The caller's (history_dir_close). */
MUST_CHECK enum err history_dir_open(const char *root, const char *below, struct history_dir **out,
                                     struct err_info *error);
void history_dir_close(struct history_dir *dir);
/* As history_reader_set_tick, while the directory is listed: called for each thousand entries or so. */
void history_dir_set_tick(struct history_dir *dir, history_tick *tick, void *tick_context);
/* Whether a text can be a run's id. */
bool history_id_is_usable(const char *adw_id);

/* Names in byte order. */
struct history_names {
    char **items;
    size_t count;
    size_t skipped; /* entries of the whole directory that are no directory or no usable id */
};
/* The first `limit` run directories whose names come after `after` ("": from the start). It reads the whole directory
 * and keeps at most 2 * limit names. The caller's (history_names_fini). */
MUST_CHECK enum err history_dir_list(struct history_dir *dir, const char *after, size_t limit,
                                     struct history_names *out, struct err_info *error);
void history_names_fini(struct history_names *names);

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

/* ---- shared by the files history_*.c ----------------------------------------------------------------------------- */

/* What the history_*.c files share: the reader's buffers, and the listing of one run's directory. */

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

/* ---- system calls ------------------------------------------------------------------------------------------------ */

/*
 * System calls on the files of a run: opening without following a link (beneath_open), reading, the entries of
 * a directory, and what a failure of them means.
 */

/* A file that is to be read, `what` being how errors name it. On success `*fd` is the caller's and `*info` its state.
 * ERR_NOT_FOUND if there is none; ERR_PERMANENT for what is no regular file, a link or unreadable; ERR_RETRY where the
 * system is short of something. */
MUST_CHECK enum err history_io_open(int dir, const char *path, int *fd, struct stat *info, struct err_info *error);
/* `len` bytes at `offset`. ERR_RETRY where the file ends before: it was cut meanwhile. */
MUST_CHECK enum err history_io_read(int fd, char *room, size_t len, int64_t offset, struct err_info *error);
/* The error for `number` (errno) at `path`. */
enum err history_io_fail(int number, const char *path, struct err_info *error);

/* ---- entries of a directory -------------------------------------------------------------------------------------- */

/* By the system call itself: a buffer that is used again instead of one for each directory. */
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

MUST_CHECK enum err history_io_list(const struct history_entries *entries, struct err_info *error);

#endif
