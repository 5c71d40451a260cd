/*
 * The steps of a delivery, in the order in which deliver.c takes them. Each is a file of its own, deliver_<step>.c,
 * that stands on deliver_attempt.h; the comparison looks paths up in batches (path_batch.c), and what is to be sent
 * travels as file tasks (file_task.h).
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_H
#define REPRISE_WORKER_RUN_DELIVER_H

#include "common/deliveries/sign.h"
#include "common/deliveries/verb.h"
#include "worker/run/deliver_attempt.h"
#include "worker/run/file_task.h"

/* ---- fetching ---------------------------------------------------------------------------------------------------- */

/*
 * Fetching: the repository's clone is brought up to date and opened. A failure counts against the repository; the one
 * that opens its circuit notifies every app that watches it, 10 s each, several at a time.
 */

/* How long the job must wait for the repository's circuit to close; 0 = not at all. What an administrator asked for
 * does not wait: that is every requester with a name, other than the schedule. */
int64_t deliver_circuit_wait_ms(const struct deliver_attempt *attempt);

/* Sets `fetched` and `clone`. */
MUST_CHECK enum err deliver_fetch(struct deliver_attempt *attempt, struct err_info *error);

/* ---- the comparison ---------------------------------------------------------------------------------------------- */

/*
 * The comparison: which paths an app must be sent so that it holds the tree that was fetched. In bounded memory: a
 * batch of paths at a time is looked up in what the app is known to hold.
 *
 * Where the app is known to hold a tree that is still there, and no path is unconfirmed, the two trees are walked side
 * by side and equal parts are never opened. Else every path of the tree is compared by its blob, and every path that
 * the app holds is looked for in the tree.
 */

/* One path that differs, or that is unconfirmed. */
struct deliver_change {
    enum verb verb;
    const char *path;
    const uint8_t *digest;
    const char *blob;                     /* in the tree; NULL of a delete */
    const char *held_blob, *held_sha;     /* by the app; NULL = nothing is known */
    struct unconfirmed_path *unconfirmed; /* NULL = it is not */
};

/* The app holds exactly the tree that was fetched, and nothing is unconfirmed: nothing is to be read. */
bool deliver_is_unchanged(const struct deliver_attempt *attempt);

struct deliver_changes;
struct deliver_changes *deliver_changes_new(struct deliver_attempt *attempt);
void deliver_changes_drop(struct deliver_changes *changes);

/* Some of the changes, all of one verb: deletes come first, then creates, then updates. Valid until the next call. */
struct change_batch {
    enum verb verb;
    const struct deliver_change *changes;
    size_t count; /* may be 0 also where more will come: each call looks at no more than a batch of paths */
    bool is_last;
};
/* Uses the connection. Counts what is skipped and, in `progress`, how many files there are and how many of them need
 * nothing. A change must have been handed on before the next call: an unconfirmed path is marked as sent then. */
MUST_CHECK enum err deliver_changes_next(struct deliver_changes *changes, struct change_batch *batch,
                                         struct err_info *error);

/*
 * Up to 256 paths, or 256 KiB of them, that are looked up together in what the app is known to hold; then it is decided
 * for each what it needs.
 */

#define PATH_BATCH 256
#define PATH_BATCH_BYTES 262144 /* of the paths in it: then it is full, however few they are */

struct path_batch;
struct path_batch *path_batch_new(struct deliver_attempt *attempt);
void path_batch_drop(struct path_batch *batch);

bool path_batch_is_full(const struct path_batch *batch);
/* A path, with its blob in the tree (NULL = it is not in it). The batch has room for it (asserted). */
void path_batch_add(struct path_batch *batch, const char *path, const char *blob);
/* Decides for all in it, in the order in which they came, and empties it: those that need `verb` are `*changes`, which
 * the batch keeps until it decides again. Paths that need nothing count as done in the pass of VERB_CREATE, which comes
 * by all of them once. */
MUST_CHECK enum err path_batch_decide(struct path_batch *batch, enum verb verb, const struct deliver_change **changes,
                                      size_t *count, struct err_info *error);

/* How many of those decided so far, whatever the verb, need an update: none = a further walk is not needed. */
int64_t path_batch_updates(const struct path_batch *batch);

/* ---- the outbox -------------------------------------------------------------------------------------------------- */

/*
 * The outbox of one attempt: file tasks go in one by one, in the order of delivery, and come out as requests, several
 * in flight, and as checkpoints, which run at the same time as the requests. A task passes from list to list:
 *
 *   filling → announcing → announced → in flight → answered → recording → gone
 *
 *  1. Nothing is sent that a committed checkpoint did not announce.
 *  2. Before each request the lease was touched less than LEASE_FRESH_MS ago.
 *  3. A checkpoint records all that was answered and announces all that is filled in; it comes after 256 tasks or 100
 *     ms.
 *  4. No more than two batches are announced and not recorded: that bounds what a death makes the next attempt send
 *     again.
 *  5. The first failure ends it: nothing more is sent, what is in flight is waited for (a request given up may still
 *     arrive, and must not overtake the next attempt's) and recorded. Only where the lease is another's already nothing
 *     is waited for.
 */

struct outbox;
/* From now on the attempt's tick drives the outbox. */
struct outbox *outbox_new(struct deliver_attempt *attempt);
/* What is in flight must have been waited for (outbox_give_up), or is cancelled. */
void outbox_drop(struct outbox *outbox);

/* All of these return the first failure, again and again. */

/* Waits until the connection to PostgreSQL is free for the comparison. No checkpoint begins before the next put. */
MUST_CHECK enum err outbox_lend_connection(struct outbox *outbox, struct err_info *error);
/* Tasks of this verb follow: waits until those of another are answered. */
MUST_CHECK enum err outbox_begin_group(struct outbox *outbox, enum verb verb, struct err_info *error);
/* Takes the task, on failure too. May send and wait. */
MUST_CHECK enum err outbox_put(struct outbox *outbox, struct file_task *task, struct err_info *error);
/* Waits until all is answered and recorded: the end of the job. */
MUST_CHECK enum err outbox_finish(struct outbox *outbox, struct err_info *error);
/* After a failure, `*error`: rule 5. If the outbox has a first failure of its own, `*error` becomes that: all other
 * failures came of it. What fails here is not reported. */
void outbox_give_up(struct outbox *outbox, struct err_info *error);

/* ---- files: from changes to file tasks --------------------------------------------------------------------------- */

/*
 * What becomes of a batch of changes: each file is read and handed to the outbox, or, in a dry run, only counted.
 */

/* Reads the files and puts them into the outbox. May send and wait. Before the first batch of another verb it waits
 * until all that went before is answered. */
MUST_CHECK enum err deliver_files_send(struct deliver_attempt *attempt, const struct change_batch *batch,
                                       struct outbox *outbox, struct err_info *error);
/* Counts what would be sent. */
MUST_CHECK enum err deliver_files_count(struct deliver_attempt *attempt, const struct change_batch *batch,
                                        struct err_info *error);

/* ---- requests ---------------------------------------------------------------------------------------------------- */

/*
 * The requests of one attempt: each is signed and carries one file task, or one piece of it. Several are in flight at a
 * time on the executor's kept-alive connections.
 */

/* A place for a request. */
struct deliver_request {
    struct http_request http; /* `context` is this request */
    struct sign_headers headers;
    struct buf body;
    int body_spool;         /* of a big text; −1 = none */
    struct file_task *task; /* owned; NULL = free */
};

struct deliver_http;
struct deliver_http *deliver_http_new(struct deliver_attempt *attempt);
/* Cancels what is in flight. */
void deliver_http_drop(struct deliver_http *http);

bool deliver_http_is_idle(const struct deliver_http *http);
/* Whether the task's next request may be in flight beside those that are. */
bool deliver_http_has_room(const struct deliver_http *http, const struct file_task *task);
/* Builds and signs the next request of the task, for which there is room. Takes the task over, on failure too:
 * deliver_http_close gives it back. */
MUST_CHECK enum err deliver_http_open(struct deliver_http *http, struct file_task *task,
                                      struct deliver_request **request, struct err_info *error);
void deliver_http_submit(struct deliver_http *http, struct deliver_request *request);
/* Drives what is in flight; the first answer within that time, or NULL. deliver_http_close is owed. */
struct deliver_request *deliver_http_wait(struct deliver_http *http, int64_t wait_ms);
/* What an answer is: ERR_OK, or the failure with its text for last_error. */
enum err deliver_http_failure(const struct deliver_request *request, struct err_info *error);
/* No answer, or one that says nothing of the request: the app is down, overloaded, or behind something that says so. */
bool deliver_http_is_away(const struct deliver_request *request);
/* Gives the task back; the place is free for the next. */
struct file_task *deliver_http_close(struct deliver_request *request);

/* ---- what a checkpoint records ----------------------------------------------------------------------------------- */

/* A checkpoint that records what was answered, in the progress too, and announces what comes next, so that whatever
 * dies between send and record is known to the next attempt. Repeating the batch is harmless; run_checkpoint_… commits
 * it. */
struct pg_batch *deliver_record(struct deliver_attempt *attempt, const struct file_tasks *answered,
                                const struct file_tasks *announced);
/* Once a fetch has succeeded: its success and its snapshot, as a part of the next transaction. */
void deliver_record_fetch(struct pg_batch *batch, const struct deliver_link *link, const struct git_fetched *fetched);

/* ---- the outcome ------------------------------------------------------------------------------------------------- */

/*
 * How an attempt ends: the outcome of its job, and what is written on the link in the transaction that makes it true.
 */

/* The app now holds the tree that was fetched. ERR_OK unless what that is cannot be read. */
MUST_CHECK enum err deliver_succeed(struct deliver_attempt *attempt, struct err_info *error);
/* Ended without that: skipped, put off, left open, tried again or failed. */
void deliver_end(struct deliver_attempt *attempt, const struct err_info *error);

#endif
