#include "dashboard/login_throttle.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/crypto.h"
#include "common/base/ids.h"
#include "common/base/mem.h"
#include "common/store/address.h"
#include "dashboard/sketch.h"

/* 8 MiB if a minute brings hundreds of thousands of addresses; then one in some thousand shares all cells with others.
 */
#define ADDRESS_BITS 17
#define NAME_BITS 13
#define SALT_BYTES 32

struct guard {
    pthread_mutex_t mutex;
    uint8_t salt[SALT_BYTES];
    struct sketch *addresses, *names;
};

struct guard *guard_new(void)
{
    struct guard *guard = mem_zalloc(sizeof *guard);
    pthread_mutex_init(&guard->mutex, NULL);
    id_random(guard->salt, sizeof guard->salt);
    guard->addresses = sketch_new(ADDRESS_BITS, GUARD_WINDOW_MS);
    guard->names = sketch_new(NAME_BITS, GUARD_WINDOW_MS);
    return guard;
}

void guard_drop(struct guard *guard)
{
    if (guard == NULL)
        return;
    sketch_drop(guard->addresses);
    sketch_drop(guard->names);
    pthread_mutex_destroy(&guard->mutex);
    free(guard);
}

static void key_of(const struct guard *guard, const char *text, uint8_t key[SHA256_BYTES])
{
    struct digest *digest = digest_hmac_sha256_new(guard->salt, sizeof guard->salt);
    digest_add(digest, text, strlen(text));
    digest_end(digest, key);
    digest_drop(digest);
}

/* As many addresses as a client has count as one. */
static void key_of_client(const struct guard *guard, const char *address, uint8_t key[SHA256_BYTES])
{
    char client[INET6_ADDRSTRLEN];
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    bool is_six = inet_pton(AF_INET6, address, &six.sin6_addr) == 1;
    key_of(guard, is_six ? address_client_text((struct sockaddr *)&six, client) : address, key);
}

bool guard_address(struct guard *guard, const char *address, int64_t now_ms, int64_t *wait_ms)
{
    uint8_t key[SHA256_BYTES];
    key_of_client(guard, address, key);
    pthread_mutex_lock(&guard->mutex);
    bool may = sketch_count(guard->addresses, key, now_ms) < GUARD_PER_ADDRESS;
    if (may)
        sketch_add(guard->addresses, key, 1, now_ms);
    *wait_ms = may ? 0 : sketch_wait_ms(guard->addresses, key, now_ms);
    pthread_mutex_unlock(&guard->mutex);
    return may;
}

/* A name for which many try. This try of the address is counted already. */
static enum guard_name let_in_once(struct guard *guard, const uint8_t client[SHA256_BYTES], int64_t now_ms)
{
    int tries = sketch_count(guard->addresses, client, now_ms);
    if (tries < GUARD_PER_ADDRESS)
        sketch_add(guard->addresses, client, GUARD_PER_ADDRESS - tries, now_ms);
    return tries > 1 ? GUARD_WAIT : GUARD_ONCE;
}

enum guard_name guard_name(struct guard *guard, const char *address, const char *name, int64_t now_ms, int64_t *wait_ms)
{
    uint8_t client[SHA256_BYTES], key[SHA256_BYTES];
    key_of_client(guard, address, client);
    key_of(guard, name, key);
    pthread_mutex_lock(&guard->mutex);
    bool many = sketch_count(guard->names, key, now_ms) >= GUARD_PER_NAME;
    sketch_add(guard->names, key, 1, now_ms);
    enum guard_name how = many ? let_in_once(guard, client, now_ms) : GUARD_FREE;
    *wait_ms = how == GUARD_FREE ? 0 : sketch_wait_ms(guard->addresses, client, now_ms);
    pthread_mutex_unlock(&guard->mutex);
    return how;
}

void guard_forgive(struct guard *guard, const char *address, const char *name)
{
    uint8_t client[SHA256_BYTES], key[SHA256_BYTES];
    key_of_client(guard, address, client);
    key_of(guard, name, key);
    pthread_mutex_lock(&guard->mutex);
    sketch_forget(guard->addresses, client);
    sketch_forget(guard->names, key);
    pthread_mutex_unlock(&guard->mutex);
}
