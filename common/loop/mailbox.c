#include "common/loop/mailbox.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/mem.h"

struct letter {
    struct letter *next;
    void *message;
};

struct mailbox {
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    struct letter *first, **last;
    struct ev_loop *loop;
    ev_async *async;
};

struct mailbox *mailbox_new(struct ev_loop *loop, ev_async *async)
{
    struct mailbox *mailbox = mem_zalloc(sizeof *mailbox);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&mailbox->filled, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&mailbox->mutex, NULL);
    mailbox->last = &mailbox->first;
    mailbox->loop = loop;
    mailbox->async = async;
    return mailbox;
}

void mailbox_drop(struct mailbox *mailbox)
{
    if (mailbox == NULL)
        return;
    assert(mailbox->first == NULL);
    pthread_cond_destroy(&mailbox->filled);
    pthread_mutex_destroy(&mailbox->mutex);
    free(mailbox);
}

void mailbox_put(struct mailbox *mailbox, void *message)
{
    assert(message != NULL);
    struct letter *letter = mem_zalloc(sizeof *letter);
    letter->message = message;
    pthread_mutex_lock(&mailbox->mutex);
    *mailbox->last = letter;
    mailbox->last = &letter->next;
    pthread_cond_signal(&mailbox->filled);
    pthread_mutex_unlock(&mailbox->mutex);
    if (mailbox->loop != NULL)
        ev_async_send(mailbox->loop, mailbox->async);
}

/* The moment `wait_ms` from now, for pthread_cond_timedwait. */
static struct timespec moment(int64_t wait_ms)
{
    int64_t at_ms = clock_mono_ms() + wait_ms;
    return (struct timespec){.tv_sec = (time_t)(at_ms / CLOCK_MS_PER_S),
                             .tv_nsec = (long)(at_ms % CLOCK_MS_PER_S) * 1000000};
}

void *mailbox_take(struct mailbox *mailbox, int64_t wait_ms)
{
    struct timespec until = moment(wait_ms < 0 ? 0 : wait_ms);
    int gone = wait_ms == 0 ? ETIMEDOUT : 0;
    pthread_mutex_lock(&mailbox->mutex);
    while (mailbox->first == NULL && gone != ETIMEDOUT)
        gone = wait_ms < 0 ? pthread_cond_wait(&mailbox->filled, &mailbox->mutex)
                           : pthread_cond_timedwait(&mailbox->filled, &mailbox->mutex, &until);
    struct letter *letter = mailbox->first;
    if (letter != NULL && (mailbox->first = letter->next) == NULL)
        mailbox->last = &mailbox->first;
    pthread_mutex_unlock(&mailbox->mutex);
    void *message = letter == NULL ? NULL : letter->message;
    free(letter);
    return message;
}
