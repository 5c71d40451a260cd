/*
 * A connection that says nothing is either half-open, or its server is at work for us and may take its time. The other
 * end cannot be asked through the connection itself; a second one tells.
 */
#include <poll.h>
#include <stdlib.h>

#include "common/store/pg_private.h"
#include "embedded/sql_session.h"

#define LATE_MS 200 /* what was answered before we asked may still be on its way */

static const struct pg_limits LIMITS = {2000, 1000, 1000, 1000, 2000, false, 0};

/* True as well where nobody can tell. */
static bool is_at_work(struct pg *second, int process)
{
    struct err_info ignored = {0};
    PGresult *result = NULL;
    if (pg_ready(second, &ignored) != ERR_OK)
        return true;
    struct pg_args *args = pg_args_new();
    pg_arg_int4(args, process);
    pg_arg_int4(args, PQbackendPID(second->conn));
    enum err err = pg_exec(second, &sql_session_at_work, args, &result, &ignored);
    bool at_work = err != ERR_OK || pg_rows(result) == 0 || pg_is_null(result, 0, 0) || pg_bool(result, 0, 0);
    PQclear(result);
    pg_args_drop(args);
    return at_work;
}

bool pg_is_half_open(struct pg *pg)
{
    struct pg second = {.options = pg->options, .application = pg->application, .limits = LIMITS};
    bool at_work = is_at_work(&second, PQbackendPID(pg->conn));
    pg_close(&second);
    free(second.prepared);
    if (at_work)
        return false;
    struct pollfd waiting = {.fd = PQsocket(pg->conn), .events = POLLIN, .revents = 0};
    return poll(&waiting, 1, LATE_MS) == 0;
}
