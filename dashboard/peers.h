/*
 * The connections of the server: how many an address has, and since when each has been in which state. An address that
 * opens more than its share loses the connection that has been idle longest, or else the one whose request or answer
 * has been on its way longest, so that neither idle nor slow connections starve others; a request or an answer that
 * takes longer than the deadline is cut off. Runs on the loop's thread only.
 */
#ifndef REPRISE_DASHBOARD_PEERS_H
#define REPRISE_DASHBOARD_PEERS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum peer_state {
    PEER_IDLE,    /* between two requests: nothing of the next has come yet */
    PEER_READING, /* the first request, or the rest of one, is awaited */
    PEER_WORKING, /* it is with an executor */
    PEER_WRITING, /* the answer leaves */
    PEER_STREAM,  /* events, without an end */
};

struct peer;
struct peers;

struct peer_limits {
    size_t per_address, in_all;
    int64_t deadline_ms;
};
struct peers *peers_new(struct peer_limits limits);
/* All connections must have been removed. Takes NULL. */
void peers_drop(struct peers *peers);

/* A new connection; `fd` stays its owner's. Where there are too many, one is shut down, of the address or, where there
 * are too many in all, of the address that has most (this one, if all others are with executors or streams): its owner
 * then notices by itself. */
struct peer *peers_add(struct peers *peers, int fd, const struct sockaddr *address);
void peers_remove(struct peers *peers, struct peer *peer);
void peer_set(struct peer *peer, enum peer_state state);
/* Streams are never idle: an address may have at most half of its connections in them, so that its requests are still
 * served. */
bool peers_may_stream(const struct peers *peers, const struct peer *peer);
/* Ends a connection from our side. */
void peer_shut(struct peer *peer);
const struct sockaddr *peer_address(const struct peer *peer);
/* The place for the connection's current request; NULL between requests. What is put there is its owner's. */
void **peer_request(struct peer *peer);
/* Shuts down those that are over their deadline; how many. */
size_t peers_expire(struct peers *peers, int64_t now_ms);

#endif
