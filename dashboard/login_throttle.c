/*
 * The sketch first (counts in cells that several keys may share), then the throttle, which counts tries by address and
 * by name in two of them. run_login.c asks before it reads a password. Nothing here allocates after login_throttle_new,
 * so that a flood of addresses cannot take memory.
 */
#include "dashboard/login_throttle.h"

#include <arpa/inet.h>
#include <assert.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/crypto.h"
#include "common/base/ids.h"
#include "common/base/mem.h"
#include "common/store/address.h"

/* ---- counts of things, in memory of a fixed size ----------------------------------------------------------------- */

#define ROWS 4
#define COUNT_MAX 1000000 /* more is as good as this */

struct cell {
    int64_t until_ms;
    int count;
};

struct sketch {
    size_t width;
    int64_t window_ms;
    struct cell *cells; /* row after row; memory that is never touched costs nothing */
};

static struct sketch *sketch_new(unsigned width_bits, int64_t window_ms)
{
    assert(width_bits < 32);
    struct sketch *sketch = mem_zalloc(sizeof *sketch);
    *sketch = (struct sketch){.width = (size_t)1 << width_bits, .window_ms = window_ms};
    sketch->cells = mem_array(ROWS * sketch->width, sizeof *sketch->cells);
    return sketch;
}

static void sketch_drop(struct sketch *sketch)
{
    if (sketch == NULL)
        return;
    free(sketch->cells);
    free(sketch);
}

static struct cell *cell_of(const struct sketch *sketch, const uint8_t key[SHA256_BYTES], size_t row)
{
    uint64_t part = 0;
    memcpy(&part, key + row * sizeof part, sizeof part);
    return &sketch->cells[row * sketch->width + (size_t)(part & (sketch->width - 1))];
}

static int count_of(const struct cell *cell, int64_t now_ms)
{
    return cell->until_ms > now_ms ? cell->count : 0;
}

static int sketch_count(const struct sketch *sketch, const uint8_t key[SHA256_BYTES], int64_t now_ms)
{
    int least = INT_MAX;
    for (size_t row = 0; row < ROWS; row++) {
        int count = count_of(cell_of(sketch, key, row), now_ms);
        least = count < least ? count : least;
    }
    return least;
}

/* Only as far as this count needs it: a cell that others raised already stays. All of them last as long as the count.
 */
static void sketch_add(struct sketch *sketch, const uint8_t key[SHA256_BYTES], int more, int64_t now_ms)
{
    int wanted = sketch_count(sketch, key, now_ms) + more;
    wanted = wanted < COUNT_MAX ? wanted : COUNT_MAX;
    for (size_t row = 0; row < ROWS; row++) {
        struct cell *cell = cell_of(sketch, key, row);
        int count = count_of(cell, now_ms);
        *cell = (struct cell){now_ms + sketch->window_ms, count > wanted ? count : wanted};
    }
}

static void sketch_forget(struct sketch *sketch, const uint8_t key[SHA256_BYTES])
{
    for (size_t row = 0; row < ROWS; row++)
        *cell_of(sketch, key, row) = (struct cell){0, 0};
}

static int64_t sketch_wait_ms(const struct sketch *sketch, const uint8_t key[SHA256_BYTES], int64_t now_ms)
{
    int64_t least = INT64_MAX;
    for (size_t row = 0; row < ROWS; row++) {
        int64_t until_ms = cell_of(sketch, key, row)->until_ms;
        least = until_ms < least ? until_ms : least;
    }
    return least > now_ms ? least - now_ms : 0;
}

/* ---- the throttle ------------------------------------------------------------------------------------------------ */

/* 8 MiB if a minute brings hundreds of thousands of addresses; then one in some thousand shares all cells with others.
 */
#define ADDRESS_BITS 17
#define NAME_BITS 13
#define SALT_BYTES 32

struct login_throttle {
    pthread_mutex_t mutex;
    uint8_t salt[SALT_BYTES];
    struct sketch *addresses, *names;
};

struct login_throttle *login_throttle_new(void)
{
    struct login_throttle *throttle = mem_zalloc(sizeof *throttle);
    pthread_mutex_init(&throttle->mutex, NULL);
    id_random(throttle->salt, sizeof throttle->salt);
    throttle->addresses = sketch_new(ADDRESS_BITS, LOGIN_THROTTLE_WINDOW_MS);
    throttle->names = sketch_new(NAME_BITS, LOGIN_THROTTLE_WINDOW_MS);
    return throttle;
}

void login_throttle_drop(struct login_throttle *throttle)
{
    if (throttle == NULL)
        return;
    sketch_drop(throttle->addresses);
    sketch_drop(throttle->names);
    pthread_mutex_destroy(&throttle->mutex);
    free(throttle);
}

static void key_of(const struct login_throttle *throttle, const char *text, uint8_t key[SHA256_BYTES])
{
    struct digest *digest = digest_hmac_sha256_new(throttle->salt, sizeof throttle->salt);
    digest_add(digest, text, strlen(text));
    digest_end(digest, key);
    digest_drop(digest);
}

/* As many addresses as a client has count as one. */
static void key_of_client(const struct login_throttle *throttle, const char *address, uint8_t key[SHA256_BYTES])
{
    char client[INET6_ADDRSTRLEN];
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    bool is_six = inet_pton(AF_INET6, address, &six.sin6_addr) == 1;
    key_of(throttle, is_six ? address_client_text((struct sockaddr *)&six, client) : address, key);
}

bool login_throttle_address(struct login_throttle *throttle, const char *address, int64_t now_ms, int64_t *wait_ms)
{
    uint8_t key[SHA256_BYTES];
    key_of_client(throttle, address, key);
    pthread_mutex_lock(&throttle->mutex);
    bool may = sketch_count(throttle->addresses, key, now_ms) < LOGIN_THROTTLE_PER_ADDRESS;
    if (may)
        sketch_add(throttle->addresses, key, 1, now_ms);
    *wait_ms = may ? 0 : sketch_wait_ms(throttle->addresses, key, now_ms);
    pthread_mutex_unlock(&throttle->mutex);
    return may;
}

/* A name for which many try. This try of the address is counted already. */
static enum login_throttle_result let_in_once(struct login_throttle *throttle, const uint8_t client[SHA256_BYTES],
                                              int64_t now_ms)
{
    int tries = sketch_count(throttle->addresses, client, now_ms);
    if (tries < LOGIN_THROTTLE_PER_ADDRESS)
        sketch_add(throttle->addresses, client, LOGIN_THROTTLE_PER_ADDRESS - tries, now_ms);
    return tries > 1 ? LOGIN_THROTTLE_WAIT : LOGIN_THROTTLE_ONCE;
}

enum login_throttle_result login_throttle_name(struct login_throttle *throttle, const char *address, const char *name,
                                               int64_t now_ms, int64_t *wait_ms)
{
    uint8_t client[SHA256_BYTES], key[SHA256_BYTES];
    key_of_client(throttle, address, client);
    key_of(throttle, name, key);
    pthread_mutex_lock(&throttle->mutex);
    bool many = sketch_count(throttle->names, key, now_ms) >= LOGIN_THROTTLE_PER_NAME;
    sketch_add(throttle->names, key, 1, now_ms);
    enum login_throttle_result how = many ? let_in_once(throttle, client, now_ms) : LOGIN_THROTTLE_FREE;
    *wait_ms = how == LOGIN_THROTTLE_FREE ? 0 : sketch_wait_ms(throttle->addresses, client, now_ms);
    pthread_mutex_unlock(&throttle->mutex);
    return how;
}

void login_throttle_forgive(struct login_throttle *throttle, const char *address, const char *name)
{
    uint8_t client[SHA256_BYTES], key[SHA256_BYTES];
    key_of_client(throttle, address, client);
    key_of(throttle, name, key);
    pthread_mutex_lock(&throttle->mutex);
    sketch_forget(throttle->addresses, client);
    sketch_forget(throttle->names, key);
    pthread_mutex_unlock(&throttle->mutex);
}
