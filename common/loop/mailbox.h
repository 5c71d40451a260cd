/*
 * A list of messages between two threads, guarded by a mutex: the only mutable state that the loop and its executors
 * share. The receiver either waits on it (an executor) or is woken by an ev_async (the loop).
 */
#ifndef REPRISE_LOOP_MAILBOX_H
#define REPRISE_LOOP_MAILBOX_H

#include <ev.h>
#include <stdint.h>

struct mailbox;

/* `loop` and `async` NULL for a receiver that waits; else ev_async_send is called after each put. Both borrowed. */
struct mailbox *mailbox_new(struct ev_loop *loop, ev_async *async);
/* Must be empty. Takes NULL. */
void mailbox_drop(struct mailbox *mailbox);
/* From any thread; takes over `message`, which is not NULL. */
void mailbox_put(struct mailbox *mailbox, void *message);
/* The oldest message; NULL after `wait_ms` without one (0 = at once, -1 = wait without end). */
void *mailbox_take(struct mailbox *mailbox, int64_t wait_ms);

#endif
