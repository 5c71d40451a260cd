/*
 * A parcel: one path that is to be sent, from the comparison to the record. Where it stands is which list it is in
 * (deliver_outbox.c); what a list holds of memory and of spooled bytes is counted as parcels come and go.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_PARCEL_H
#define REPRISE_WORKER_RUN_DELIVER_PARCEL_H

#include "common/deliveries/verb.h"
#include "worker/run/deliver_content.h"

struct parcel {
    struct parcel *next;
    enum verb verb;
    uint8_t digest[SHA256_BYTES];   /* of the path */
    char blob[GIT_SHA_MAX];         /* "" of a delete */
    char sha[SHA256_HEX + 1];       /* of the content; of a delete the one that the app holds, "" = none is known */
    char previous[SHA256_HEX + 1];  /* of an update */
    struct deliver_content content; /* none once it was answered */
    int64_t size;
    int64_t piece, pieces; /* the next one to send, and how many */
    char path[];
};

struct parcel *parcel_new(enum verb verb, const char *path, const uint8_t digest[SHA256_BYTES]);
/* The path is taken back instead of being sent; its content goes. */
void parcel_turn_to_delete(struct parcel *parcel);
void parcel_drop(struct parcel *parcel);

/* First in, first out. */
struct parcels {
    struct parcel *first, *last;
    size_t count;
    int64_t kept_bytes;
    size_t spools;
    int64_t spooled_bytes;
};

void parcels_push(struct parcels *parcels, struct parcel *parcel);
/* Before all others: a parcel that has pieces left. */
void parcels_push_front(struct parcels *parcels, struct parcel *parcel);
struct parcel *parcels_pop(struct parcels *parcels); /* NULL if there is none */
void parcels_move(struct parcels *from, struct parcels *to);
void parcels_clear(struct parcels *parcels);

#endif
