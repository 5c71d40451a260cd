/*
 * Requests as people write them to a workflow, made up: 5 to 200 words drawn by Zipf's law from a vocabulary of common
 * words, words of the trade and compounds of them. The same seed gives the same texts on every machine.
 */
#ifndef REPRISE_TESTING_REQUEST_TEXTS_H
#define REPRISE_TESTING_REQUEST_TEXTS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

struct request_texts;
struct request_texts *request_texts_new(uint64_t seed);
void request_texts_drop(struct request_texts *texts);

/* The next number of the series (splitmix64), and one from 0 to `limit` - 1, for what else a test wants to draw. */
uint64_t request_texts_random(struct request_texts *texts);
size_t request_texts_pick(struct request_texts *texts, size_t limit);
/* Uniform from 0 to 1, 1 excluded. */
double request_texts_share(struct request_texts *texts);

/* Appends so many words, or as many as fall out from 5 to 200. */
void request_texts_add_words(struct request_texts *texts, size_t words, struct buf *out);
void request_texts_add(struct request_texts *texts, struct buf *out);
/* Appends `text` with about a tenth of its words replaced, dropped or doubled: the same request, worded again. */
void request_texts_add_variant(struct request_texts *texts, const char *text, struct buf *out);

#endif
