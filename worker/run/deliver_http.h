/*
 * The requests of one attempt: each is signed and carries one file task, or one piece of it. Several are in flight at a
 * time on the executor's kept-alive connections.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_HTTP_H
#define REPRISE_WORKER_RUN_DELIVER_HTTP_H

#include "common/deliveries/sign.h"
#include "worker/run/file_task.h"

/* A place for a request. */
struct deliver_request {
    struct http_request http; /* `context` is this request */
    struct sign_headers headers;
    struct buf body;
    int body_spool;         /* of a big text; −1 = none */
    struct file_task *task; /* owned; NULL = free */
};

struct deliver_http;
struct deliver_http *deliver_http_new(struct deliver_attempt *attempt);
/* Cancels what is in flight. */
void deliver_http_drop(struct deliver_http *http);

bool deliver_http_is_idle(const struct deliver_http *http);
/* Whether the task's next request may be in flight beside those that are. */
bool deliver_http_has_room(const struct deliver_http *http, const struct file_task *task);
/* Builds and signs the next request of the task, for which there is room. Takes the task over, on failure too:
 * deliver_http_close gives it back. */
MUST_CHECK enum err deliver_http_open(struct deliver_http *http, struct file_task *task,
                                      struct deliver_request **request, struct err_info *error);
void deliver_http_submit(struct deliver_http *http, struct deliver_request *request);
/* Drives what is in flight; the first answer within that time, or NULL. deliver_http_close is owed. */
struct deliver_request *deliver_http_wait(struct deliver_http *http, int64_t wait_ms);
/* What an answer is: ERR_OK, or the failure with its text for last_error. */
enum err deliver_http_failure(const struct deliver_request *request, struct err_info *error);
/* Gives the task back; the place is free for the next. */
struct file_task *deliver_http_close(struct deliver_request *request);

#endif
