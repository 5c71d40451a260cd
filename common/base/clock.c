#include "common/base/clock.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define US_PER_MS INT64_C(1000)
#define US_PER_S INT64_C(1000000)
#define NS_PER_US INT64_C(1000)

static int64_t read_us(clockid_t id)
{
    struct timespec now;
    int failed = clock_gettime(id, &now);
    assert(failed == 0);
    (void)failed;
    return (int64_t)now.tv_sec * US_PER_S + (int64_t)now.tv_nsec / NS_PER_US;
}

int64_t clock_mono_ms(void)
{
    return read_us(CLOCK_MONOTONIC) / US_PER_MS;
}

int64_t clock_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t clock_boot_ms(void)
{
    return read_us(CLOCK_BOOTTIME) / US_PER_MS;
}

int64_t clock_wall_us(void)
{
    return read_us(CLOCK_REALTIME);
}

void clock_iso8601_ms(int64_t wall_us, char out[CLOCK_ISO_MAX])
{
    int64_t us = wall_us % US_PER_S, seconds = wall_us / US_PER_S;
    if (us < 0) { /* before 1970: the fraction counts from the second below */
        us += US_PER_S;
        seconds--;
    }
    time_t time = (time_t)seconds;
    struct tm parts;
    struct tm *known = gmtime_r(&time, &parts);
    assert(known != NULL);
    size_t len = strftime(out, CLOCK_ISO_MAX, "%Y-%m-%dT%H:%M:%S", known);
    snprintf(out + len, CLOCK_ISO_MAX - len, ".%03dZ", (int)(us / US_PER_MS));
}

const char *clock_human_ms(int64_t ms, char out[CLOCK_ISO_MAX])
{
    static const struct {
        const char *name;
        uint64_t ms;
    } units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
    const size_t last = sizeof units / sizeof(units[0]) - 1;
    uint64_t length = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
    size_t unit = 0;
    while (unit < last && length < units[unit].ms)
        unit++;
    const char *sign = ms < 0 ? "-" : "";
    uint64_t first = length / units[unit].ms, rest = length % units[unit].ms;
    uint64_t second = unit < last ? rest / units[unit + 1].ms : 0;
    int len = snprintf(out, CLOCK_ISO_MAX, "%s%" PRIu64 " %s", sign, first, units[unit].name);
    if (second > 0)
        snprintf(out + len, (size_t)(CLOCK_ISO_MAX - len), " %" PRIu64 " %s", second, units[unit + 1].name);
    return out;
}

int64_t clock_backoff_ms(int failures, int64_t base_ms, int64_t max_ms, double jitter, uint32_t random)
{
    assert(failures >= 1 && base_ms >= 0 && max_ms >= 0 && jitter >= 0 && jitter <= 1);
    int64_t delay = base_ms < max_ms ? base_ms : max_ms;
    for (int i = 1; i < failures && delay > 0 && delay < max_ms; i++)
        delay = delay > max_ms / 2 ? max_ms : delay * 2;
    double direction = 2.0 * (double)random / (double)UINT32_MAX - 1.0;
    double moved = (double)delay * (1.0 + jitter * direction);
    /* 2^63 as a double is one more than INT64_MAX, so this compares before it converts. */
    if (moved >= 9223372036854775808.0)
        return INT64_MAX;
    return moved > 0 ? (int64_t)moved : 0;
}
