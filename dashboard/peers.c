/*
 * Each connection of the server in the list of its address (a "place"; IPv6 by network), with its state and since when.
 * A new connection never waits for another: where there are too many, one is shut down at once, and libmicrohttpd then
 * sees it end. What an executor answers (PEER_WORKING) and streams are never shut down for others. Called by server.c
 * for each connection and by exchange.c at each change of state.
 */
#include "dashboard/peers.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/store/address.h"

/* All connections of one address, in the order in which they were idle last. */
struct place {
    char name[INET6_ADDRSTRLEN];
    size_t count;
    struct peer *peers;
    UT_hash_handle hh;
};

struct peer {
    struct place *place;
    int fd;
    struct sockaddr_storage address;
    enum peer_state state;
    int64_t since_ms;
    bool shut;
    void *request;
    struct peer *prev, *next;
};

struct peers {
    struct peer_limits limits;
    struct place *places;
    size_t count;
};

struct peers *peers_new(struct peer_limits limits)
{
    struct peers *peers = mem_zalloc(sizeof *peers);
    peers->limits = limits;
    return peers;
}

void peers_drop(struct peers *peers)
{
    assert(peers == NULL || (peers->count == 0 && peers->places == NULL));
    free(peers);
}

static struct place *place_of(struct peers *peers, const struct sockaddr *address)
{
    char name[INET6_ADDRSTRLEN];
    struct place *place = NULL;
    address_client_text(address, name);
    HASH_FIND_STR(peers->places, name, place);
    if (place == NULL) {
        place = mem_zalloc(sizeof *place);
        memcpy(place->name, name, sizeof name);
        HASH_ADD_STR(peers->places, name, place);
    }
    return place;
}

void peer_shut(struct peer *peer)
{
    peer->shut = true;
    shutdown(peer->fd, SHUT_RDWR);
}

/* Of those that wait for nothing but a request; NULL if there is none. */
static struct peer *place_idlest(struct place *place)
{
    struct peer *found = NULL, *peer;
    DL_FOREACH(place->peers, peer)
    if (peer->state == PEER_IDLE && !peer->shut && (found == NULL || peer->since_ms < found->since_ms))
        found = peer;
    return found;
}

static struct peer *peers_idlest(struct peers *peers)
{
    struct peer *found = NULL;
    for (struct place *place = peers->places; place != NULL; place = place->hh.next) {
        struct peer *peer = place_idlest(place);
        if (peer != NULL && (found == NULL || peer->since_ms < found->since_ms))
            found = peer;
    }
    return found;
}

/* Of the connections whose request or answer is on its way: the one that takes longest. A client that is slow on
 * purpose looks no different; an honest request is over before as many new connections have come. */
static struct peer *place_slowest(struct place *place)
{
    struct peer *found = NULL, *peer;
    DL_FOREACH(place->peers, peer)
    if ((peer->state == PEER_READING || peer->state == PEER_WRITING) && !peer->shut &&
        (found == NULL || peer->since_ms < found->since_ms))
        found = peer;
    return found;
}

/* Of the address that has most connections. */
static struct peer *peers_slowest(struct peers *peers)
{
    struct peer *found = NULL;
    size_t most = 0;
    for (struct place *place = peers->places; place != NULL; place = place->hh.next) {
        struct peer *peer = place->count > most ? place_slowest(place) : NULL;
        if (peer == NULL)
            continue;
        found = peer;
        most = place->count;
    }
    return found;
}

static struct peer *place_victim(struct place *place)
{
    struct peer *idle = place_idlest(place);
    return idle != NULL ? idle : place_slowest(place);
}

static struct peer *peers_victim(struct peers *peers)
{
    struct peer *idle = peers_idlest(peers);
    return idle != NULL ? idle : peers_slowest(peers);
}

struct peer *peers_add(struct peers *peers, int fd, const struct sockaddr *address)
{
    struct place *place = place_of(peers, address);
    struct peer *peer = mem_zalloc(sizeof *peer), *victim = NULL;
    bool too_many = true;
    if (place->count >= peers->limits.per_address)
        victim = place_victim(place);
    else if (peers->count >= peers->limits.in_all)
        victim = peers_victim(peers);
    else
        too_many = false;
    /* Its first request is on its way. Were it idle until the first byte, the next connection of the same moment would
     * have it shut, for idle ones make room first. */
    *peer = (struct peer){.place = place, .fd = fd, .state = PEER_READING, .since_ms = clock_mono_ms()};
    memcpy(&peer->address, address,
           address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
    DL_APPEND(place->peers, peer);
    place->count++;
    peers->count++;
    if (too_many)
        peer_shut(victim != NULL ? victim : peer);
    return peer;
}

void peers_remove(struct peers *peers, struct peer *peer)
{
    struct place *place = peer->place;
    assert(peer->request == NULL); /* its owner frees it first */
    DL_DELETE(place->peers, peer);
    peers->count--;
    if (--place->count == 0) {
        HASH_DEL(peers->places, place);
        free(place);
    }
    free(peer);
}

void peer_set(struct peer *peer, enum peer_state state)
{
    peer->state = state;
    peer->since_ms = clock_mono_ms();
}

bool peers_may_stream(const struct peers *peers, const struct peer *peer)
{
    size_t streams = 0;
    const struct peer *other;
    DL_FOREACH(peer->place->peers, other)
    streams += other->state == PEER_STREAM;
    return streams < peers->limits.per_address / 2;
}

const struct sockaddr *peer_address(const struct peer *peer)
{
    return (const struct sockaddr *)&peer->address;
}

void **peer_request(struct peer *peer)
{
    return &peer->request;
}

size_t peers_expire(struct peers *peers, int64_t now_ms)
{
    size_t expired = 0;
    for (struct place *place = peers->places; place != NULL; place = place->hh.next) {
        struct peer *peer;
        DL_FOREACH(place->peers, peer)
        {
            bool timed = peer->state != PEER_WORKING && peer->state != PEER_STREAM;
            if (!timed || peer->shut || now_ms - peer->since_ms <= peers->limits.deadline_ms)
                continue;
            peer_shut(peer);
            expired++;
        }
    }
    return expired;
}
