/*
 * Waiting for the server with a deadline. libpq's own waits have none: a server, or a proxy in front of it, that holds
 * the connection and says nothing would keep its owner waiting without end. The connection is in non-blocking mode all
 * its life, and this is the only place that waits for it.
 */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/crypto.h"
#include "common/store/pg_private.h"

/* ---- errors ------------------------------------------------------------------------------------------------------ */

/*
 * What an error of PostgreSQL means to a caller: one table by SQLSTATE
 * (https://www.postgresql.org/docs/15/errcodes-appendix.html). RPxxx are our own, raised by the statements under sql/.
 */

#define SQLSTATE_CONNECTION "08006"
#define SQLSTATE_UNKNOWN "XX000"

struct sqlstate_class {
    const char *sqlstate; /* or what it begins with */
    enum err err;
};

/* Of two characters: the whole class. 40 is a rollback, 53 too little memory, disk or connections, 58 trouble below the
 * server (a disk that gives errors): no statement is to blame, and no job may be failed for it. */
static const struct sqlstate_class CLASSES[] = {
    {"RP001", ERR_FENCED},   {"RP002", ERR_FENCED},      {"RP003", ERR_BUSY},  {"RP404", ERR_NOT_FOUND},
    {"RP409", ERR_CONFLICT}, {"RP004", ERR_CONFLICT},    {"25006", ERR_RETRY}, {"55P03", ERR_RETRY},
    {"57014", ERR_RETRY},    {"40", ERR_RETRY},          {"53", ERR_RETRY},    {"58", ERR_RETRY},
    {"08", ERR_UNREACHABLE}, {"57P01", ERR_UNREACHABLE},
};

static enum err class_of(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof CLASSES / sizeof *CLASSES; i++) {
        if (strncmp(CLASSES[i].sqlstate, sqlstate, strlen(CLASSES[i].sqlstate)) == 0)
            return CLASSES[i].err;
    }
    return ERR_PERMANENT;
}

static const char *error_field(const PGresult *result, int code)
{
    const char *text = PQresultErrorField(result, code);
    return text ? text : "";
}

/* FATAL and PANIC end the connection, whatever their SQLSTATE. */
static bool ends_connection(const PGresult *result)
{
    const char *severity = error_field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    return strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0;
}

/* A statement that we prepared is not there, or one that we did not prepare is. */
static bool is_others(const char *sqlstate)
{
    return strcmp(sqlstate, "26000") == 0 || strcmp(sqlstate, "42P05") == 0;
}

/* A migration by another program changed what a prepared statement returns, or something between us and the server
 * forgot our statements: a new connection mends both. */
static bool is_stale(const char *sqlstate, const PGresult *result)
{
    return is_others(sqlstate) || (strcmp(sqlstate, "0A000") == 0 &&
                                   strcmp(error_field(result, PG_DIAG_SOURCE_FUNCTION), "RevalidateCachedQuery") == 0);
}

/* "Failing row contains (…)" shows a whole row, which may hold what no error text may. */
static const char *detail_of(const char *sqlstate, const PGresult *result)
{
    bool shows_row = strcmp(sqlstate, "23502") == 0 || strcmp(sqlstate, "23514") == 0;
    return shows_row ? "" : error_field(result, PG_DIAG_MESSAGE_DETAIL);
}

const char *pg_one_line(const char *text, char out[ERR_TEXT_MAX])
{
    size_t len = 0;
    bool gap = false;
    for (; *text && len + 2 < ERR_TEXT_MAX; text++) {
        if (isspace((unsigned char)*text)) {
            gap = len > 0;
            continue;
        }
        if (gap)
            out[len++] = ' ';
        gap = false;
        out[len++] = *text;
    }
    out[len] = '\0';
    return out;
}

static void set_sqlstate(struct err_info *error, const char *sqlstate)
{
    snprintf(error->sqlstate, sizeof error->sqlstate, "%s", sqlstate);
}

enum err pg_lost(struct pg *pg, const char *statement, struct err_info *error)
{
    char line[ERR_TEXT_MAX];
    const char *why = pg->conn ? pg_one_line(PQerrorMessage(pg->conn), line) : "not connected";
    err_set(error, ERR_UNREACHABLE, "%s: %s", statement, *why ? why : "the connection to PostgreSQL is lost");
    set_sqlstate(error, SQLSTATE_CONNECTION);
    pg_close(pg);
    return ERR_UNREACHABLE;
}

static enum err fail_silent(struct pg *pg, const char *statement, struct err_info *error)
{
    char silence[CLOCK_ISO_MAX];
    err_set(error, ERR_UNREACHABLE, "%s: PostgreSQL has said nothing for %s; whether it was done is not known",
            statement, clock_human_ms(clock_mono_ms() - pg->heard_ms, silence));
    set_sqlstate(error, SQLSTATE_CONNECTION);
    pg_close(pg);
    return ERR_UNREACHABLE;
}

enum err pg_unexpected(struct pg *pg, const char *statement, const PGresult *result, struct err_info *error)
{
    err_set(error, ERR_PERMANENT, "%s: answers with %s, which is not used here", statement,
            PQresStatus(PQresultStatus(result)));
    set_sqlstate(error, SQLSTATE_UNKNOWN);
    pg_close(pg);
    return ERR_PERMANENT;
}

enum err pg_fail(struct pg *pg, const char *statement, const PGresult *result, struct err_info *error)
{
    const char *sqlstate = error_field(result, PG_DIAG_SQLSTATE);
    if (!*sqlstate)
        return pg_lost(pg, statement, error);

    enum err err = ends_connection(result) ? ERR_UNREACHABLE : class_of(sqlstate);
    if (is_stale(sqlstate, result)) {
        pg->stale = true;
        err = ERR_RETRY;
    }
    char message[ERR_TEXT_MAX], detail[ERR_TEXT_MAX];
    pg_one_line(error_field(result, PG_DIAG_MESSAGE_PRIMARY), message);
    pg_one_line(detail_of(sqlstate, result), detail);
    if (is_others(sqlstate))
        err_set(error, err,
                "%s: %s: something between forgets our session (a pooler in transaction mode? Reprise needs session "
                "mode)",
                statement, message);
    else if (*detail)
        err_set(error, err, "%s: %s (%s)", statement, message, detail);
    else
        err_set(error, err, "%s: %s", statement, message);
    set_sqlstate(error, sqlstate);
    if (err == ERR_UNREACHABLE)
        pg_close(pg);
    return err;
}

/* ---- waiting for an answer --------------------------------------------------------------------------------------- */

#define TLS_LOOK_AGAIN_MS 50 /* libpq may hold decrypted bytes of which the socket shows nothing */

enum waited { WAITED_READY, WAITED_BROKEN, WAITED_SILENT };

/* A wait for an answer: when there is something to be done about the silence. 0 = never. */
struct vigil {
    int64_t deadline_ms, doubt_ms;
};

static int64_t sooner(int64_t a_ms, int64_t b_ms)
{
    return a_ms == 0 || (b_ms != 0 && b_ms < a_ms) ? b_ms : a_ms;
}

static void vigil_restart(struct pg *pg, struct vigil *vigil)
{
    pg->heard_ms = clock_mono_ms();
    vigil->deadline_ms = pg->answer_ms == 0 ? 0 : pg->heard_ms + pg->answer_ms;
    vigil->doubt_ms = pg->answer_ms == 0 || pg->limits.doubt_ms == 0 ? 0 : pg->heard_ms + pg->limits.doubt_ms;
}

/* How long poll may wait. */
static int patience(const struct pg *pg, const struct vigil *vigil)
{
    int64_t until = sooner(vigil->deadline_ms, vigil->doubt_ms);
    int64_t left = until == 0 ? -1 : until - clock_mono_ms();
    if (until != 0 && left < 0)
        left = 0;
    if (PQsslInUse(pg->conn) && (left < 0 || left > TLS_LOOK_AGAIN_MS))
        left = TLS_LOOK_AGAIN_MS;
    return left > INT32_MAX ? INT32_MAX : (int)left;
}

static enum waited judge_silence(struct pg *pg, struct vigil *vigil)
{
    if (vigil->deadline_ms != 0 && clock_mono_ms() >= vigil->deadline_ms)
        return WAITED_SILENT;
    if (vigil->doubt_ms == 0 || clock_mono_ms() < vigil->doubt_ms)
        return WAITED_READY;
    if (pg_is_half_open(pg))
        return WAITED_SILENT;
    vigil->doubt_ms = clock_mono_ms() + pg->limits.doubt_ms;
    return WAITED_READY;
}

/* Waits for the socket once. `sending`: something is left to be sent. */
static enum waited wait_once(struct pg *pg, bool sending, struct vigil *vigil)
{
    struct pollfd waiting = {.fd = PQsocket(pg->conn), .events = POLLIN, .revents = 0};
    if (sending)
        waiting.events |= POLLOUT;
    if (waiting.fd < 0)
        return WAITED_BROKEN;
    int ready = poll(&waiting, 1, patience(pg, vigil));
    if (ready < 0 && errno != EINTR)
        return WAITED_BROKEN;
    if (ready <= 0)
        return judge_silence(pg, vigil);
    vigil_restart(pg, vigil); /* a sign of life */
    return WAITED_READY;
}

/* Sends what is left and reads until PQgetResult would not wait. A broken connection is left to PQgetResult, which has
 * the server's last words. */
static enum waited wait_for_result(struct pg *pg)
{
    struct vigil vigil;
    vigil_restart(pg, &vigil);
    for (;;) {
        int unsent = PQflush(pg->conn);
        if (unsent < 0 || !PQisBusy(pg->conn))
            return unsent < 0 ? WAITED_BROKEN : WAITED_READY;
        enum waited waited = wait_once(pg, unsent == 1, &vigil);
        if (waited != WAITED_READY)
            return waited;
        if (!PQconsumeInput(pg->conn))
            return WAITED_BROKEN;
    }
}

enum err pg_next_result(struct pg *pg, const char *statement, PGresult **result, struct err_info *error)
{
    *result = NULL;
    if (wait_for_result(pg) == WAITED_SILENT)
        return fail_silent(pg, statement, error);
    *result = PQgetResult(pg->conn);
    return ERR_OK;
}

static bool is_copy(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

enum err pg_answer(struct pg *pg, const char *statement, PGresult **answer, struct err_info *error)
{
    *answer = NULL;
    for (;;) {
        PGresult *result;
        enum err err = pg_next_result(pg, statement, &result, error);
        if (err != ERR_OK) {
            PQclear(*answer);
            *answer = NULL;
        }
        if (err || !result)
            return err;
        if (*answer && PQresultStatus(*answer) == PGRES_FATAL_ERROR) {
            PQclear(result);
            continue;
        }
        PQclear(*answer);
        *answer = result;
        if (is_copy(result))
            return ERR_OK; /* goes on without end: the caller closes the connection */
    }
}

/* ---- reading a result -------------------------------------------------------------------------------------------- */

/* Reading results in text format. A value that does not fit the reader is a statement at odds with its caller:
 * asserted. */

int pg_rows(const PGresult *result)
{
    return PQntuples(result);
}

int64_t pg_affected(const PGresult *result)
{
    /* libpq only reads it here, but does not say so in its type. */
    const char *count = PQcmdTuples((PGresult *)(uintptr_t)result);
    return *count ? strtoll(count, NULL, 10) : 0;
}

bool pg_is_null(const PGresult *result, int row, int column)
{
    assert(row >= 0 && row < PQntuples(result) && column >= 0 && column < PQnfields(result));
    return PQgetisnull(result, row, column) == 1;
}

const char *pg_text(const PGresult *result, int row, int column)
{
    return pg_is_null(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

int64_t pg_int8(const PGresult *result, int row, int column)
{
    const char *text = pg_text(result, row, column);
    if (!text)
        return 0;
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    assert(errno == 0 && end != text && *end == '\0');
    return number;
}

double pg_double(const PGresult *result, int row, int column)
{
    const char *text = pg_text(result, row, column);
    if (!text)
        return 0;
    char *end;
    double number = strtod(text, &end);
    assert(end != text && *end == '\0');
    return number;
}

bool pg_bool(const PGresult *result, int row, int column)
{
    const char *text = pg_text(result, row, column);
    assert(!text || strcmp(text, "t") == 0 || strcmp(text, "f") == 0);
    return text && text[0] == 't';
}

bool pg_bytea(const PGresult *result, int row, int column, uint8_t *out, size_t len)
{
    const char *text = pg_text(result, row, column);
    return text && strncmp(text, "\\x", 2) == 0 && crypto_unhex(text + 2, out, len);
}
