/*
 * The connection: made from a URL that is read once, with every limit set in the start-up packet, so that there is no
 * moment at which a connection stands without them. Who holds a struct pg never sees libpq's connection.
 */
#include <assert.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/store/pg.h"
#include "common/store/pg_private.h"
#include "embedded/sql_session.h"

#define SQLSTATE_CANNOT_CONNECT "08001"
#define CONNECT_PARAMETERS_MAX 96 /* libpq 17 knows some fifty */

/* ---- the URL ----------------------------------------------------------------------------------------------------- */

static const char *option_value(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword; options++) {
        if (strcmp(options->keyword, keyword) == 0)
            return options->val ? options->val : "";
    }
    return "";
}

/* A password with a bare '@' or '/' spills over into host, port or database, and libpq's messages would show it. */
static bool password_spills(const PQconninfoOption *options)
{
    const char *port = option_value(options, "port");
    return strchr(option_value(options, "host"), '@') || strchr(option_value(options, "dbname"), '@') ||
           port[strspn(port, "0123456789,")] != '\0';
}

static void read_url(struct pg *pg, const char *url)
{
    char *why = NULL;
    pg->options = PQconninfoParse(url, &why);
    PQfreemem(why); /* may quote a part of the password */
    if (!pg->options) {
        pg->refusal = "it is not a PostgreSQL connection string";
    } else if (password_spills(pg->options)) {
        PQconninfoFree(pg->options);
        pg->options = NULL;
        pg->refusal = "host, port or database name cannot be read; write special characters of the password as %XX";
    }
}

/* ---- connecting -------------------------------------------------------------------------------------------------- */

struct parameters {
    const char *keywords[CONNECT_PARAMETERS_MAX], *values[CONNECT_PARAMETERS_MAX];
    size_t count;
};

static void set_parameter(struct parameters *parameters, const char *keyword, const char *value)
{
    assert(parameters->count + 1 < CONNECT_PARAMETERS_MAX);
    parameters->keywords[parameters->count] = keyword;
    parameters->values[parameters->count++] = value;
}

/* Settings of the session. Ours stand behind those of the URL and so win: the code relies on each of them. */
static void add_session_options(const struct pg *pg, struct buf *out)
{
    const struct pg_limits *limits = &pg->limits;
    buf_add_str(out, option_value(pg->options, "options"));
    buf_addf(out, " -c statement_timeout=%" PRId64 " -c lock_timeout=%" PRId64, limits->statement_ms, limits->lock_ms);
    buf_addf(out, " -c idle_in_transaction_session_timeout=%" PRId64, limits->idle_tx_ms);
    buf_add_str(out, " -c search_path=reprise,public -c default_transaction_isolation=read\\ committed"
                     " -c TimeZone=UTC -c DateStyle=ISO -c bytea_output=hex");
    /* A program that has ended, however that came, holds no lock for longer than this. */
    buf_add_str(out, " -c client_connection_check_interval=1000");
    /* Costs of a plan that had to take a disabled path look enormous, and the server would compile it for half a
     * second. */
    buf_add_str(out, " -c jit=off -c plan_cache_mode=force_custom_plan");
    if (limits->hot)
        buf_add_str(out, " -c enable_seqscan=off");
}

/* The same once more when the connection stands: a pooler may have dropped the options, and what a role has set instead
 * (its time zone) would be told to people and clients as if it were ours. */
static enum err set_session(struct pg *pg, struct err_info *error)
{
    const struct pg_limits *limits = &pg->limits;
    struct buf script = BUF_INIT;
    buf_addf(&script,
             "SET statement_timeout = %" PRId64 "; SET lock_timeout = %" PRId64
             "; SET idle_in_transaction_session_timeout = %" PRId64 ";",
             limits->statement_ms, limits->lock_ms, limits->idle_tx_ms);
    buf_add_str(&script,
                "SET search_path = reprise, public; SET default_transaction_isolation = 'read committed';"
                "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET bytea_output = 'hex'; SET client_encoding = 'UTF8';"
                "SET jit = off; SET plan_cache_mode = force_custom_plan;");
    if (limits->hot)
        buf_add_str(&script, "SET enable_seqscan = off;");
    enum err err = pg_script(pg, script.data, error);
    buf_fini(&script);
    if (err == ERR_OK)
        err = pg_check_settings(pg, error);
    if (err != ERR_OK)
        pg_close(pg);
    return err;
}

static bool url_sets(const struct pg *pg, const char *keyword)
{
    return *option_value(pg->options, keyword) != '\0';
}

/* A peer that vanished without a word is noticed within half a minute; an operator may set other times in the URL. */
static void add_keepalives(const struct pg *pg, struct parameters *parameters)
{
    static const char *const DEFAULTS[][2] = {
        {"keepalives", "1"},       {"keepalives_idle", "10"},     {"keepalives_interval", "5"},
        {"keepalives_count", "3"}, {"tcp_user_timeout", "25000"},
    };
    for (size_t i = 0; i < sizeof DEFAULTS / sizeof *DEFAULTS; i++) {
        if (!url_sets(pg, DEFAULTS[i][0]))
            set_parameter(parameters, DEFAULTS[i][0], DEFAULTS[i][1]);
    }
}

static PGconn *connect_to(const struct pg *pg)
{
    struct parameters parameters = {.count = 0};
    for (const PQconninfoOption *option = pg->options; option->keyword; option++) {
        if (option->val)
            set_parameter(&parameters, option->keyword, option->val);
    }
    struct buf session = BUF_INIT;
    add_session_options(pg, &session);
    char seconds[24];
    snprintf(seconds, sizeof seconds, "%" PRId64, (pg->limits.connect_ms + 999) / 1000);

    /* What comes later in the list wins. */
    set_parameter(&parameters, "options", session.data);
    set_parameter(&parameters, "application_name", pg->application);
    set_parameter(&parameters, "client_encoding", "UTF8");
    set_parameter(&parameters, "connect_timeout", seconds);
    add_keepalives(pg, &parameters);
    PGconn *conn = PQconnectdbParams(parameters.keywords, parameters.values, 0);
    buf_fini(&session);
    return conn;
}

static void log_notice(void *context, const PGresult *result)
{
    (void)context;
    char line[ERR_TEXT_MAX];
    log_debug("postgres: %s", pg_one_line(PQresultErrorMessage(result), line));
}

static enum err refuse_connection(const char *why, enum err err, struct err_info *error)
{
    char line[ERR_TEXT_MAX];
    bool options = strstr(why, "unsupported startup parameter") != NULL;
    err_set(error, err, "%s: %s%s", err == ERR_USAGE ? "postgres.url" : "PostgreSQL", pg_one_line(why, line),
            options
                ? " (said by a pooler: ignore_startup_parameters = options lets it pass; what they say is set again "
                  "afterwards)"
                : "");
    snprintf(error->sqlstate, sizeof error->sqlstate, "%s", SQLSTATE_CANNOT_CONNECT);
    return err;
}

static enum err make_connection(struct pg *pg, struct err_info *error)
{
    if (!pg->options)
        return refuse_connection(pg->refusal, ERR_USAGE, error);
    PGconn *conn = connect_to(pg);
    if (!conn || PQstatus(conn) != CONNECTION_OK) {
        refuse_connection(conn ? PQerrorMessage(conn) : "out of memory", ERR_UNREACHABLE, error);
        PQfinish(conn);
        return ERR_UNREACHABLE;
    }
    PQsetNoticeReceiver(conn, log_notice, NULL);
    pg->conn = conn;
    pg->answer_ms = pg->limits.answer_ms;
    return PQsetnonblocking(conn, 1) == 0 ? set_session(pg, error) : pg_lost(pg, "connection", error);
}

/* A server that ended the connection while it was idle has left its last words in the socket. */
static void close_if_ended(struct pg *pg)
{
    for (;;) {
        struct pollfd waiting = {.fd = PQsocket(pg->conn), .events = POLLIN, .revents = 0};
        if (poll(&waiting, 1, 0) <= 0)
            break;
        if (!PQconsumeInput(pg->conn)) {
            pg_close(pg);
            return;
        }
        (void)PQisBusy(pg->conn); /* takes notices and settings out of the buffer */
    }
    if (PQstatus(pg->conn) != CONNECTION_OK)
        pg_close(pg);
}

/* ---- the life of a connection ------------------------------------------------------------------------------------ */

struct pg *pg_new(const char *url, const char *application, struct pg_limits limits)
{
    struct pg *pg = mem_zalloc(sizeof *pg);
    pg->application = mem_strdup(application);
    pg->limits = limits;
    read_url(pg, url);
    return pg;
}

void pg_drop(struct pg *pg)
{
    if (!pg)
        return;
    pg_close(pg);
    PQconninfoFree(pg->options);
    free(pg->application);
    free(pg->prepared);
    free(pg);
}

void pg_close(struct pg *pg)
{
    PQfinish(pg->conn);
    pg->conn = NULL;
    pg->stale = false;
    pg->under_way = NULL;
    for (size_t i = 0; i < pg->prepared_count; i++)
        pg->prepared[i] = NULL;
}

void pg_abort(struct pg *pg)
{
    if (!pg->conn)
        return;
    PGTransactionStatusType status = PQtransactionStatus(pg->conn);
    if (status == PQTRANS_IDLE && !pg->under_way)
        return;
    if (pg->under_way || (status != PQTRANS_INTRANS && status != PQTRANS_INERROR)) {
        pg_close(pg);
        return;
    }
    struct err_info ignored;
    PGresult *result = NULL;
    bool done = PQsendQuery(pg->conn, sql_session_rollback.text) &&
                pg_answer(pg, sql_session_rollback.name, &result, &ignored) == ERR_OK &&
                PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    if (!done)
        pg_close(pg);
}

enum err pg_ready(struct pg *pg, struct err_info *error)
{
    if (pg->stale)
        pg_close(pg);
    pg_abort(pg);
    if (pg->conn)
        close_if_ended(pg);
    return pg->conn ? ERR_OK : make_connection(pg, error);
}

void pg_wait_for_ever(struct pg *pg)
{
    pg->answer_ms = 0;
}

int pg_socket(const struct pg *pg)
{
    return pg->conn ? PQsocket(pg->conn) : -1;
}

/* ---- is its server at work --------------------------------------------------------------------------------------- */

/*
 * A connection that says nothing is either half-open, or its server is at work for us and may take its time. The other
 * end cannot be asked through the connection itself; a second one tells.
 */

#define LATE_MS 200 /* what was answered before we asked may still be on its way */

static const struct pg_limits LIMITS = {2000, 1000, 1000, 1000, 2000, false, 0};

/* True as well where it cannot be told. */
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
