/* Which Idempotency-Keys have come, how often, and whether they were ever used for two different things. */
#ifndef REPRISE_RECEIVER_SEEN_H
#define REPRISE_RECEIVER_SEEN_H

#include <stdint.h>

#include "tests/receiver/delivery.h"

struct seen;
struct seen *seen_new(void);
void seen_drop(struct seen *seen);

struct seen_counts {
    int64_t keys;
    int64_t repeated_keys;  /* that came more than once */
    int64_t max_repeats;    /* the most often that one of them came again */
    int64_t accepted_again; /* requests that came though one with their key had been accepted */
    int64_t key_conflicts;  /* requests that were something else than the first one with their key */
};
const struct seen_counts *seen_counts(const struct seen *seen);

/* One key; belongs to `seen`. */
struct seen_key;
/* Counts a request. `key` is 64 hex digits. Returns its key; `*repeated` says how often it came before. */
struct seen_key *seen_note(struct seen *seen, const char *key, const struct delivery *delivery, int64_t *repeated);
/* It was answered with 2xx, or took effect although it was not. */
void seen_accepted(struct seen_key *key);

#endif
