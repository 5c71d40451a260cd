#include "common/loop/http_drive.h"

#include <microhttpd.h>

#include "common/base/clock.h"

#define LAST_ROUNDS 3 /* what was answered last leaves: it is woken, made, written */

static void on_ready(struct ev_loop *loop, ev_io *watcher, int events)
{
    (void)loop, (void)events;
    struct http_drive *drive = watcher->data;
    MHD_run(drive->daemon);
}

static void on_deadline(struct ev_loop *loop, ev_timer *watcher, int events)
{
    (void)loop, (void)events;
    struct http_drive *drive = watcher->data;
    MHD_run(drive->daemon);
}

/* A callback of the daemon may resume a connection that this run has passed already: hence until none did. */
static void on_before_wait(struct ev_loop *loop, ev_prepare *watcher, int events)
{
    (void)events;
    struct http_drive *drive = watcher->data;
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;
    while (drive->again) {
        drive->again = false;
        MHD_run(drive->daemon);
    }
    ev_timer_stop(loop, &drive->deadline);
    if (MHD_get_timeout(drive->daemon, &wait_ms) != MHD_YES)
        return;
    ev_timer_set(&drive->deadline, (double)wait_ms / (double)CLOCK_MS_PER_S, 0.0);
    ev_timer_start(loop, &drive->deadline);
}

void http_drive_start(struct http_drive *drive, struct ev_loop *loop, struct MHD_Daemon *daemon)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    *drive = (struct http_drive){.loop = loop, .daemon = daemon};
    ev_io_init(&drive->ready, on_ready, info->epoll_fd, EV_READ);
    ev_timer_init(&drive->deadline, on_deadline, 0.0, 0.0);
    ev_prepare_init(&drive->before_wait, on_before_wait);
    drive->ready.data = drive->deadline.data = drive->before_wait.data = drive;
    ev_io_start(loop, &drive->ready);
    ev_prepare_start(loop, &drive->before_wait);
}

void http_drive_resume(struct http_drive *drive, struct MHD_Connection *connection)
{
    MHD_resume_connection(connection);
    drive->again = true;
}

void http_drive_again(struct http_drive *drive)
{
    drive->again = true;
}

void http_drive_stop(struct http_drive *drive)
{
    if (drive->daemon == NULL)
        return;
    ev_io_stop(drive->loop, &drive->ready);
    ev_timer_stop(drive->loop, &drive->deadline);
    ev_prepare_stop(drive->loop, &drive->before_wait);
    (void)MHD_quiesce_daemon(drive->daemon); /* else it closes the listening socket, which is not its own */
    for (int round = 0; round < LAST_ROUNDS; round++)
        MHD_run(drive->daemon);
    MHD_stop_daemon(drive->daemon);
    *drive = (struct http_drive){0};
}
