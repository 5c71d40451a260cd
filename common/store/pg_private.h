/* What the files of the PostgreSQL connection share among themselves; the contract is common/store/pg.h. */
#ifndef REPRISE_STORE_PG_PRIVATE_H
#define REPRISE_STORE_PG_PRIVATE_H

#include "common/store/pg.h"

struct pg {
    PGconn *conn;              /* NULL = not connected */
    PQconninfoOption *options; /* what the URL says; NULL = it cannot be used: */
    const char *refusal;       /* … because of this */
    char *application;
    struct pg_limits limits;
    int64_t answer_ms; /* of this connection: limits.answer_ms, or 0 after pg_wait_for_ever */
    int64_t heard_ms;  /* clock_mono_ms: the beginning of a wait for an answer, or the last sign of life in it */
    /* By number: the statements that this connection has prepared. Pointers and not bits, so that two statements that
     * share a number by mistake are found out instead of one running as the other. */
    const struct sql **prepared;
    size_t prepared_count;
    bool stale;                       /* its prepared statements no longer fit the schema: make a new connection */
    const struct pg_batch *under_way; /* started and not ended */
};

struct pg_arg {
    size_t offset; /* in data */
    size_t length;
    bool null, binary;
};
struct pg_args {
    int count;
    struct pg_arg list[PG_ARGS_MAX];
    struct buf data;
};

/* The parameters in the shape that libpq takes; borrows from the args, valid until they change. */
struct pg_bound {
    int count;
    const char *values[PG_ARGS_MAX];
    int lengths[PG_ARGS_MAX], formats[PG_ARGS_MAX];
};
void pg_args_bind(const struct pg_args *args, struct pg_bound *bound);
void pg_args_fini(struct pg_args *args);

/* Whether what set_session has set is still so in the next transaction. ERR_UNREACHABLE: it is not, with what it is. */
MUST_CHECK enum err pg_check_settings(struct pg *pg, struct err_info *error);

/* The name of a prepared statement on the server. */
#define PG_NAME_MAX 16
const char *pg_statement_name(const struct sql *statement, char out[PG_NAME_MAX]);
/* Prepares it unless this connection has. */
MUST_CHECK enum err pg_prepare(struct pg *pg, const struct sql *statement, struct err_info *error);

/* What PQgetResult gives, waited for with the deadline of the connection. ERR_UNREACHABLE where it passed: the
 * connection is then closed. A connection that is lost in another way gives what PQgetResult makes of it. */
MUST_CHECK enum err pg_next_result(struct pg *pg, const char *statement, PGresult **result, struct err_info *error);
/* Nothing came through the connection for some time: whether its server waits for us as we wait for it. May take some
 * seconds. */
bool pg_is_half_open(struct pg *pg);
/* All results of what was sent outside a batch: the first error, else the last one; NULL where the connection is lost.
 */
MUST_CHECK enum err pg_answer(struct pg *pg, const char *statement, PGresult **answer, struct err_info *error);

/* Classes a result that is an error. A connection that is lost by it is closed, and the class is ERR_UNREACHABLE. */
enum err pg_fail(struct pg *pg, const char *statement, const PGresult *result, struct err_info *error);
/* The connection is lost or in a state that cannot be used further: closes it. ERR_UNREACHABLE with libpq's reason. */
enum err pg_lost(struct pg *pg, const char *statement, struct err_info *error);
/* A COPY or another answer that no statement of ours may give: closes the connection. ERR_PERMANENT. */
enum err pg_unexpected(struct pg *pg, const char *statement, const PGresult *result, struct err_info *error);
/* One line without line ends and the space that they leave. Returns `out`. */
const char *pg_one_line(const char *text, char out[ERR_TEXT_MAX]);

#endif
