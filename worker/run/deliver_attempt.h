/*
 * One attempt of one delivery job: what all its steps share. The story is told in deliver.c; each step has a file of
 * its own, and all of them stand on this one.
 *
 * A step that fails returns why. What PostgreSQL or the executor have to say about going on (paused, drained, taken
 * over, unreachable) is also kept in `stop`: then the failure is not the delivery's, and no try is used for it.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_ATTEMPT_H
#define REPRISE_WORKER_RUN_DELIVER_ATTEMPT_H

#include "common/base/config.h"
#include "common/base/crypto.h"
#include "common/deliveries/body.h"
#include "common/deliveries/circuit.h"
#include "common/store/address.h"
#include "common/store/git.h"
#include "common/store/http.h"
#include "common/store/pg.h"
#include "worker/run.h"

/*
 * A link as its job needs it: where the files come from, where they go, what the app is known to hold, and at which
 * paths that is not known. It has the app's key and the token in plain text: they are decrypted here, by the executor
 * that uses them, and wiped by deliver_link_fini.
 */

/* Unconfirmed paths: another attempt announced that it would send something there, and no answer was recorded and no
 * settle as synced has come since, so what the app holds there is not known. Each is sent once by this attempt,
 * whatever its sha; one that is not in the tree, as a delete. There are at most a few hundred for each attempt that
 * failed or died since the link was last synced. */
struct unconfirmed_path {
    uint8_t digest[SHA256_BYTES]; /* of the path */
    char *path;
    char *sha;    /* one that the app may hold; NULL = none is known */
    bool is_sent; /* handed to the outbox by this attempt */
};

struct unconfirmed {
    struct unconfirmed_path *list; /* ascending by digest */
    size_t count;
};

struct deliver_link {
    char *app_id, *repository_id;
    int64_t incarnation; /* tells it apart from one that is added after it was removed */
    char *base_url;      /* without a '/' at its end */
    char *url, *owner, *name;
    char *branch;                      /* NULL = the remote's HEAD */
    char *synced_commit, *synced_tree; /* NULL = the app is not known to hold exactly a tree */
    int64_t files, bytes;              /* of that tree */
    char *withheld, *withheld_limits;  /* of that tree, what is too large, and by which limits; NULL = nothing */
    bool holds_anything;               /* there are deliveries */
    struct unconfirmed unconfirmed;    /* read apart from the link, once the tree is fetched */
    struct circuit circuit;
    int64_t now_us; /* PostgreSQL's clock when the link was read */
    char *auth_key;
    char *token; /* NULL = none */
};

/* Reads the link of a job's key, "<app_id>/<repository_id>". ERR_NOT_FOUND: app, repository or link is gone. ERR_USAGE:
 * this worker has no key that opens a secret; ERR_PERMANENT: a secret is malformed. deliver_link_fini is
 * owed in all cases. */
MUST_CHECK enum err deliver_link_load(struct pg *pg, const struct crypto_keys *keys, const char *key,
                                      struct deliver_link *link, struct err_info *error);
void deliver_link_fini(struct deliver_link *link);
/* As if the app had never been sent anything. In memory only. */
void deliver_link_clear(struct deliver_link *link);

/* From the rows of sql/deliveries/record.sql, other_intents; deliver_link_fini frees them. */
void unconfirmed_read(const PGresult *rows, struct unconfirmed *unconfirmed);
/* NULL = it is not one of them. */
struct unconfirmed_path *unconfirmed_find(const struct unconfirmed *unconfirmed, const uint8_t digest[SHA256_BYTES]);

/* As it stands in every request. */
struct body_repository deliver_link_repository(const struct deliver_link *link);

/* A sealed secret in plain text, owned by the caller (deliver_secret_drop); sealed NULL stays NULL. */
MUST_CHECK enum err deliver_secret_open(const struct crypto_keys *keys, const struct crypto_secret *secret,
                                        char **plain, struct err_info *error);
void deliver_secret_drop(char *plain);

/*
 * What an executor keeps from one delivery job to the next: connections to the client apps, and the lists of private
 * addresses that the configuration allows, read once for each change of it.
 */

struct deliver_tools {
    struct http *http;
    int parallel;                    /* of `http` */
    char *deliver_allow, *git_allow; /* the texts that the lists were read from */
    struct address_list *deliver_allowed, *git_allowed;
    int64_t waiting_logged_ms; /* clock_mono_ms when the log last said what this worker lacks; 0 = never */
};

/* Makes them, also where the configuration has changed since. `*kept` is the run's `tools`. ERR_USAGE: a list
 * of addresses is malformed. */
MUST_CHECK enum err deliver_tools_ready(void **kept, const struct config *config, struct deliver_tools **tools,
                                        struct err_info *error);
void deliver_tools_drop(void *tools);

/* What a delivery job leaves in its checkpoint for the next attempt, and for those who show how far it is:
 * {"cleared":true,"created":120,"updated":0,"deleted":0,"bytes":88213,"done":120,"total":400}.
 * sql/kinds/cancel.sql, cancel_mark reads it too. */
struct deliver_progress {
    bool is_cleared;                   /* the re-sync has forgotten what the app was sent: once for each job */
    int64_t created, updated, deleted; /* recorded by all attempts so far */
    int64_t bytes;                     /* of their contents */
    int64_t done, total;               /* files: those that the app has by now, and all; total 0 = not known yet */
};

/* What was not sent, for the outcome: as far as this attempt has looked. */
struct deliver_skipped {
    int64_t symlinks, submodules, odd_paths, large_texts, large_files;
    char *first_large; /* a sentence about the first of them; NULL = none */
};

struct deliver_attempt {
    struct run *run;
    char *job_id; /* <operation_id>/<seq> */
    struct deliver_tools *tools;
    struct deliver_link link;
    struct git_rules git;
    struct git_clone *clone; /* NULL until fetched */
    struct git_fetched fetched;
    struct deliver_progress progress;
    struct deliver_skipped skipped;
    child_tick_fn *tick; /* for whatever takes its time: deliver_watch */
    void *tick_context;
    bool fetch_noted;  /* the repository's row and snapshot say what was fetched */
    bool is_final;     /* the failure would be the same the next time */
    bool is_away;      /* the app did not answer, or not by itself: it may come back */
    bool answer_noted; /* its other links that failed because it was away are due */
    bool is_gone;      /* a write found that the app or the link has been removed */
    int64_t wait_ms;   /* not begun: the circuit is open for so long, or another job is fetching */
    bool needs_key;    /* not begun: this worker has no encryption key, or not the one that is needed */
    enum err stop;
};

/* Binds it to the run, whose job it is. deliver_attempt_fini is owed. */
void deliver_attempt_init(struct deliver_attempt *attempt, struct run *run);
void deliver_attempt_fini(struct deliver_attempt *attempt);

/* Notes what a call that went to PostgreSQL said, for the outcome; returns it. */
enum err deliver_note_stop(struct deliver_attempt *attempt, enum err err, const struct err_info *error);

/* ---- while something takes its time ------------------------------------------------------------------------------ */

/* From now on deliver_tick, and the clone's walks and streams, call this; NULL, and at first: what keeps the lease and
 * says whether to go on. */
void deliver_watch(struct deliver_attempt *attempt, child_tick_fn *tick, void *context);
/* Called several times a second by every loop that may take long. */
MUST_CHECK enum err deliver_tick(const struct deliver_attempt *attempt, struct err_info *error);

/* ---- statements -------------------------------------------------------------------------------------------------- */

/* Runs a statement whose first two parameters are app and repository: deliver_args, add the others, deliver_exec, which
 * drops them. No checkpoint may be under way. `*result` is the caller's. */
struct pg_args *deliver_args(const struct deliver_attempt *attempt);
MUST_CHECK enum err deliver_exec(struct deliver_attempt *attempt, const struct sql *statement, struct pg_args *args,
                                 PGresult **result, struct err_info *error);
/* A statement added to a checkpoint or a settle, its first two parameters filled in. */
struct pg_args *deliver_add(struct pg_batch *batch, const struct deliver_link *link, const struct sql *statement);
/* And the next three: the attempt. */
void deliver_arg_attempt(struct pg_args *args, const struct deliver_attempt *attempt);

/* ---- checkpoints ------------------------------------------------------------------------------------------------- */

/* A checkpoint that says how far the job is, and holds the link in its place. A link that has been removed ends the job
 * (`is_gone`). */
struct pg_batch *deliver_checkpoint(struct deliver_attempt *attempt);
/* Commits it and notes what PostgreSQL says. */
MUST_CHECK enum err deliver_commit(struct deliver_attempt *attempt, struct pg_batch *batch, struct err_info *error);

/* ---- files that are too large ------------------------------------------------------------------------------------ */

/* They are not sent: the link says so, and what the app holds at their paths is taken back or left, by
 * deliver.too_large. They are looked at again when they change, and when the limits do. */

/* Notes a file of this many bytes. `setting` is the limit that it is beyond. */
void deliver_note_too_large(struct deliver_attempt *attempt, const char *path, int64_t size, const char *setting);
/* What the link will say of them after this job: a sentence that the caller frees, or NULL if there were none. */
char *deliver_too_large_text(const struct deliver_attempt *attempt);
/* The limits in force, as the link keeps them. The caller frees it. */
char *deliver_limits(const struct config *config);
/* Whether what the link was not sent would not be sent today either. */
bool deliver_limits_are_same(const struct deliver_attempt *attempt);

#endif
