/*
 * Which jobs of a chunk a program has in hand: which wait to be given to it, in what order it got them, and which ended
 * a program and are therefore given alone. Pure.
 */
#ifndef REPRISE_WORKER_RUN_HAND_H
#define REPRISE_WORKER_RUN_HAND_H

#include <stdbool.h>
#include <stddef.h>

struct hand;
/* Jobs 0 to `count` - 1, all of which wait; at most `most` of them (1 or more) are in hand at a time. */
struct hand *hand_new(size_t count, size_t most);
void hand_drop(struct hand *hand);

/* The next job that is to be given to the program is in hand now. False: there is none, or enough is in hand. Suspects
 * come first, each alone. */
bool hand_give(struct hand *hand, size_t *index);
/* Whether nothing more comes before something that is in hand ends: nothing waits, or a suspect is to be alone. */
bool hand_is_last(const struct hand *hand);
/* The next job that is given is the last of those that wait, alone: to see whether a program fails them all. */
void hand_probe(struct hand *hand);
/* The job needs nothing further: from hand, or while it waits. */
void hand_end(struct hand *hand, size_t index);
/* The program is gone: what it had in hand waits again, as suspects where they may have ended it. */
void hand_take_back(struct hand *hand, bool suspected);

bool hand_has(const struct hand *hand, size_t index);
bool hand_has_ended(const struct hand *hand, size_t index);
size_t hand_count(const struct hand *hand); /* in hand */
size_t hand_open(const struct hand *hand);  /* not ended */
/* The job that it has had longest; only while something is in hand. */
size_t hand_oldest(struct hand *hand);

#endif
