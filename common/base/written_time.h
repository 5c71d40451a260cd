/*
 * A point in time as programs write it: ISO 8601, with or without time, fraction and zone. What carries no zone is
 * taken as UTC, so that the same file means the same instant on every machine.
 */
#ifndef REPRISE_BASE_WRITTEN_TIME_H
#define REPRISE_BASE_WRITTEN_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

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
