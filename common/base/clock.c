/*
 * The clocks, and all arithmetic on times; then points and lengths of time, and sizes, as text. What is read from text
 * is taken only in exactly a known form, as a guess would move a run by hours or a setting by a factor. Called by
 * everything; the texts by the history's readers, the settings and definitions.
 */
#include "common/base/clock.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/money.h"

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

/* ---- points and lengths of time, and sizes, as text -------------------------------------------------------------- */

#define US_PER_S INT64_C(1000000)
#define MS_FROM_S INT64_C(100000000000)
#define S_MAX INT64_C(253402300800) /* the year 10000 */

struct reader {
    const char *at;
};

/* Exactly `digits` of them, from `least` to `most`. */
static bool read_number(struct reader *reader, int digits, int least, int most, int *out)
{
    int value = 0;
    for (int i = 0; i < digits; i++, reader->at++) {
        if (*reader->at < '0' || *reader->at > '9')
            return false;
        value = value * 10 + (*reader->at - '0');
    }
    *out = value;
    return value >= least && value <= most;
}

static bool char_skip(struct reader *reader, char c)
{
    if (*reader->at != c)
        return false;
    reader->at++;
    return true;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Days since 1970-01-01: years counted from March, so that the leap day is the last of its year. */
static int64_t days_since_epoch(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t day_of_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

/* The first six digits count. */
static bool read_fraction(struct reader *reader, int64_t *us)
{
    int digits = 0;
    for (; *reader->at >= '0' && *reader->at <= '9'; reader->at++, digits++)
        if (digits < 6)
            *us = *us * 10 + (*reader->at - '0');
    for (int i = digits; i < 6; i++)
        *us *= 10;
    return digits > 0;
}

static bool read_clock(struct reader *reader, int *hour, int64_t *us)
{
    int minute = 0, second = 0;
    int64_t fraction = 0;
    if (!read_number(reader, 2, 0, 23, hour) || !char_skip(reader, ':') || !read_number(reader, 2, 0, 59, &minute))
        return false;
    if (char_skip(reader, ':')) {
        if (!read_number(reader, 2, 0, 60, &second))
            return false;
        if ((char_skip(reader, '.') || char_skip(reader, ',')) && !read_fraction(reader, &fraction))
            return false;
    }
    *us = ((int64_t)*hour * 3600 + (int64_t)minute * 60 + second) * US_PER_S + fraction;
    return true;
}

/* What has to be added for UTC. */
static bool read_zone(struct reader *reader, int64_t *us)
{
    int sign = *reader->at == '-' ? 1 : -1, hours = 0, minutes = 0;
    if (char_skip(reader, 'Z') || char_skip(reader, 'z'))
        return true;
    if (!char_skip(reader, '+') && !char_skip(reader, '-'))
        return true;
    if (!read_number(reader, 2, 0, 23, &hours))
        return false;
    if ((char_skip(reader, ':') || *reader->at != '\0') && !read_number(reader, 2, 0, 59, &minutes))
        return false;
    *us = sign * ((int64_t)hours * 60 + minutes) * 60 * US_PER_S;
    return true;
}

bool written_time_parse(const char *text, struct written_time *out)
{
    struct reader reader = {text};
    int year = 0, month = 0, day = 0, hour = 0;
    int64_t time_us = 0, zone_us = 0;
    if (!read_number(&reader, 4, 1970, 9999, &year) || !char_skip(&reader, '-') ||
        !read_number(&reader, 2, 1, 12, &month) || !char_skip(&reader, '-') ||
        !read_number(&reader, 2, 1, days_in(year, month), &day))
        return false;
    bool has_time = char_skip(&reader, 'T') || char_skip(&reader, 't') || char_skip(&reader, ' ');
    if (has_time && (!read_clock(&reader, &hour, &time_us) || !read_zone(&reader, &zone_us)))
        return false;
    if (*reader.at != '\0')
        return false;
    int64_t days = days_since_epoch(year, month, day);
    *out = (struct written_time){
        .unix_us = days * 86400 * US_PER_S + time_us + zone_us,
        .hour = hour,
        .weekday = (int)((days + 3) % 7), /* 1970-01-01 was a Thursday */
        .has_time = has_time,
    };
    return true;
}

bool written_time_of_number(const char *text, struct written_time *out)
{
    int64_t us = 0;
    if (!money_parse_decimal(text, strlen(text), 6, &us) || us < 0)
        return false;
    if (us / US_PER_S >= MS_FROM_S)
        us /= 1000;
    if (us / US_PER_S >= S_MAX)
        return false;
    int64_t days = us / US_PER_S / 86400;
    *out = (struct written_time){
        .unix_us = us,
        .hour = (int)(us / US_PER_S / 3600 % 24),
        .weekday = (int)((days + 3) % 7),
        .has_time = true,
    };
    return true;
}

/* ---- lengths of time, and sizes ---------------------------------------------------------------------------------- */

#define DURATION_MAX_MS (INT64_C(366) * 24 * 60 * 60 * 1000)

struct unit {
    const char *name;
    int64_t factor;
};

/* Descending, as they must be written. */
static const struct unit durations[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
#define DURATION_COUNT (sizeof durations / sizeof(durations[0]))

static const struct unit sizes[] = {{"", 1}, {"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
#define SIZE_COUNT (sizeof sizes / sizeof(sizes[0]))

/* Digits only: no sign, no space. False if there is none or the number leaves 63 bits. */
static bool amount_read(const char **at, int64_t *number)
{
    const char *c = *at;
    *number = 0;
    for (; *c >= '0' && *c <= '9'; c++)
        if (__builtin_mul_overflow(*number, 10, number) || __builtin_add_overflow(*number, *c - '0', number))
            return false;
    bool any = c > *at;
    *at = c;
    return any;
}

/* The unit that the letters at `at` spell, as a whole: "ms" is not "m". */
static const struct unit *read_unit(const char **at, const struct unit *units, size_t count)
{
    size_t len = strspn(*at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    for (size_t i = 0; i < count; i++) {
        if (strlen(units[i].name) == len && strncmp(*at, units[i].name, len) == 0) {
            *at += len;
            return &units[i];
        }
    }
    return NULL;
}

static bool read_duration(const char *text, int64_t *ms)
{
    const struct unit *last = NULL;
    *ms = 0;
    while (*text != '\0') {
        int64_t number = 0;
        if (!amount_read(&text, &number))
            return false;
        const struct unit *unit = read_unit(&text, durations, DURATION_COUNT);
        if (unit == NULL || (last != NULL && unit <= last) || number > DURATION_MAX_MS / unit->factor)
            return false;
        last = unit;
        *ms += number * unit->factor;
    }
    return last != NULL && *ms <= DURATION_MAX_MS;
}

enum err duration_parse(const char *text, int64_t *ms, struct err_info *error)
{
    int64_t read = 0;
    if (!read_duration(text, &read))
        return err_set(error, ERR_USAGE, "\"%.100s\" is not a length of time such as 250ms, 15m or 1h30m, at most 366d",
                       text);
    *ms = read;
    return ERR_OK;
}

enum err size_parse(const char *text, int64_t *bytes, struct err_info *error)
{
    const char *at = text;
    int64_t number = 0;
    if (amount_read(&at, &number)) {
        const struct unit *unit = read_unit(&at, sizes, SIZE_COUNT);
        if (unit != NULL && *at == '\0' && !__builtin_mul_overflow(number, unit->factor, &number)) {
            *bytes = number;
            return ERR_OK;
        }
    }
    return err_set(error, ERR_USAGE, "\"%.100s\" is not a size such as 1048576, 4KiB, 32MiB or 1GiB", text);
}
