/*
 * Ids: a prefix and a ULID (operations, workers), or a prefix and hex digits (apps, repositories). A ULID begins with
 * the time, so rows that are made one after the other stand near each other in an index; the rest is random from the
 * system, so that neither a fork nor a clock that goes back repeats one. Ids from elsewhere are held against their form
 * before they are used in a key or a statement.
 */
#include "common/base/ids.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/base/clock.h"
#include "common/base/crypto.h"

#define ULID_TIME_CHARS 10
#define ULID_RANDOM_CHARS 16
#define ULID_RANDOM_BYTES 10
#define HEX_ID_BYTES 12

#define OPERATION_PREFIX "op_"
#define WORKER_PREFIX "w_"
#define APP_PREFIX "app_"
#define REPOSITORY_PREFIX "repo_"

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static const char hex_digits[] = "0123456789abcdef";

void id_random(void *out, size_t len)
{
    for (size_t got = 0; got < len;) {
        ssize_t n = getrandom((char *)out + got, len - got, 0);
        if (n > 0) {
            got += (size_t)n;
        } else if (errno != EINTR) {
            perror("no random bytes from the operating system");
            abort();
        }
    }
}

uint32_t id_random_u32(void)
{
    uint32_t number;
    id_random(&number, sizeof number);
    return number;
}

/* Five bits a character, from the high end: 48 bits of time in 10 (the first holds three), 80 random bits in 16. */
static void add_ulid(char *out)
{
    uint64_t ms = (uint64_t)(clock_wall_us() / 1000);
    for (int i = ULID_TIME_CHARS - 1; i >= 0; i--, ms >>= 5)
        out[i] = crockford[ms & 31];
    uint8_t bytes[ULID_RANDOM_BYTES];
    id_random(bytes, sizeof bytes);
    uint32_t held = 0;
    int bits = 0;
    size_t next = 0;
    for (size_t i = 0; i < ULID_RANDOM_CHARS; i++, bits -= 5) {
        if (bits < 5) {
            held = held << 8 | bytes[next++];
            bits += 8;
        }
        out[ULID_TIME_CHARS + i] = crockford[held >> (bits - 5) & 31];
    }
    out[ULID_TIME_CHARS + ULID_RANDOM_CHARS] = '\0';
}

static void make_ulid(const char *prefix, char out[ID_MAX])
{
    size_t len = strlen(prefix);
    memcpy(out, prefix, len);
    add_ulid(out + len);
}

static void make_hex(const char *prefix, char out[ID_MAX])
{
    uint8_t bytes[HEX_ID_BYTES];
    id_random(bytes, sizeof bytes);
    size_t len = strlen(prefix);
    memcpy(out, prefix, len);
    crypto_hex(bytes, sizeof bytes, out + len);
}

void id_operation(char out[ID_MAX])
{
    make_ulid(OPERATION_PREFIX, out);
}

void id_operation_for(const char *text, char out[ID_MAX])
{
    uint8_t digest[SHA256_BYTES];
    size_t len = strlen(OPERATION_PREFIX);
    crypto_sha256(text, strlen(text), digest);
    memcpy(out, OPERATION_PREFIX, len);
    out[len] = crockford[digest[0] & 7]; /* of a ULID the first character holds three bits */
    for (size_t i = 1; i < ULID_TIME_CHARS + ULID_RANDOM_CHARS; i++)
        out[len + i] = crockford[digest[i] & 31];
    out[len + ULID_TIME_CHARS + ULID_RANDOM_CHARS] = '\0';
}

void id_worker(char out[ID_MAX])
{
    make_ulid(WORKER_PREFIX, out);
}

void id_app(char out[ID_MAX])
{
    make_hex(APP_PREFIX, out);
}

void id_repository(char out[ID_MAX])
{
    make_hex(REPOSITORY_PREFIX, out);
}

static bool has_form(const char *text, const char *prefix, const char *alphabet, size_t len)
{
    size_t prefix_len = strlen(prefix);
    if (strncmp(text, prefix, prefix_len) != 0)
        return false;
    const char *rest = text + prefix_len;
    return strspn(rest, alphabet) == len && rest[len] == '\0';
}

bool id_is_operation(const char *text)
{
    return has_form(text, OPERATION_PREFIX, crockford, ULID_TIME_CHARS + ULID_RANDOM_CHARS) &&
           text[strlen(OPERATION_PREFIX)] <= '7';
}

bool id_is_app(const char *text)
{
    return has_form(text, APP_PREFIX, hex_digits, 2 * (size_t)HEX_ID_BYTES);
}

bool id_is_repository(const char *text)
{
    return has_form(text, REPOSITORY_PREFIX, hex_digits, 2 * (size_t)HEX_ID_BYTES);
}
