/* A chunked binary that is being put together, in bounded memory: its digest runs along, its bytes go to disk or
 * nowhere. */
#ifndef REPRISE_RECEIVER_ASSEMBLY_H
#define REPRISE_RECEIVER_ASSEMBLY_H

#include "tests/receiver/keep.h"

struct assembly;
/* Begins with the file of this first piece; `keep` may be NULL. */
struct assembly *assembly_new(struct keep *keep, const struct delivery *first);
/* Takes NULL. What was not completed is removed from disk. */
void assembly_drop(struct assembly *assembly);

enum assembly_result {
    ASSEMBLY_GOES_ON,
    ASSEMBLY_COMPLETE,  /* the file stands in its place */
    ASSEMBLY_REPEATED,  /* had this piece already: no effect */
    ASSEMBLY_DISORDER,  /* not the piece that comes next, or of another chunk */
    ASSEMBLY_BAD_DIGEST /* all pieces are there, and they are not the file */
};
/* `why` is filled in for the last two. */
enum assembly_result assembly_add(struct assembly *assembly, const struct delivery *piece, char why[DELIVERY_WHY_MAX]);

#endif
