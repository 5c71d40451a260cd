/*
 * libmicrohttpd in a libev loop, without a thread of its own: runs the daemon when one of its sockets is ready, when
 * its own deadline comes, and before the loop waits if something was resumed. Never from inside one of the daemon's
 * callbacks.
 *
 * The daemon is made by the caller, with MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME and no thread flags. A caller that
 * links this links libmicrohttpd too: the programs that serve nothing need none of it.
 */
#ifndef REPRISE_LOOP_HTTP_DRIVE_H
#define REPRISE_LOOP_HTTP_DRIVE_H

#include <ev.h>
#include <stdbool.h>

struct MHD_Connection;
struct MHD_Daemon;

/* To be embedded where it stays put; its fields are its own. All zero: not started. */
struct http_drive {
    struct ev_loop *loop;
    struct MHD_Daemon *daemon;
    bool again; /* the daemon must be run before the loop waits */
    ev_io ready;
    ev_timer deadline;
    ev_prepare before_wait;
};

/* Borrows the loop, takes over the daemon. */
void http_drive_start(struct http_drive *drive, struct ev_loop *loop, struct MHD_Daemon *daemon);
/* Resumes a suspended connection. In the loop's thread only; from the daemon's callbacks too. */
void http_drive_resume(struct http_drive *drive, struct MHD_Connection *connection);
/* For what the daemon cannot see by itself, such as a socket that was shut down under it. */
void http_drive_again(struct http_drive *drive);
/* Ends the daemon and all connections; what has been answered leaves first, as far as the sockets take it at once. The
 * listening socket stays open: the one that made it closes it, afterwards. No connection may be suspended. Does nothing
 * if not started. */
void http_drive_stop(struct http_drive *drive);

#endif
