/* The client app itself, apart from HTTP: it judges a request, does what it asks, counts it and logs it. */
#ifndef REPRISE_RECEIVER_APP_H
#define REPRISE_RECEIVER_APP_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "tests/receiver/behave.h"
#include "tests/receiver/check.h"
#include "tests/receiver/delivery.h"
#include "tests/receiver/held.h"
#include "tests/receiver/keep.h"
#include "tests/receiver/record.h"

/* All NULL-able but `keys`, all borrowed. */
struct app_parts {
    const struct check_keys *keys;
    struct keep *keep;
    struct record *record;
};

struct app;
struct app *app_new(const struct app_parts *parts);
void app_drop(struct app *app);

struct app_request {
    enum verb verb;
    struct delivery_headers headers;
    const char *body;
    size_t len;
};
/* What is to be answered; `why` is "" or says what was wrong with the request. */
struct app_answer {
    struct behave_answer behave;
    char why[DELIVERY_WHY_MAX];
};
struct app_answer app_receive(struct app *app, const struct app_request *request);

struct behave *app_behave(struct app *app);
struct held *app_held(struct app *app);
/* Forgets everything: files, keys, counts, rules. Files on disk stay. */
void app_reset(struct app *app);
/* Appends the counts as a JSON object, after writing out the log. */
void app_add_stats(struct app *app, struct buf *out);

#endif
