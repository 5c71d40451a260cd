/* Names that are spelt alike, for "did you mean". Pure. */
#ifndef REPRISE_BASE_DID_YOU_MEAN_H
#define REPRISE_BASE_DID_YOU_MEAN_H

#include <stddef.h>

#include "common/base/buf.h"

/* How many letters must be put in, taken out or changed to come from one to the other; only the first 64 bytes of each
 * are looked at. */
size_t did_you_mean_distance(const char *a, const char *b);

/* Keeps the three names that are nearest to `wanted` and near enough to be meant (a third of its letters differ, or one
 * stands within the other). Names are borrowed. */
#define NEAREST_MAX 3
struct did_you_mean {
    const char *wanted;
    const char *names[NEAREST_MAX]; /* nearest first */
    size_t distances[NEAREST_MAX];
    size_t count;
};
void did_you_mean_offer(struct did_you_mean *nearest, const char *name);
/* Appends "a", "b" or "c"; nothing where none is near. */
void did_you_mean_write(const struct did_you_mean *nearest, struct buf *out);

#endif
