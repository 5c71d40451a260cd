/*
 * The log of the receiver: one JSON object a line for each request to an app. The order of the lines is the order in
 * which the requests were complete. It is buffered; record_flush makes it readable, and every admin request does so
 * first.
 */
#ifndef REPRISE_RECEIVER_RECORD_H
#define REPRISE_RECEIVER_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/receiver/check.h"
#include "tests/receiver/delivery.h"

struct record;
/* Appends to `file`. NULL and a message on stderr if that cannot be opened. */
struct record *record_new(const char *file);
void record_drop(struct record *record);  /* flushes; takes NULL */
void record_flush(struct record *record); /* takes NULL */

struct record_line {
    int64_t seq; /* of the request, from 1 */
    const struct delivery *delivery;
    const char *key; /* Idempotency-Key, "" = none */
    enum check_result headers;
    bool in_order;    /* false: a piece that was not the next one, or pieces that were not the file */
    bool went_back;   /* see held_went_back */
    int64_t repeated; /* how often the key came before */
    int status;       /* what was answered; 0 = nothing */
    bool applied;     /* it took effect */
    const char *why;  /* what was wrong; "" = nothing */
};
void record_add(struct record *record, const struct record_line *line); /* takes NULL */

#endif
