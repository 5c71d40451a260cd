/*
 * All arithmetic on time stands here. Three clocks: mono for intervals within a process, boot for leases (it goes on
 * while the machine sleeps), wall for what people read. PostgreSQL's clock is the clock of the truth; none of these is
 * ever compared with it.
 */
#ifndef REPRISE_BASE_CLOCK_H
#define REPRISE_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLOCK_MS_PER_S INT64_C(1000)
#define CLOCK_ISO_MAX 32

int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
int64_t clock_boot_ms(void);
int64_t clock_wall_us(void);
/* `wall_us` (Unix microseconds) as "2026-01-08T09:13:20.000Z" into `out`. */
void clock_iso8601_ms(int64_t wall_us, char out[CLOCK_ISO_MAX]);
/* A length of time for people, two units at most: "350 ms", "1 m 40 s", "2 h 5 m". Returns `out`. */
const char *clock_human_ms(int64_t ms, char out[CLOCK_ISO_MAX]);

/* Delay before try number `failures` + 1 (failures >= 1): base * 2^(failures-1), at most `max_ms`, moved by up to
 * `jitter` (0..1) of itself in either direction; `random` is a uniform 32-bit value. Never negative. */
int64_t clock_backoff_ms(int failures, int64_t base_ms, int64_t max_ms, double jitter, uint32_t random);

#endif
