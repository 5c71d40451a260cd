/*
 * Waiting for the server with a deadline. libpq's own waits have none: a server, or a proxy in front of it, that holds
 * the connection and says nothing would keep its owner for ever. The connection is in non-blocking mode all its life,
 * and this is the only place that waits for it.
 */
#include <errno.h>
#include <poll.h>

#include "common/base/clock.h"
#include "common/store/pg_private.h"

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

static void begin_anew(struct pg *pg, struct vigil *vigil)
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
    begin_anew(pg, vigil); /* a sign of life */
    return WAITED_READY;
}

/* Sends what is left and reads until PQgetResult would not wait. A broken connection is left to PQgetResult, which has
 * the server's last words. */
static enum waited wait_for_result(struct pg *pg)
{
    struct vigil vigil;
    begin_anew(pg, &vigil);
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
        return pg_silent(pg, statement, error);
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
        enum err outcome = pg_next_result(pg, statement, &result, error);
        if (outcome) {
            PQclear(*answer);
            *answer = NULL;
        }
        if (outcome || !result)
            return outcome;
        if (*answer && PQresultStatus(*answer) == PGRES_FATAL_ERROR) {
            PQclear(result);
            continue;
        }
        PQclear(*answer);
        *answer = result;
        if (is_copy(result))
            return ERR_OK; /* goes on for ever: the caller closes the connection */
    }
}
