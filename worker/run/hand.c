/*
 * The jobs that a program has in hand, for command.c: an array of places, and the order in which the program that runs
 * got its jobs. A job is given to one program once, so the order never holds more than all of them.
 */
#include "worker/run/hand.h"

#include <assert.h>
#include <stdlib.h>

#include "common/base/mem.h"

enum place { WAITS, IN_HAND, ENDED };

struct hand {
    size_t count, most;
    enum place *places;
    bool *suspects; /* it was in hand when a signal ended the program */
    size_t *given;  /* to the program that runs, in their order: from `oldest` to `newest` */
    size_t oldest, newest;
    size_t in_hand, open, suspected; /* how many; suspects that have not ended */
    size_t next;                     /* nothing before it waits, while there are no suspects */
    bool probes;                     /* the last that waits is given next, alone */
};

struct hand *hand_new(size_t count, size_t most)
{
    struct hand *hand = mem_zalloc(sizeof *hand);
    hand->count = hand->open = count;
    hand->most = most;
    hand->places = mem_array(count, sizeof *hand->places);
    hand->suspects = mem_array(count, sizeof *hand->suspects);
    hand->given = mem_array(count, sizeof *hand->given);
    return hand;
}

void hand_drop(struct hand *hand)
{
    free(hand->places);
    free(hand->suspects);
    free(hand->given);
    free(hand);
}

static bool find_next(const struct hand *hand, size_t *index)
{
    for (size_t i = hand->suspected > 0 ? 0 : hand->next; i < hand->count; i++)
        if (hand->places[i] == WAITS && (hand->suspected == 0 || hand->suspects[i])) {
            *index = i;
            return true;
        }
    return false;
}

static bool find_last(const struct hand *hand, size_t *index)
{
    for (size_t i = hand->count; i-- > 0;)
        if (hand->places[i] == WAITS) {
            *index = i;
            return true;
        }
    return false;
}

static void give(struct hand *hand, size_t index)
{
    hand->places[index] = IN_HAND;
    hand->given[hand->newest++] = index;
    hand->in_hand++;
}

bool hand_give(struct hand *hand, size_t *index)
{
    size_t most = hand->probes || hand->suspected > 0 ? 1 : hand->most;
    if (hand->in_hand >= most || !(hand->probes ? find_last : find_next)(hand, index))
        return false;
    give(hand, *index);
    if (hand->suspected == 0 && !hand->probes)
        hand->next = *index + 1;
    return true;
}

bool hand_is_last(const struct hand *hand)
{
    return hand->probes || hand->suspected > 0 || hand->in_hand == hand->open;
}

void hand_probe(struct hand *hand)
{
    hand->probes = true;
}

void hand_end(struct hand *hand, size_t index)
{
    assert(hand->places[index] != ENDED);
    hand->in_hand -= hand->places[index] == IN_HAND;
    hand->suspected -= hand->suspects[index];
    hand->suspects[index] = false;
    hand->places[index] = ENDED;
    hand->probes = false;
    hand->open--;
}

void hand_take_back(struct hand *hand, bool suspected)
{
    for (size_t i = hand->oldest; i < hand->newest; i++) {
        size_t index = hand->given[i];
        if (hand->places[index] != IN_HAND)
            continue;
        hand->places[index] = WAITS;
        hand->suspected += suspected && !hand->suspects[index];
        hand->suspects[index] = hand->suspects[index] || suspected;
    }
    hand->in_hand = hand->oldest = hand->newest = hand->next = 0;
}

bool hand_has(const struct hand *hand, size_t index)
{
    return hand->places[index] == IN_HAND;
}

bool hand_has_ended(const struct hand *hand, size_t index)
{
    return hand->places[index] == ENDED;
}

size_t hand_count(const struct hand *hand)
{
    return hand->in_hand;
}

size_t hand_open(const struct hand *hand)
{
    return hand->open;
}

size_t hand_oldest(struct hand *hand)
{
    assert(hand->in_hand > 0);
    while (hand->places[hand->given[hand->oldest]] != IN_HAND)
        hand->oldest++;
    return hand->given[hand->oldest];
}
