/* The jobs that a program has in hand: their order, the suspects, and what is left of them when the program dies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "worker/run/hand.h"

static void assert_gives(struct hand *hand, size_t expected)
{
    size_t index;
    assert_true(hand_give(hand, &index));
    assert_int_equal(index, expected);
}

static void assert_gives_none(struct hand *hand)
{
    size_t index;
    assert_false(hand_give(hand, &index));
}

static void jobs_are_given_in_their_order_and_no_more_than_the_program_may_have(void **state)
{
    (void)state;
    struct hand *hand = hand_new(4, 2);
    assert_gives(hand, 0);
    assert_gives(hand, 1);
    assert_gives_none(hand);
    assert_int_equal(hand_count(hand), 2);
    hand_end(hand, 1);
    assert_gives(hand, 2);
    assert_int_equal(hand_oldest(hand), 0);
    hand_end(hand, 0);
    assert_int_equal(hand_oldest(hand), 2);
    assert_gives(hand, 3);
    assert_gives_none(hand);
    hand_end(hand, 2);
    hand_end(hand, 3);
    assert_int_equal(hand_open(hand), 0);
    assert_gives_none(hand);
    hand_drop(hand);
}

static void what_an_ended_program_had_is_given_again_first(void **state)
{
    (void)state;
    struct hand *hand = hand_new(5, 3);
    for (size_t i = 0; i < 3; i++)
        assert_gives(hand, i);
    hand_end(hand, 1);
    hand_take_back(hand, false);
    assert_int_equal(hand_count(hand), 0);
    assert_false(hand_has(hand, 0));
    assert_gives(hand, 0);
    assert_gives(hand, 2);
    assert_gives(hand, 3);
    assert_int_equal(hand_oldest(hand), 0);
    hand_drop(hand);
}

static void suspects_come_alone_and_before_all_others(void **state)
{
    (void)state;
    struct hand *hand = hand_new(5, 3);
    for (size_t i = 0; i < 3; i++)
        assert_gives(hand, i);
    hand_end(hand, 0);
    hand_take_back(hand, true);
    assert_gives(hand, 1);
    assert_gives_none(hand);
    hand_take_back(hand, true); /* it died again, and the job stays a suspect */
    assert_gives(hand, 1);
    hand_end(hand, 1);
    assert_gives(hand, 2);
    assert_gives_none(hand);
    hand_end(hand, 2);
    assert_gives(hand, 3);
    assert_gives(hand, 4);
    hand_drop(hand);
}

static void a_job_may_end_while_it_waits(void **state)
{
    (void)state;
    struct hand *hand = hand_new(3, 1);
    hand_end(hand, 0);
    assert_true(hand_has_ended(hand, 0));
    assert_gives(hand, 1);
    hand_take_back(hand, true);
    hand_end(hand, 1); /* a suspect */
    assert_gives(hand, 2);
    assert_int_equal(hand_open(hand), 1);
    hand_drop(hand);
}

static void a_probe_takes_the_last_alone_and_then_all_is_as_before(void **state)
{
    (void)state;
    struct hand *hand = hand_new(5, 3);
    assert_gives(hand, 0);
    assert_false(hand_is_last(hand));
    hand_end(hand, 0);
    hand_probe(hand);
    assert_gives(hand, 4);
    assert_gives_none(hand);
    assert_true(hand_is_last(hand));
    hand_end(hand, 4);
    assert_gives(hand, 1);
    assert_gives(hand, 2);
    assert_gives(hand, 3);
    assert_true(hand_is_last(hand));
    hand_drop(hand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_are_given_in_their_order_and_no_more_than_the_program_may_have),
        cmocka_unit_test(what_an_ended_program_had_is_given_again_first),
        cmocka_unit_test(suspects_come_alone_and_before_all_others),
        cmocka_unit_test(a_job_may_end_while_it_waits),
        cmocka_unit_test(a_probe_takes_the_last_alone_and_then_all_is_as_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
