#include "worker/run/deliver_parcel.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

struct parcel *parcel_new(enum verb verb, const char *path, const uint8_t digest[SHA256_BYTES])
{
    size_t len = strlen(path);
    struct parcel *parcel = mem_zalloc(sizeof *parcel + len + 1);
    parcel->verb = verb;
    parcel->content = DELIVER_CONTENT_NONE;
    parcel->pieces = 1;
    memcpy(parcel->digest, digest, sizeof parcel->digest);
    memcpy(parcel->path, path, len);
    return parcel;
}

void parcel_turn_to_delete(struct parcel *parcel)
{
    deliver_content_fini(&parcel->content);
    parcel->verb = VERB_DELETE;
    parcel->blob[0] = parcel->sha[0] = parcel->previous[0] = '\0';
    parcel->size = 0;
    parcel->pieces = 1;
}

void parcel_drop(struct parcel *parcel)
{
    if (parcel == NULL)
        return;
    deliver_content_fini(&parcel->content);
    free(parcel);
}

/* `sign` is 1 for one that comes, −1 for one that goes. */
static void count(struct parcels *parcels, const struct parcel *parcel, int sign)
{
    bool is_spooled = parcel->content.spool >= 0;
    parcels->count = sign > 0 ? parcels->count + 1 : parcels->count - 1;
    parcels->kept_bytes += sign * (int64_t)parcel->content.kept.cap;
    if (!is_spooled)
        return;
    parcels->spools = sign > 0 ? parcels->spools + 1 : parcels->spools - 1;
    parcels->spooled_bytes += sign * parcel->content.facts.size;
}

void parcels_push(struct parcels *parcels, struct parcel *parcel)
{
    parcel->next = NULL;
    if (parcels->last != NULL)
        parcels->last->next = parcel;
    else
        parcels->first = parcel;
    parcels->last = parcel;
    count(parcels, parcel, 1);
}

void parcels_push_front(struct parcels *parcels, struct parcel *parcel)
{
    parcel->next = parcels->first;
    parcels->first = parcel;
    if (parcels->last == NULL)
        parcels->last = parcel;
    count(parcels, parcel, 1);
}

struct parcel *parcels_pop(struct parcels *parcels)
{
    struct parcel *parcel = parcels->first;
    if (parcel == NULL)
        return NULL;
    parcels->first = parcel->next;
    if (parcels->first == NULL)
        parcels->last = NULL;
    parcel->next = NULL;
    count(parcels, parcel, -1);
    return parcel;
}

void parcels_move(struct parcels *from, struct parcels *to)
{
    for (struct parcel *parcel; (parcel = parcels_pop(from)) != NULL;)
        parcels_push(to, parcel);
}

void parcels_clear(struct parcels *parcels)
{
    for (struct parcel *parcel; (parcel = parcels_pop(parcels)) != NULL;)
        parcel_drop(parcel);
}
