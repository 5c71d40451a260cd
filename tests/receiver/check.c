#include "tests/receiver/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uthash.h>

#include "common/base/crypto.h"
#include "common/base/ids.h"
#include "common/base/mem.h"

#define APP_ID_LEN (sizeof "app_" - 1 + 24)
#define APP_ID_MAX 64 /* also of apps that tests make up */

struct app_key {
    char app_id[APP_ID_LEN + 1];
    char *key;
    UT_hash_handle hh;
};

struct check_keys {
    char *for_all; /* NULL = none */
    struct app_key *by_app;
};

struct check_keys *check_keys_new(void)
{
    return mem_zalloc(sizeof(struct check_keys));
}

void check_keys_drop(struct check_keys *keys)
{
    struct app_key *app, *next;
    if (!keys)
        return;
    HASH_ITER (hh, keys->by_app, app, next) {
        HASH_DEL(keys->by_app, app);
        free(app->key);
        free(app);
    }
    free(keys->for_all);
    free(keys);
}

void check_keys_add(struct check_keys *keys, const char *argument)
{
    char app_id[APP_ID_LEN + 1] = "";
    if (strlen(argument) > APP_ID_LEN && argument[APP_ID_LEN] == '=')
        memcpy(app_id, argument, APP_ID_LEN);
    if (!id_is_app(app_id)) {
        free(keys->for_all);
        keys->for_all = mem_strdup(argument);
        return;
    }
    struct app_key *app = NULL;
    HASH_FIND_STR(keys->by_app, app_id, app);
    if (!app) {
        app = mem_zalloc(sizeof *app);
        memcpy(app->app_id, app_id, sizeof app_id);
        HASH_ADD_STR(keys->by_app, app_id, app);
    }
    free(app->key);
    app->key = mem_strdup(argument + APP_ID_LEN + 1);
}

static const char *key_of(const struct check_keys *keys, const char *app_id)
{
    struct app_key *app = NULL;
    HASH_FIND_STR(keys->by_app, app_id, app);
    return app ? app->key : keys->for_all;
}

/* Ids become names of directories. */
static bool is_app_id(const char *text)
{
    size_t len = strlen(text);
    return len > 0 && len <= APP_ID_MAX &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == len;
}

static bool is_hex(const char *text)
{
    return strlen(text) == SHA256_HEX && strspn(text, "0123456789abcdef") == SHA256_HEX;
}

static const char *missing(const struct delivery_headers *headers)
{
    if (!headers->app_id || !is_app_id(headers->app_id))
        return "App-Id";
    if (!headers->timestamp)
        return "Timestamp";
    if (!headers->signature || strncmp(headers->signature, "sha256=", 7) != 0 || !is_hex(headers->signature + 7))
        return "Signature";
    if (!headers->idempotency_key || !is_hex(headers->idempotency_key))
        return "Idempotency-Key";
    if (!headers->content_type || strcmp(headers->content_type, "application/json") != 0)
        return "Content-Type";
    return NULL;
}

static bool is_near_now(const char *timestamp)
{
    char *end = NULL;
    errno = 0;
    long long seconds = strtoll(timestamp, &end, 10);
    if (errno || end == timestamp || *end)
        return false;
    long long now = (long long)time(NULL);
    return seconds >= now - CHECK_TIME_SLACK_S && seconds <= now + CHECK_TIME_SLACK_S;
}

static bool is_signed(const char *key, const struct delivery_headers *headers, const char *body, size_t len)
{
    uint8_t expected[SHA256_BYTES], given[SHA256_BYTES];
    struct digest *digest = digest_hmac_sha256_new(key, strlen(key));
    digest_add(digest, headers->timestamp, strlen(headers->timestamp));
    digest_add(digest, ".", 1);
    digest_add(digest, body, len);
    digest_end(digest, expected);
    digest_drop(digest);
    return crypto_unhex(headers->signature + 7, given, sizeof given) && crypto_equal(given, expected, sizeof given);
}

enum check_result check_headers(const struct check_keys *keys, const struct delivery_headers *headers, const char *body,
                                size_t len, char why[DELIVERY_WHY_MAX])
{
    const char *name = missing(headers);
    if (name) {
        (void)snprintf(why, DELIVERY_WHY_MAX, "%s: missing or malformed", name);
        return CHECK_BAD_HEADERS;
    }
    if (!is_near_now(headers->timestamp)) {
        (void)snprintf(why, DELIVERY_WHY_MAX, "Timestamp: not within %d s of now", CHECK_TIME_SLACK_S);
        return CHECK_BAD_TIME;
    }
    if (!keys->for_all && !keys->by_app)
        return CHECK_GOOD;
    const char *key = key_of(keys, headers->app_id);
    if (key && is_signed(key, headers, body, len))
        return CHECK_GOOD;
    (void)snprintf(why, DELIVERY_WHY_MAX, key ? "Signature: not that of this body" : "App-Id: no key for this app");
    return CHECK_BAD_SIGNATURE;
}
