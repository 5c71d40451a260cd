/* The headers of a request: all there, the time near now, the signature that of the exact body. */
#ifndef REPRISE_RECEIVER_CHECK_H
#define REPRISE_RECEIVER_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/receiver/delivery.h"

#define CHECK_TIME_SLACK_S 300

/* The keys of the apps. */
struct check_keys;
struct check_keys *check_keys_new(void);
void check_keys_drop(struct check_keys *keys);
/* "app_<24 hex>=KEY", or "KEY" for every app that has none of its own; the last one given counts. */
void check_keys_add(struct check_keys *keys, const char *argument);

enum check_result { CHECK_GOOD, CHECK_BAD_HEADERS, CHECK_BAD_TIME, CHECK_BAD_SIGNATURE, CHECK_COUNT };

/* Without any key nothing is verified but the shape. `why` is filled in unless the result is CHECK_GOOD. */
enum check_result check_headers(const struct check_keys *keys, const struct delivery_headers *headers, const char *body,
                                size_t len, char why[DELIVERY_WHY_MAX]);

#endif
