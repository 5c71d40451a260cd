/*
 * One attempt of one delivery job: what all its steps share. The story is told in snapshot.c (and begun in resync.c);
 * each step has a file of its own.
 *
 * A step that fails returns why. What PostgreSQL or the executor have to say about going on (paused, drained, taken
 * over, unreachable) is also kept in `stop`: then the failure is not the delivery's, and no try is used for it.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_H
#define REPRISE_WORKER_RUN_DELIVER_H

#include "common/store/git.h"
#include "worker/run.h"
#include "worker/run/deliver_doubts.h"
#include "worker/run/deliver_link.h"
#include "worker/run/deliver_remember.h"
#include "worker/run/deliver_tools.h"

/* What was not sent, for the outcome: as far as this attempt has looked. */
struct deliver_skipped {
    int64_t symlinks, submodules, odd_paths, large_texts, large_files;
    char *first_large; /* a sentence about the first of them; NULL = none */
};

struct outbox;
struct deliver {
    struct run *run;
    const char *job_id; /* <operation_id>/<seq> */
    struct deliver_tools *tools;
    struct deliver_link link;
    struct git_rules git;
    struct git_clone *clone; /* NULL until fetched */
    struct git_fetched fetched;
    struct deliver_doubts doubts;
    struct outbox *outbox; /* NULL until there is something to send */
    struct deliver_remember remember;
    struct deliver_skipped skipped;
    bool fetch_noted; /* the repository's row and snapshot tell of this fetch */
    bool is_final;    /* the failure would be the same the next time */
    bool is_gone;     /* a write found that the app or the link has been removed */
    int64_t wait_ms;  /* not begun: the circuit is open for so long, or another job is fetching */
    bool needs_key;   /* not begun: this worker has no encryption key, or not the one that is needed */
    enum err stop;
};

/* Binds it to the run, whose job it is. deliver_fini is owed. */
void deliver_init(struct deliver *deliver, struct run *run);
void deliver_fini(struct deliver *deliver);

/* Keeps the lease and tells whether to go on; drives what is in the outbox. A child_tick_fn. */
MUST_CHECK enum err deliver_tick(void *deliver, struct err_info *error);
/* Takes note of what a call that went to PostgreSQL said; returns it. */
enum err deliver_heed(struct deliver *deliver, enum err err, const struct err_info *error);
/* Runs a statement whose first two parameters are app and repository: begin, add others, exec. Waits for a checkpoint
 * under way.
 * `*result` is the caller's. */
struct pg_args *deliver_args(const struct deliver *deliver);
MUST_CHECK enum err deliver_exec(struct deliver *deliver, const struct sql *statement, struct pg_args *args,
                                 PGresult **result, struct err_info *error);
/* A statement added to a checkpoint or a settle, its first two parameters filled in. */
struct pg_args *deliver_add(struct pg_batch *batch, const struct deliver_link *link, const struct sql *statement);
/* And the next three: the attempt. */
void deliver_arg_attempt(struct pg_args *args, const struct deliver *deliver);

/* A checkpoint that remembers how far the job is, and holds the link in its place. A link that has been removed ends
 * the job (`is_gone`). */
struct pg_batch *deliver_checkpoint(struct deliver *deliver);
/* Commits and heeds. */
MUST_CHECK enum err deliver_commit(struct deliver *deliver, struct pg_batch *batch, struct err_info *error);

#endif
