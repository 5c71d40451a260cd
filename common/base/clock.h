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

#include "common/base/err.h"

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

/* ---- points and lengths of time, and sizes, as text -------------------------------------------------------------- */

/*
 * A point in time as programs write it: ISO 8601, with or without time, fraction and zone. What carries no zone is
 * taken as UTC, so that the same file means the same instant on every machine.
 */

struct written_time {
    int64_t unix_us;
    int hour, weekday; /* as written, whatever the zone: 0–23; Monday is 0 */
    bool has_time;     /* false: a day, and the instant is its beginning */
};

/* 2025-12-10, then optionally [T or space] 10:33[:03[.064774]], then optionally Z, +01:00, +0100 or +01. Years 1970 to
 * 9999. False for anything else, impossible dates such as 30 February included. */
bool written_time_parse(const char *text, struct written_time *out);
/* Seconds since 1970 as digits, with or without a fraction; from 100 000 000 000 on milliseconds. Hour and weekday are
 * those of UTC. False for anything else, and beyond the year 9999. */
bool written_time_of_number(const char *text, struct written_time *out);

/* Lengths of time and sizes as people write them: "250ms", "15m", "1h30m"; "4KiB", "32MiB", "1048576". */

/* Units ms s m h d, in descending order, each at most once; the whole at most 366 d. A bare number is refused: it does
 * not say of what. ERR_USAGE names the text. */
MUST_CHECK enum err duration_parse(const char *text, int64_t *ms, struct err_info *error);
/* A number with B, KiB, MiB, GiB, or none (bytes). Not negative, within 63 bits. */
MUST_CHECK enum err size_parse(const char *text, int64_t *bytes, struct err_info *error);

#endif
