/*
 * One connection to PostgreSQL, owned by one thread, speaking in batches.
 *
 * A batch is a run of statements sent in one message with one sync at its end (libpq pipeline mode): if one fails, none
 * behind it ran. Statements are those embedded from sql/ (store/text.h), prepared on first use on each connection.
 * Parameters are typed and binary where they are arrays. READ COMMITTED, and the limits of struct pg_limits, are set
 * when it connects; NOTICEs go to the log at debug level. Every call is planned for its own parameters
 * (plan_cache_mode=force_custom_plan: a tenth of a ms), so that a filter that was not given costs nothing.
 *
 * Errors: the classes 40 (deadlock and the like), 53 (memory, disk, connections) and 58 (trouble below the server),
 * 55P03 (lock_timeout), 57014 (statement_timeout) and 25006 (read only) → ERR_RETRY; 57P01 and all connection trouble →
 * ERR_UNREACHABLE (the outcome of the batch is unknown, the connection is closed, the next pg_ready makes a new one);
 * RP001, RP002 → ERR_FENCED; RP003 → ERR_BUSY; RP404 → ERR_NOT_FOUND; RP409, RP004 → ERR_CONFLICT; everything else →
 * ERR_PERMANENT. `sqlstate` is always filled in (08001: no
 * connection could be made, 08006: it was lost without a word of the server, or the server was silent for answer_ms). A
 * prepared statement that a migration by another program made stale → ERR_RETRY, and the next pg_ready makes a new
 * connection.
 */
#ifndef REPRISE_STORE_PG_H
#define REPRISE_STORE_PG_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/store/text.h"

struct pg;

/* What is enforced on a connection, by the server unless it says otherwise; 0 = no limit. */
struct pg_limits {
    int64_t connect_ms;   /* to get a connection, for each address of the host; rounded up to seconds, at least 2 s */
    int64_t statement_ms; /* statement_timeout */
    int64_t lock_ms;      /* lock_timeout */
    int64_t idle_tx_ms;   /* idle_in_transaction_session_timeout */
    int64_t answer_ms; /* ours: the connection is given up when nothing came for so long while an answer is awaited */
    bool hot;          /* enable_seqscan=off: a plan made while a table was empty (or analyzed when it was) cost 22 000
                          pages a call later */
    int64_t doubt_ms;  /* ours: nothing came for so long, and then another connection asks the server whether it is at
                          work for this one; if not, either side waits for the other, and the connection is given up */
};
/* Each limit is above the one before it, so that the one that says most comes first: a lock that is not given, else a
 * statement that takes too long, else a server that says nothing at all (it answers a batch as a whole, as a rule: then
 * its statements share that patience). A half-open connection is found out much sooner: I5 and I6 allow 10 s. */
/* For executors: no statement of theirs takes long, and a silent server must not hold them. */
#define PG_LIMITS_HOT ((struct pg_limits){5000, 12000, 10000, 5000, 15000, true, 3000})
/* For the service executor: a planning step writes thousands of rows, and a cancel waits for one. */
#define PG_LIMITS_SERVICE ((struct pg_limits){5000, 35000, 30000, 5000, 40000, true, 3000})
/* For people's programs: they cancel too, and their queries may be wide. */
#define PG_LIMITS_PROGRAM ((struct pg_limits){5000, 60000, 30000, 5000, 65000, false, 3000})

/* Never fails and does not connect yet. `url` is borrowed for the call; `application` shows in pg_stat_activity. */
struct pg *pg_new(const char *url, const char *application, struct pg_limits limits);
void pg_drop(struct pg *pg);

/* Makes sure that there is a connection outside a transaction: connects or reconnects where needed. One attempt;
 * waiting between attempts is the caller's. ERR_UNREACHABLE with the reason (never with a password); ERR_USAGE if the
 * URL cannot be read. */
MUST_CHECK enum err pg_ready(struct pg *pg, struct err_info *error);
/* Whether the connection is one session of the server for as long as it lasts; takes some round trips, and where a
 * pooler stands between a second connection. ERR_USAGE: it is not, and nothing can be relied on; the text says what to
 * do. Else as pg_ready. */
MUST_CHECK enum err pg_check_session(struct pg *pg, struct err_info *error);
/* Closes the connection; the next pg_ready makes a new one. */
void pg_close(struct pg *pg);
/* Rolls back if a transaction is open. A failure closes the connection, which has the same effect. */
void pg_abort(struct pg *pg);
/* No deadline for answers until the connection is closed: for callers that lift the server's limits too. */
void pg_wait_for_ever(struct pg *pg);
/* The socket, for polling; -1 if not connected. */
int pg_socket(const struct pg *pg);

/* ---- parameters: appended in the order of $1, $2, … -------------------------------------------------------------- */

#define PG_ARGS_MAX 24
struct pg_args;
/* Text and bytes are copied; NULL text = SQL null. */
void pg_arg_text(struct pg_args *args, const char *text);
void pg_arg_text_len(struct pg_args *args, const char *text, size_t len);
void pg_arg_int8(struct pg_args *args, int64_t value);
void pg_arg_int4(struct pg_args *args, int32_t value);
void pg_arg_bool(struct pg_args *args, bool value);
void pg_arg_bytea(struct pg_args *args, const void *bytes, size_t len);
void pg_arg_null(struct pg_args *args);
void pg_arg_int8s(struct pg_args *args, const int64_t *values, size_t count);
void pg_arg_int4s(struct pg_args *args, const int32_t *values, size_t count);
/* NULL elements are SQL nulls. For text[], and for jsonb[] or timestamptz[] written `$n::text[]::jsonb[]` in the SQL.
 */
void pg_arg_texts(struct pg_args *args, const char *const *values, size_t count);
/* An array of byteas of one size each, laid end to end. */
void pg_arg_byteas(struct pg_args *args, const void *bytes, size_t each, size_t count);

/* ---- batches ----------------------------------------------------------------------------------------------------- */

struct pg_batch;
struct pg_batch *pg_batch_new(void);
void pg_batch_drop(struct pg_batch *batch);
/* Empties it (statements and results) for the next use; keeps its memory. */
void pg_batch_reset(struct pg_batch *batch);
/* Appends a statement; fill in its parameters through what is returned (valid until the next add, reset or run). */
struct pg_args *pg_batch_add(struct pg_batch *batch, const struct sql *statement);

/* Sends all of it and reads all results. On failure `*error` tells which statement ("settle_tally: …") and why; if a
 * transaction was open it is open and failed still: pg_abort. Of a statement that is SQL_UNPREPARED the error's column
 * is the character (from 1) that PostgreSQL points at, 0 where it points at none. Those must be in a batch: pg_exec
 * takes prepared ones only. */
MUST_CHECK enum err pg_batch_run(struct pg *pg, struct pg_batch *batch, struct err_info *error);

/* The same in two halves, so that a caller can do other work while the server does its: start sends (and returns at
 * once unless the socket's buffer is full), end waits. Nothing else may use the connection in between. */
MUST_CHECK enum err pg_batch_start(struct pg *pg, struct pg_batch *batch, struct err_info *error);
MUST_CHECK enum err pg_batch_end(struct pg *pg, struct pg_batch *batch, struct err_info *error);

/* How many statements were added. */
int pg_batch_count(const struct pg_batch *batch);
/* The result of statement `index` (from 0) of a batch that ran; borrowed until reset or drop. */
const PGresult *pg_batch_result(const struct pg_batch *batch, int index);

/* A batch of one without parameters to fill in afterwards: `args` by pg_args_new. The caller PQclears `*result`
 * (`result` may be NULL where it is not read). */
struct pg_args *pg_args_new(void);
void pg_args_drop(struct pg_args *args);
void pg_args_reset(struct pg_args *args);
MUST_CHECK enum err pg_exec(struct pg *pg, const struct sql *statement, const struct pg_args *args, PGresult **result,
                            struct err_info *error);

/* What a text that is SQL_UNPREPARED would give: `*columns` has names and types (PQfname, PQftype) and no rows; the
 * caller's. Parsed in the open transaction and not run; on failure the error's column is as of a batch. */
MUST_CHECK enum err pg_describe(struct pg *pg, const struct sql *statement, PGresult **columns, struct err_info *error);

/* ---- results (text format) --------------------------------------------------------------------------------------- */

int pg_rows(const PGresult *result);
/* Rows that an INSERT, UPDATE or DELETE touched. */
int64_t pg_affected(const PGresult *result);
bool pg_is_null(const PGresult *result, int row, int column);
const char *pg_text(const PGresult *result, int row, int column); /* NULL for SQL null; borrowed */
int64_t pg_int8(const PGresult *result, int row, int column);     /* 0 for SQL null */
double pg_double(const PGresult *result, int row, int column);
bool pg_bool(const PGresult *result, int row, int column);
/* A bytea in hex format decoded into `out` of `len` bytes; false if null or of another length. */
bool pg_bytea(const PGresult *result, int row, int column, uint8_t *out, size_t len);

/* For migrations only: several statements without parameters in one string, each in the caller's transaction. */
MUST_CHECK enum err pg_script(struct pg *pg, const char *text, struct err_info *error);

#endif
