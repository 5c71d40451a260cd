/*
 * The inbox, a service of each worker process (service.h): takes requests from Redis and has them accepted. A thread of
 * its own, so that a request does not wait for maintenance, nor maintenance for requests, however many there are.
 */
#ifndef REPRISE_WORKER_INBOX_SERVICE_H
#define REPRISE_WORKER_INBOX_SERVICE_H

#include "common/loop/mailbox.h"
#include "worker/maintenance.h"
#include "worker/process_state.h"

struct inbox_service;
/* As of a service; both are borrowed. Each time that the inbox has become empty, the loop gets a MESSAGE_INBOX_EMPTY.
 */
struct inbox_service *inbox_service_new(struct process_state *process, struct maintenance *maintenance);
void inbox_service_start(struct inbox_service *inbox, struct mailbox *loop);
/* There are requests in the inbox. From any thread. */
void inbox_service_wake(struct inbox_service *inbox);
void inbox_service_stop(struct inbox_service *inbox);
void inbox_service_drop(struct inbox_service *inbox);

#endif
