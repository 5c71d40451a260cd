#include "dashboard/guard.h"

#include <arpa/inet.h>
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/base/crypto.h"
#include "common/base/mem.h"
#include "common/store/address.h"

#define ENTRIES_MAX 20000

/* What is counted: an address or a name, as a digest, for foreign names have any length. */
struct entry {
    uint8_t key[SHA256_BYTES];
    int64_t since_ms; /* when the window began */
    int tries;
    UT_hash_handle hh;
};

struct guard {
    pthread_mutex_t mutex;
    struct entry *entries; /* in the order of their windows' beginnings: the first is the oldest */
};

struct guard *guard_new(void)
{
    struct guard *guard = mem_zalloc(sizeof *guard);
    pthread_mutex_init(&guard->mutex, NULL);
    return guard;
}

static void forget(struct guard *guard, struct entry *entry)
{
    assert(guard->entries != NULL); /* `entry` is one of them */
    HASH_DEL(guard->entries, entry);
    free(entry);
}

void guard_drop(struct guard *guard)
{
    if (guard == NULL)
        return;
    while (guard->entries != NULL)
        forget(guard, guard->entries);
    pthread_mutex_destroy(&guard->mutex);
    free(guard);
}

static void key_of(const char *what, const char *text, uint8_t key[SHA256_BYTES])
{
    struct digest *digest = digest_sha256_new();
    digest_add(digest, what, strlen(what) + 1);
    digest_add(digest, text, strlen(text));
    digest_end(digest, key);
    digest_drop(digest);
}

/* As many addresses as a client has count as one. */
static const char *client_of(const char *address, char out[INET6_ADDRSTRLEN])
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    return inet_pton(AF_INET6, address, &six.sin6_addr) == 1 ? address_client_text((struct sockaddr *)&six, out)
                                                             : address;
}

static struct entry *find(struct guard *guard, const char *what, const char *text)
{
    uint8_t key[SHA256_BYTES];
    struct entry *entry = NULL;
    key_of(what, text, key);
    HASH_FIND(hh, guard->entries, key, sizeof key, entry);
    return entry;
}

static void drop_old(struct guard *guard, int64_t now_ms)
{
    while (guard->entries != NULL &&
           (now_ms - guard->entries->since_ms >= GUARD_WINDOW_MS || HASH_COUNT(guard->entries) > ENTRIES_MAX))
        forget(guard, guard->entries);
}

static bool count(struct guard *guard, const char *what, const char *text, int most, int64_t now_ms, int64_t *wait_ms)
{
    struct entry *entry = find(guard, what, text);
    if (entry == NULL) {
        entry = mem_zalloc(sizeof *entry);
        key_of(what, text, entry->key);
        entry->since_ms = now_ms;
        HASH_ADD(hh, guard->entries, key, sizeof entry->key, entry);
    }
    if (entry->tries < most) {
        entry->tries++;
        return true;
    }
    int64_t left_ms = entry->since_ms + GUARD_WINDOW_MS - now_ms;
    *wait_ms = left_ms > *wait_ms ? left_ms : *wait_ms;
    return false;
}

bool guard_try(struct guard *guard, const char *address, const char *name, int64_t now_ms, int64_t *wait_ms)
{
    char client[INET6_ADDRSTRLEN];
    *wait_ms = 0;
    pthread_mutex_lock(&guard->mutex);
    drop_old(guard, now_ms);
    /* Whoever is stopped by his address does not use up the name's tries: that would lock its owner out. */
    bool may = count(guard, "address", client_of(address, client), GUARD_PER_ADDRESS, now_ms, wait_ms) &&
               count(guard, "name", name, GUARD_PER_NAME, now_ms, wait_ms);
    pthread_mutex_unlock(&guard->mutex);
    return may;
}

void guard_forgive(struct guard *guard, const char *address, const char *name)
{
    char client[INET6_ADDRSTRLEN];
    pthread_mutex_lock(&guard->mutex);
    struct entry *entries[] = {find(guard, "address", client_of(address, client)), find(guard, "name", name)};
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
        if (entries[i] != NULL)
            forget(guard, entries[i]);
    pthread_mutex_unlock(&guard->mutex);
}
