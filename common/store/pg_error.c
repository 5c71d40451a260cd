/*
 * What an error of PostgreSQL means to a caller: one table by SQLSTATE
 * (https://www.postgresql.org/docs/15/errcodes-appendix.html). RPxxx are our own, raised by the statements under sql/.
 */
#include "common/store/pg_private.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"

#define SQLSTATE_CONNECTION "08006"
#define SQLSTATE_UNKNOWN "XX000"

struct sqlstate_class {
    const char *sqlstate; /* or what it begins with */
    enum err code;
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
            return CLASSES[i].code;
    }
    return ERR_PERMANENT;
}

static const char *field(const PGresult *result, int code)
{
    const char *text = PQresultErrorField(result, code);
    return text ? text : "";
}

/* FATAL and PANIC end the connection, whatever their SQLSTATE. */
static bool ends_connection(const PGresult *result)
{
    const char *severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    return strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0;
}

/* A migration by another program changed what a prepared statement returns, or something between us and the server
 * forgot our statements: a new connection mends both. */
static bool is_stale(const char *sqlstate, const PGresult *result)
{
    return strcmp(sqlstate, "26000") == 0 ||
           (strcmp(sqlstate, "0A000") == 0 &&
            strcmp(field(result, PG_DIAG_SOURCE_FUNCTION), "RevalidateCachedQuery") == 0);
}

/* "Failing row contains (…)" shows a whole row, which may hold what no error text may. */
static const char *detail_of(const char *sqlstate, const PGresult *result)
{
    bool shows_row = strcmp(sqlstate, "23502") == 0 || strcmp(sqlstate, "23514") == 0;
    return shows_row ? "" : field(result, PG_DIAG_MESSAGE_DETAIL);
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

enum err pg_silent(struct pg *pg, const char *statement, struct err_info *error)
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
    const char *sqlstate = field(result, PG_DIAG_SQLSTATE);
    if (!*sqlstate)
        return pg_lost(pg, statement, error);

    enum err code = ends_connection(result) ? ERR_UNREACHABLE : class_of(sqlstate);
    if (is_stale(sqlstate, result)) {
        pg->stale = true;
        code = ERR_RETRY;
    }
    char message[ERR_TEXT_MAX], detail[ERR_TEXT_MAX];
    pg_one_line(field(result, PG_DIAG_MESSAGE_PRIMARY), message);
    pg_one_line(detail_of(sqlstate, result), detail);
    if (*detail)
        err_set(error, code, "%s: %s (%s)", statement, message, detail);
    else
        err_set(error, code, "%s: %s", statement, message);
    set_sqlstate(error, sqlstate);
    if (code == ERR_UNREACHABLE)
        pg_close(pg);
    return code;
}
