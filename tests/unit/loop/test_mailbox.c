/* Messages between threads: their order, waiting for them, and waking a loop. */
#include "common/loop/mailbox.h"

#include <pthread.h>

#include "common/base/clock.h"
#include "tests/testing/testing.h"

enum { SENDERS = 4, EACH = 500 };

static int tokens[SENDERS][EACH];

static void messages_come_in_order(void **state)
{
    (void)state;
    struct mailbox *mailbox = mailbox_new(NULL, NULL);
    for (int i = 0; i < EACH; i++)
        mailbox_put(mailbox, &tokens[0][i]);
    for (int i = 0; i < EACH; i++)
        assert_ptr_equal(mailbox_take(mailbox, 0), &tokens[0][i]);
    assert_null(mailbox_take(mailbox, 0));
    mailbox_put(mailbox, &tokens[0][0]); /* after it was empty */
    assert_ptr_equal(mailbox_take(mailbox, -1), &tokens[0][0]);
    mailbox_drop(mailbox);
}

static void waiting_ends_after_its_time(void **state)
{
    (void)state;
    struct mailbox *mailbox = mailbox_new(NULL, NULL);
    int64_t since_ms = clock_mono_ms();
    assert_null(mailbox_take(mailbox, 30));
    assert_true(clock_mono_ms() - since_ms >= 29);
    mailbox_drop(mailbox);
    mailbox_drop(NULL);
}

struct sender {
    struct mailbox *mailbox;
    int number;
    pthread_t thread;
};

static void *send_all(void *context)
{
    struct sender *sender = context;
    for (int i = 0; i < EACH; i++)
        mailbox_put(sender->mailbox, &tokens[sender->number][i]);
    return NULL;
}

static void start_senders(struct sender *senders, struct mailbox *mailbox)
{
    for (int s = 0; s < SENDERS; s++) {
        senders[s] = (struct sender){.mailbox = mailbox, .number = s};
        assert_int_equal(pthread_create(&senders[s].thread, NULL, send_all, &senders[s]), 0);
    }
}

static void join_senders(struct sender *senders)
{
    for (int s = 0; s < SENDERS; s++)
        pthread_join(senders[s].thread, NULL);
}

static void each_sender_keeps_its_order_and_nothing_is_lost(void **state)
{
    (void)state;
    struct sender senders[SENDERS];
    int next[SENDERS] = {0};
    struct mailbox *mailbox = mailbox_new(NULL, NULL);
    start_senders(senders, mailbox);
    for (int i = 0; i < SENDERS * EACH; i++) {
        int *token = mailbox_take(mailbox, -1);
        int sender = (int)((token - tokens[0]) / EACH);
        assert_ptr_equal(token, &tokens[sender][next[sender]++]);
    }
    join_senders(senders);
    assert_null(mailbox_take(mailbox, 0));
    mailbox_drop(mailbox);
}

struct receiver {
    struct mailbox *mailbox;
    int got;
};

static void on_mail(struct ev_loop *loop, ev_async *async, int events)
{
    (void)events;
    struct receiver *receiver = async->data;
    while (mailbox_take(receiver->mailbox, 0) != NULL)
        receiver->got++;
    if (receiver->got == SENDERS * EACH)
        ev_break(loop, EVBREAK_ALL);
}

static void a_loop_is_woken(void **state)
{
    (void)state;
    struct sender senders[SENDERS];
    struct receiver receiver = {0};
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    ev_async async;
    ev_async_init(&async, on_mail);
    async.data = &receiver;
    ev_async_start(loop, &async);
    receiver.mailbox = mailbox_new(loop, &async);
    start_senders(senders, receiver.mailbox);
    ev_run(loop, 0); /* ends when all are there; a lost wake-up ends in the test's time-out */
    assert_int_equal(receiver.got, SENDERS * EACH);
    join_senders(senders);
    mailbox_drop(receiver.mailbox);
    ev_async_stop(loop, &async);
    ev_loop_destroy(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_in_order),
        cmocka_unit_test(waiting_ends_after_its_time),
        cmocka_unit_test(each_sender_keeps_its_order_and_nothing_is_lost),
        cmocka_unit_test(a_loop_is_woken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
