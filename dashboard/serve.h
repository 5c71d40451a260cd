/* The program as a server: from its settings to its end. */
#ifndef REPRISE_DASHBOARD_SERVE_H
#define REPRISE_DASHBOARD_SERVE_H

#include <ev.h>

#include "common/base/config_live.h"
#include "dashboard/call.h"

/* Serves until SIGTERM or SIGINT; a second one ends it at once. SIGHUP reads the settings again. */
MUST_CHECK enum err serve(struct config_live *settings, struct err_info *error);

/* The signals that it listens for and that would end it before it does: to be held from the first line of main, for
 * beginning_hold_signals. */
extern const int serve_signals[];

/* ---- preparation ------------------------------------------------------------------------------------------------- */

/*
 * Makes the database ready for the routes: one without a schema gets it and its definitions; an older schema is waited
 * for until a worker or `producer migrate` has brought it up to date. That goes on beside the loop, on a thread of its
 * own, for as long as PostgreSQL does not answer; meanwhile what needs it is refused with the reason (desk.c), and the
 * rest of the program serves.
 */

struct preparation;

enum preparation_news {
    PREPARATION_TRIED,  /* once: the first try is over, or takes its time; pool->prepared says whether it succeeded */
    PREPARATION_FAILED, /* after that: it can never succeed, for the schema is newer, or not ours */
};
/* Called on the loop. */
typedef void preparation_fn(enum preparation_news news, void *context);

/* Begins; pool->prepared becomes true when the database is ready. All are borrowed until preparation_end. */
struct preparation *preparation_begin(struct ev_loop *loop, struct call_pool *pool, preparation_fn *on_news,
                                      void *context);
/* Gives it up if it is not over; waits for the try that is under way. ERR_OK unless the database can never be made
 * ready; the reason is in `error` then. */
MUST_CHECK enum err preparation_end(struct preparation *preparation, struct err_info *error);

#endif
