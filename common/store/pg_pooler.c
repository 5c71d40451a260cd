/*
 * Whether a connection is one session of the server from its beginning to its end. Behind a pooler in transaction mode
 * each transaction may have another server process: what was set for the session and the statements that were prepared
 * are somewhere else then, and answers come in another time zone, without limits, or not at all. Everything here is
 * sent without preparing it, for that is what does not work there.
 */
#include <stdlib.h>
#include <string.h>

#include "common/store/pg_private.h"
#include "embedded/sql_session.h"

static enum err ask(struct pg *pg, const struct sql *statement, PGresult **row, struct err_info *error)
{
    *row = NULL;
    if (!PQsendQuery(pg->conn, statement->text))
        return pg_lost(pg, statement->name, error);
    enum err err = pg_answer(pg, statement->name, row, error);
    if (err == ERR_OK && PQresultStatus(*row) != PGRES_TUPLES_OK)
        err = pg_fail(pg, statement->name, *row, error);
    return err;
}

enum err pg_check_settings(struct pg *pg, struct err_info *error)
{
    PGresult *row = NULL;
    enum err err = ask(pg, &sql_session_lost_settings, &row, error);
    if (err == ERR_OK && !pg_is_null(row, 0, 0))
        err = err_set(error, ERR_UNREACHABLE,
                      "PostgreSQL: what was set for the session is lost at once (%s): a pooler in transaction mode "
                      "stands between; Reprise needs one in session mode",
                      pg_text(row, 0, 0));
    PQclear(row);
    return err;
}

/* Of the server, not as the pooler makes it up. 0 where it cannot be told. */
static int64_t process_of(struct pg *pg)
{
    struct err_info ignored = {0};
    PGresult *row = NULL;
    int64_t process = ask(pg, &sql_session_process, &row, &ignored) == ERR_OK ? pg_int8(row, 0, 0) : 0;
    PQclear(row);
    return process;
}

/* The process of a second connection that holds a transaction open, while the first asks for its own once more. */
static void ask_beside(struct pg *pg, int64_t *beside, int64_t *again)
{
    struct pg second = {.options = pg->options, .application = pg->application, .limits = pg->limits};
    struct err_info ignored = {0};
    *beside = *again = 0;
    if (pg_ready(&second, &ignored) == ERR_OK && pg_script(&second, sql_session_begin.text, &ignored) == ERR_OK) {
        *beside = process_of(&second);
        *again = *beside == 0 ? 0 : process_of(pg);
    }
    pg_close(&second);
    free(second.prepared);
}

enum err pg_check_session(struct pg *pg, struct err_info *error)
{
    enum err err = pg_ready(pg, error);
    if (err != ERR_OK)
        return err;
    int64_t first = process_of(pg), beside, again;
    if (first == 0 || first == PQbackendPID(pg->conn))
        return ERR_OK; /* no pooler */
    ask_beside(pg, &beside, &again);
    if (beside == first || (again != 0 && again != first))
        return err_set(error, ERR_USAGE,
                       "postgres.url: a pooler in transaction mode stands between, and hands out one session of "
                       "PostgreSQL to several connections: prepared statements, time zone and limits are lost on the "
                       "way. Let it be in session mode (pgbouncer: pool_mode = session)");
    return ERR_OK;
}
