/*
 * Reads the body of a request and holds it against the wire format: exactly these keys, of these types, content and
 * digest and size in agreement, chunked when and only when it must be. Written apart from the code that builds the
 * bodies, so that an error there is not made twice.
 */
#ifndef REPRISE_RECEIVER_BODY_H
#define REPRISE_RECEIVER_BODY_H

#include <json-c/json_object.h>
#include <stdbool.h>

#include "common/base/buf.h"
#include "tests/receiver/delivery.h"

/* A body that has been read; what a delivery borrows lives in here. Zeroed = empty. */
struct body {
    struct json_object *root;
    struct buf decoded; /* of base 64; its memory is kept for the next one */
};

/* Fills in what the body says (`verb` and `app_id` stay). False: `why` says what is wrong; what could be read is filled
 * in all the same, for the log. */
bool body_read(struct body *body, const char *bytes, size_t len, struct delivery *delivery, char why[DELIVERY_WHY_MAX]);
/* Ready for the next. */
void body_reset(struct body *body);
void body_fini(struct body *body);

#endif
