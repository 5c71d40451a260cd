/*
 * A proxy between a program and a server, both on unix sockets, that can fall silent: connections stay open, new ones
 * are taken, and nothing comes through. That is what a machine looks like that was unplugged.
 */
#ifndef REPRISE_TESTING_PROXY_H
#define REPRISE_TESTING_PROXY_H

struct proxy;

enum proxy_mode {
    PROXY_FORWARD,
    PROXY_MUTE,       /* what the client says reaches the server; no answer comes back */
    PROXY_SILENT,     /* nothing goes through in either direction */
    PROXY_OLD_MUTE,   /* mute, but only the connections that are there; later ones are forwarded */
    PROXY_OLD_SILENT, /* the same of silence */
};

/* Listens on the socket `path` and connects each client to the socket `target`. Both are copied. */
struct proxy *proxy_new(const char *path, const char *target);
/* When it returns, the mode counts for every byte that has not come through yet. */
void proxy_set(struct proxy *proxy, enum proxy_mode mode);
/* Ends all connections; takes NULL. */
void proxy_drop(struct proxy *proxy);

#endif
