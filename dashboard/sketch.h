/*
 * How often each of any number of things was counted of late, in memory of a fixed size: a count-min sketch (Cormode,
 * Muthukrishnan 2005) whose cells run out. Nothing that was counted can be pushed out by others: where things share all
 * their cells the count is too high, never too low. Not guarded against threads.
 */
#ifndef REPRISE_DASHBOARD_SKETCH_H
#define REPRISE_DASHBOARD_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/crypto.h"

struct sketch;
/* 2^`width_bits` cells in each of its rows; a count lasts for `window_ms` after the last time that it rose. */
struct sketch *sketch_new(unsigned width_bits, int64_t window_ms);
void sketch_drop(struct sketch *sketch);

/* `key` must look random to everybody else: they could choose things that share cells. */
int sketch_count(const struct sketch *sketch, const uint8_t key[SHA256_BYTES], int64_t now_ms);
void sketch_add(struct sketch *sketch, const uint8_t key[SHA256_BYTES], int more, int64_t now_ms);
void sketch_forget(struct sketch *sketch, const uint8_t key[SHA256_BYTES]);
/* Until the count falls to 0. */
int64_t sketch_wait_ms(const struct sketch *sketch, const uint8_t key[SHA256_BYTES], int64_t now_ms);

#endif
