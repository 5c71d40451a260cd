/*
 * What is said to somebody who waits for an operation that cannot go on: that no worker is alive, or that a store does
 * not answer; what to do; and that he may leave. Each once, until it has passed.
 */
#ifndef REPRISE_PRODUCER_FOLLOW_WORDS_H
#define REPRISE_PRODUCER_FOLLOW_WORDS_H

#include "producer/session.h"

struct follow_words {
    struct session *session;
    const char *operation_id;
    bool told_workers, told_redis, told_postgres;
    int64_t next_look_ms; /* at Redis */
};

/* It was seen to run: looks whether anybody can work on it, now and then. */
void follow_words_runs(struct follow_words *words);
/* PostgreSQL could not be asked, for this reason. */
void follow_words_lost(struct follow_words *words, const struct err_info *why);
/* It could be asked. */
void follow_words_found(struct follow_words *words);

#endif
