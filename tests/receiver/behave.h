/*
 * Misbehaviour to order: rules that say which requests are answered badly, and how. The first rule that fits a request
 * and is not used up decides.
 */
#ifndef REPRISE_RECEIVER_BEHAVE_H
#define REPRISE_RECEIVER_BEHAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "tests/receiver/delivery.h"

enum behave_mode {
    BEHAVE_OK,
    BEHAVE_FAIL, /* `status`, with Retry-After where `retry_after` is given */
    BEHAVE_HANG, /* no answer until the next /_/behave or /_/reset, or two minutes have passed; then closed */
    BEHAVE_DRIP, /* 200 at once, the body one byte each 200 ms for a minute */
    BEHAVE_CLOSE /* the connection is closed without an answer */
};

struct behave_answer {
    enum behave_mode mode;
    int status;
    int retry_after_s; /* -1 = none */
    bool applies;      /* the request takes effect all the same: the answer is lost, not the request */
};

struct behave;
struct behave *behave_new(void);
void behave_drop(struct behave *behave);

/* Puts the rules of a JSON object, or of an array of them, in the place of all that were there: {"mode": "ok", "fail",
 * "hang", "drip", "close" or "429"; "status" (fail; 503); "retry_after" in s; "every": N, each Nth request that fits;
 * "times": K, then no more; "path_contains", "app", "verb": which requests fit; "apply": true or false}. ERR_USAGE:
 * nothing has changed. */
MUST_CHECK enum err behave_set(struct behave *behave, const char *json, size_t len, struct err_info *error);
void behave_reset(struct behave *behave);
struct behave_answer behave_decide(struct behave *behave, const struct delivery *delivery);

#endif
